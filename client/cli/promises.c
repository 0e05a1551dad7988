#include "client/cli/promises.h"

#include "core/mem.h"
#include "statistics/guarantee/pick.h"
#include "statistics/guarantee/plan.h"
#include "statistics/learn/learner.h"
#include "statistics/learn/mapped.h"

/* What the model says of the items, side by side. */
struct scored {
    size_t n, k; /* items, labels */
    const struct az_learner *learner;
    const struct az_calibrator *map; /* NULL: none */
    double *p;                       /* n x k */
    double *score, *loss;
    uint64_t *clusters;
    int32_t *truth; /* the one true label; -1: none, or several */
    int16_t *labels_of;
};

static void scored_release(struct scored *s)
{
    free(s->p);
    free(s->score);
    free(s->clusters);
    free(s->truth);
    free(s->labels_of);
}

static int32_t one_truth(const struct az_design *d, size_t item)
{
    const double *truth = az_design_truth(d, item);
    for (size_t k = 0; k < d->frame.n_labels; k++) {
        if (truth[k] > 1 - 1e-12)
            return (int32_t)k;
    }
    return -1;
}

/* A shared top is wrong where it is not shared with the truth, and kept by no threshold. */
static void score(struct scored *s, const struct az_design *d, size_t item, size_t i)
{
    double *p = s->p + i * s->k;
    bool top[AZ_SAMPLE_LABELS_MAX];
    size_t tops = az_top(p, s->k, top), at = 0;
    while (at + 1 < s->k && !top[at])
        at++;
    s->loss[i] = az_credit(p, az_design_truth(d, item), s->k) < 1;
    if (s->map) /* it says how sure that is; what is on top is the model's */
        az_mapped_apply(s->learner, s->map, d, (struct az_rows){&(uint32_t){(uint32_t)item}, 1}, p);
    s->score[i] = tops == 1 ? p[at] : 0;
    s->clusters[i] = d->clusters[item];
    s->truth[i] = one_truth(d, item);
    s->labels_of[i] = d->labels_of[item];
}

static int scored_init(struct scored *s, const struct az_model *model,
                       const struct az_calibrator *map, const struct az_design *d,
                       struct az_rows rows)
{
    *s =
        (struct scored){.n = rows.n, .k = d->frame.n_labels, .learner = model->learner, .map = map};
    s->p = az_alloc((s->n * s->k + 1) * sizeof(*s->p));
    s->score = az_alloc((2 * s->n + 1) * sizeof(*s->score));
    s->clusters = az_alloc((s->n + 1) * sizeof(*s->clusters));
    s->truth = az_alloc((s->n + 1) * sizeof(*s->truth));
    s->labels_of = az_alloc((s->n + 1) * sizeof(*s->labels_of));
    if (!s->p || !s->score || !s->clusters || !s->truth || !s->labels_of)
        return AZ_ENOMEM;
    s->loss = s->score + s->n;
    int r = az_model_predict(model, d, rows, s->p);
    for (size_t i = 0; r == 0 && i < s->n; i++)
        score(s, d, rows.v[i], i);
    return r;
}

/* How many draws the items are. */
static int count_draws(const struct az_design *d, struct az_rows rows, uint64_t seed, size_t *ret)
{
    AZ_AUTO_MEM uint64_t *clusters = az_alloc((rows.n + 1) * sizeof(*clusters));
    AZ_AUTO_MEM uint32_t *picked = az_alloc((rows.n + 1) * sizeof(*picked));
    if (!clusters || !picked)
        return AZ_ENOMEM;
    for (size_t i = 0; i < rows.n; i++)
        clusters[i] = d->clusters[rows.v[i]];
    return az_pick_one(clusters, NULL, rows.n, seed, picked, ret);
}

int az_promises_plan(struct az_promises *p, const char *learner, const struct az_design *d,
                     struct az_rows fit, struct az_rows test, uint64_t seed)
{
    size_t k = d->frame.n_labels, n = 0;
    struct az_error err = {0};
    AZ_AUTO_MEM double *out = az_alloc((fit.n * k + 1) * sizeof(*out));
    AZ_AUTO_MEM double *wrong = az_alloc((fit.n + 1) * sizeof(*wrong));
    if (!out || !wrong || count_draws(d, test, seed, &n) < 0)
        return AZ_ENOMEM;
    int r = az_learn_out(learner, d, fit, AZ_LEARN_FOLDS, seed, out, &err);
    if (r < 0) /* what ran away plans nothing */
        return r == AZ_ENOMEM ? r : 0;
    for (size_t i = 0; i < fit.n; i++) {
        double most = 0;
        for (size_t l = 0; l < k; l++)
            most = AZ_MAX(most, out[i * k + l]);
        wrong[i] = 1 - most;
    }
    return az_risk_plan(wrong, fit.n, n, p->risk, p->delta, &p->start);
}

static int test_risk(struct az_promises *p, const struct scored *s, uint64_t seed)
{
    struct az_risk *t = &p->tested;
    if (az_risk_fit_from(s->score, s->loss, s->clusters, s->n, p->risk, p->delta, p->start, seed,
                         t) < 0)
        return AZ_ENOMEM;
    p->guarantee = (struct az_guarantee){.risk = p->risk,
                                         .delta = p->delta,
                                         .kept = t->kept,
                                         .all = t->all,
                                         .threshold = t->threshold,
                                         .n = t->n,
                                         .needed = t->needed,
                                         .coverage = az_risk_coverage(t).value};
    return 0;
}

static int make_sets(struct az_promises *p, const struct scored *s, uint64_t seed)
{
    struct az_conformal_data data = {s->n, s->k, s->p, s->labels_of, s->truth, s->clusters};
    struct az_conformal c;
    if (az_conformal_fit(&data, p->conformal, seed, &c) < 0)
        return AZ_ENOMEM;
    p->sets = (struct az_label_sets){.conformal = p->conformal,
                                     .made = c.defined,
                                     .quantile = c.quantile,
                                     .n = c.n,
                                     .needed = c.needed,
                                     .held = c.held,
                                     .size = c.size,
                                     .single = c.single};
    return 0;
}

int az_promises_test(struct az_promises *p, const struct az_model *model,
                     const struct az_calibrator *map, const struct az_design *d,
                     struct az_rows test, uint64_t seed)
{
    struct scored s;
    int r = scored_init(&s, model, map, d, test);
    if (r == 0 && p->risk > 0)
        r = test_risk(p, &s, seed);
    if (r == 0 && p->conformal > 0)
        r = make_sets(p, &s, seed);
    scored_release(&s);
    return r;
}
