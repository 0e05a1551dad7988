#include "statistics/learn/explain.h"

#include <math.h>
#include <string.h>

#include "core/mem.h"
#include "statistics/interval/mean.h"
#include "statistics/learn/effect.h"
#include "statistics/learn/features.h"
#include "statistics/learn/parts.h"

static const double Z = 1.959963984540054; /* of a 95 % interval */

size_t az_explain_parts(const struct az_model *m, struct az_part_worth *ret)
{
    size_t n = m->learner->mixture ? az_model_size(m, AZ_AUTO_WEIGHTS) : 0;
    for (size_t i = 0; i < n; i++)
        ret[i] = (struct az_part_worth){az_auto_part(i)->name, m->arrays[AZ_AUTO_WEIGHTS][i],
                                        m->arrays[AZ_AUTO_SCORES][i]};
    return n;
}

/* ---- weights ---- */

/* c'θ and its deviation for one judge, c having one coefficient a group. */
static void weight(const struct az_features *f, const struct az_model *m, size_t judge,
                   struct az_figure *ret)
{
    double k = (double)f->frame->n_labels, c[AZ_FEATURE_GROUPS] = {0}, mean = 0, variance = 0;
    const double *theta = m->arrays[AZ_HIERARCHICAL_THETA], *tri = m->arrays[AZ_HIERARCHICAL_TRI];
    c[AZ_FEATURE_SHARE] = 1;
    c[AZ_FEATURE_SCORE] = k / (k - 1); /* mean over what it says of level × (level − other) */
    c[AZ_FEATURE_MARGIN] = az_features_bent(sqrt(k - 1)) - az_features_bent(-1 / sqrt(k - 1));
    for (size_t a = 0; a < AZ_FEATURE_GROUPS; a++) {
        size_t row = f->at[a] < 0 ? 0 : (size_t)f->at[a] + judge;
        mean += f->at[a] < 0 ? 0 : c[a] * theta[row];
        for (size_t b = 0; b <= a && f->at[a] >= 0; b++) {
            size_t col = (size_t)f->at[b] + judge;
            if (f->at[b] >= 0)
                variance += (a == b ? 1 : 2) * c[a] * c[b] * tri[row * (row + 1) / 2 + col];
        }
    }
    double sd = sqrt(AZ_MAX(variance, 0.0));
    *ret = az_figure_between(az_figure_of(mean, (int64_t)m->n_labelled), mean - Z * sd,
                             mean + Z * sd, "laplace");
}

/* ---- what a judge adds ---- */

struct drop {
    struct az_design d; /* borrows everything but `has` and `weight` */
    struct az_rows rows;
    uint32_t *fold, *room;
    double *p, *full, *without; /* log scores of each row */
    size_t n_folds;
    const double *spread;
};

/* Log scores of all rows out of fold. */
static int scores(struct drop *s, double *ret)
{
    size_t k = s->d.frame.n_labels;
    for (uint32_t f = 0; f < s->n_folds; f++) {
        struct az_rows out = az_rows_of(s->rows, s->fold, f, true, s->room);
        struct az_rows in = az_rows_of(s->rows, s->fold, f, false, s->room + s->rows.n);
        AZ_AUTO(model) m = az_model_new(&az_learn_hierarchical, &s->d, in);
        if (!m)
            return AZ_ENOMEM;
        int r = az_hierarchical_at(&s->d, in, s->spread, m);
        if (r == 0)
            r = az_model_predict(m, &s->d, out, s->p);
        if (r < 0)
            return r;
        for (size_t i = 0, at = 0; i < s->rows.n; i++) {
            if (s->fold[i] != f)
                continue;
            ret[i] = az_log_score(s->p + at++ * k, az_design_truth(&s->d, s->rows.v[i]), k);
        }
    }
    return 0;
}

static int adds(struct drop *s, const struct az_design *whole, size_t judge, struct az_figure *ret)
{
    size_t n_judges = whole->frame.n_judges;
    struct az_mean mean = {0};
    for (size_t i = 0; i < whole->n; i++)
        s->d.has[i * n_judges + judge] = 0;
    int r = scores(s, s->without);
    for (size_t i = 0; i < whole->n; i++)
        s->d.has[i * n_judges + judge] = whole->has[i * n_judges + judge];
    for (size_t i = 0; r == 0 && i < s->rows.n; i++)
        r = az_mean_add(&mean, whole->clusters[s->rows.v[i]], s->full[i] - s->without[i]);
    if (r == 0)
        *ret = az_mean_figure(&mean, "no labelled item");
    az_mean_release(&mean);
    return r;
}

static int all_adds(struct drop *s, const struct az_design *whole, uint64_t seed,
                    struct az_judge_worth *ret)
{
    size_t cells = whole->n * whole->frame.n_judges, n = s->rows.n;
    AZ_AUTO_MEM uint8_t *has = az_alloc(cells + 1);
    AZ_AUTO_MEM uint32_t *room = az_alloc((3 * n + 1) * sizeof(*room));
    AZ_AUTO_MEM double *p = az_alloc((n * (whole->frame.n_labels + 2) + whole->n + 1) * sizeof(*p));
    if (!has || !room || !p || az_learn_folds(whole, s->rows, s->n_folds, seed, room) < 0)
        return AZ_ENOMEM;
    memcpy(has, whole->has, cells);
    s->d = *whole;
    s->d.has = has;
    s->d.weight = p + n * (whole->frame.n_labels + 2);
    int r = az_effect_weights(whole, s->rows, s->d.weight, NULL);
    s->fold = room;
    s->room = room + n;
    s->full = p;
    s->without = p + n;
    s->p = p + 2 * n;
    if (r == 0)
        r = scores(s, s->full);
    for (size_t j = 0; r == 0 && j < whole->frame.n_judges; j++)
        r = adds(s, whole, j, &ret[j].adds);
    return r;
}

/* Static text for a reason that a model has. */
static const char *reason_of(const struct az_model *m)
{
    if (m->n_labelled < AZ_LEARN_LEAST)
        return "too few labelled items";
    return m->n_clusters < AZ_LEARN_LEAST ? "too few clusters with labels"
                                          : "nothing to learn from";
}

int az_explain_judges(const struct az_design *d, struct az_rows rows, uint64_t seed,
                      struct az_judge_worth *ret, struct az_error *err)
{
    AZ_AUTO(model) m = NULL;
    int r = az_learn("hierarchical", d, rows, seed, &m, err);
    if (r < 0)
        return r;
    if (m->learner != &az_learn_hierarchical) {
        struct az_figure none = az_figure_none(reason_of(m), (int64_t)rows.n);
        for (size_t j = 0; j < d->frame.n_judges; j++)
            ret[j] = (struct az_judge_worth){none, none};
        return 0;
    }
    struct az_features f = az_features(&m->frame, NULL);
    for (size_t j = 0; j < d->frame.n_judges; j++)
        weight(&f, m, j, &ret[j].weight);
    struct drop s = {.rows = rows,
                     .n_folds = AZ_MIN((size_t)AZ_LEARN_FOLDS, m->n_clusters),
                     .spread = m->arrays[AZ_HIERARCHICAL_SPREAD]};
    r = all_adds(&s, d, seed, ret);
    if (r == AZ_ENOMEM)
        return az_oom(err);
    return r < 0 ? az_fail(err, r, "a judge's part has no fit: its numbers ran away") : 0;
}
