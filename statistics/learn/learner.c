#include "statistics/learn/learner.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/mem.h"
#include "statistics/folds.h"
#include "statistics/learn/effect.h"
#include "statistics/learn/parts.h"

const struct az_learner *const az_learners[] = {
    &az_learn_auto,
    &az_learn_majority,
    &az_learn_mean,
    &az_learn_logodds,
    &az_learn_confusion,
    &az_learn_single,
    &az_learn_single_first,
    &az_learn_singles,
    &az_learn_singles_first,
    &az_learn_hierarchical,
    &az_learn_stack,
    &az_learn_votes,
    NULL,
};

const struct az_learner *az_learner_find(const char *name)
{
    for (size_t i = 0; az_learners[i]; i++) {
        if (strcmp(az_learners[i]->name, name) == 0)
            return az_learners[i];
    }
    return NULL;
}

struct az_rows az_labelled(const struct az_design *d, uint32_t *room)
{
    struct az_rows rows = {room, 0};
    for (size_t i = 0; i < d->n; i++) {
        if (d->labelled[i])
            room[rows.n++] = (uint32_t)i;
    }
    return rows;
}

double az_log_score(const double *p, const double *truth, size_t n)
{
    double sum = 0;
    for (size_t k = 0; k < n; k++)
        sum += truth[k] > 0 ? truth[k] * log(AZ_MAX(p[k], 1e-12)) : 0;
    return sum;
}

/* ---- what can be learnt ---- */

static bool any_vote(const struct az_design *d, struct az_rows rows)
{
    for (size_t r = 0; r < rows.n; r++) {
        for (size_t j = 0; j < d->frame.n_judges; j++) {
            if (az_design_has(d, rows.v[r], j) & AZ_HAS_SHARE)
                return true;
        }
    }
    return false;
}

static size_t labels_seen(const struct az_model *m)
{
    size_t n = 0;
    for (size_t k = 0; k < m->frame.n_labels; k++)
        n += m->unseen[k] == 0;
    return n;
}

/* Why nothing can be learnt, or false. */
static bool too_little(const struct az_model *m, const struct az_design *d, struct az_rows rows,
                       char *why, size_t size)
{
    if (rows.n < AZ_LEARN_LEAST)
        snprintf(why, size, "%zu labelled items, and weights need %d", rows.n, AZ_LEARN_LEAST);
    else if (m->n_clusters < AZ_LEARN_LEAST)
        snprintf(why, size,
                 "the %zu labelled items are in %zu clusters, and weights need %d clusters", rows.n,
                 m->n_clusters, AZ_LEARN_LEAST);
    else if (labels_seen(m) < 2)
        snprintf(why, size, "all labelled items have the same label");
    else if (!any_vote(d, rows))
        snprintf(why, size, "no judge voted on a labelled item");
    else
        return false;
    return true;
}

/* Items that belong together count for less. */
static int fit(const struct az_design *d, struct az_rows rows, uint64_t seed, struct az_model *m)
{
    if (m->n_clusters == rows.n || m->learner == &az_learn_votes)
        return m->learner->fit(d, rows, seed, m);
    struct az_design weighed = *d;
    AZ_AUTO_MEM double *weight = az_alloc((d->n + 1) * sizeof(*weight));
    int r = weight ? az_effect_weights(d, rows, weight, NULL) : AZ_ENOMEM;
    weighed.weight = weight;
    return r < 0 ? r : m->learner->fit(&weighed, rows, seed, m);
}

int az_learn(const char *name, const struct az_design *d, struct az_rows rows, uint64_t seed,
             struct az_model **ret, struct az_error *err)
{
    const struct az_learner *learner = az_learner_find(name);
    char why[AZ_REASON_MAX] = "";
    if (!learner)
        return az_fail(err, AZ_EINVAL, "no learner is called '%s'", name);
    AZ_AUTO(model) m = az_model_new(learner, d, rows);
    if (!m)
        return az_oom(err);
    if (learner != &az_learn_votes && too_little(m, d, rows, why, sizeof(why))) {
        az_model_free(m);
        m = az_model_new(learner = &az_learn_votes, d, rows);
        if (!m)
            return az_oom(err);
        snprintf(m->reason, sizeof(m->reason), "%s", why);
    }
    int r = fit(d, rows, seed, m);
    if (r == AZ_ENOMEM)
        return az_oom(err);
    if (r < 0)
        return az_fail(err, r, "'%s' has no fit: its numbers ran away", name);
    *ret = AZ_TAKE(m);
    return 0;
}

/* ---- folds ---- */

struct az_rows az_rows_of(struct az_rows rows, const uint32_t *fold, uint32_t which, bool in,
                          uint32_t *room)
{
    struct az_rows ret = {room, 0};
    for (size_t r = 0; r < rows.n; r++) {
        if ((fold[r] == which) == in)
            room[ret.n++] = rows.v[r];
    }
    return ret;
}

int az_learn_folds(const struct az_design *d, struct az_rows rows, size_t n_folds, uint64_t seed,
                   uint32_t *fold)
{
    AZ_AUTO_MEM uint64_t *clusters = az_alloc((rows.n + 1) * sizeof(*clusters));
    AZ_AUTO_MEM int32_t *classes = az_zalloc((rows.n + 1) * sizeof(*classes));
    if (!clusters || !classes)
        return AZ_ENOMEM;
    for (size_t r = 0; r < rows.n; r++) {
        const double *truth = az_design_truth(d, rows.v[r]);
        clusters[r] = d->clusters[rows.v[r]];
        for (size_t k = 1; k < d->frame.n_labels; k++)
            classes[r] = truth[k] > truth[classes[r]] ? (int32_t)k : classes[r];
    }
    bool spread = d->frame.answers != AZ_ANSWERS_EXCHANGEABLE;
    return az_folds(clusters, spread ? classes : NULL, rows.n, n_folds, seed, fold);
}

/* Rows that are learnt from and predicted, others that are only predicted. */
struct crossing {
    const struct az_design *d;
    struct az_rows rows, rest;
    size_t n_folds;
    double *p, *p_rest, *top_rest;
};

/* A fold's share of the mean. */
static int add_rest(const struct crossing *c, const struct az_model *m)
{
    size_t labels = c->d->frame.n_labels;
    AZ_AUTO_MEM double *p = az_alloc((c->rest.n * labels + 1) * sizeof(*p));
    if (!p || az_model_predict(m, c->d, c->rest, p) < 0)
        return AZ_ENOMEM;
    for (size_t i = 0; i < c->rest.n; i++) {
        double top = 0;
        for (size_t k = 0; k < labels; k++) {
            c->p_rest[i * labels + k] += p[i * labels + k] / (double)c->n_folds;
            top = AZ_MAX(top, p[i * labels + k]);
        }
        c->top_rest[i] += top / (double)c->n_folds;
    }
    return 0;
}

/* p of the rows of one fold, put where they belong. */
static int out_of(const char *name, const struct crossing *c, const uint32_t *fold, uint32_t which,
                  uint64_t seed, struct az_error *err)
{
    size_t labels = c->d->frame.n_labels, n = c->rows.n;
    AZ_AUTO_MEM uint32_t *room = az_alloc((2 * n + 1) * sizeof(*room));
    AZ_AUTO_MEM double *of_fold = az_alloc((n * labels + 1) * sizeof(*of_fold));
    AZ_AUTO(model) m = NULL;
    if (!room || !of_fold)
        return az_oom(err);
    struct az_rows out = az_rows_of(c->rows, fold, which, true, room);
    struct az_rows in = az_rows_of(c->rows, fold, which, false, room + n);
    int r = az_learn(name, c->d, in, seed, &m, err);
    if (r < 0)
        return r;
    if (az_model_predict(m, c->d, out, of_fold) < 0 || (c->rest.n && add_rest(c, m) < 0))
        return az_oom(err);
    for (size_t i = 0, at = 0; i < n; i++) {
        if (fold[i] == which)
            memcpy(c->p + i * labels, of_fold + at++ * labels, labels * sizeof(*c->p));
    }
    return 0;
}

int az_learn_cross(const char *name, const struct az_design *d, struct az_rows rows,
                   struct az_rows rest, size_t n_folds, uint64_t seed, double *p, double *p_rest,
                   double *top_rest, struct az_error *err)
{
    struct crossing c = {d, rows, rest, n_folds, p, p_rest, top_rest};
    AZ_AUTO_MEM uint32_t *fold = az_alloc((rows.n + 1) * sizeof(*fold));
    if (!fold || az_learn_folds(d, rows, n_folds, seed, fold) < 0)
        return az_oom(err);
    if (rest.n) {
        memset(p_rest, 0, rest.n * d->frame.n_labels * sizeof(*p_rest));
        memset(top_rest, 0, rest.n * sizeof(*top_rest));
    }
    for (uint32_t which = 0; which < n_folds; which++) {
        int r = out_of(name, &c, fold, which, seed, err);
        if (r < 0)
            return r;
    }
    return 0;
}

int az_learn_out(const char *name, const struct az_design *d, struct az_rows rows, size_t n_folds,
                 uint64_t seed, double *p, struct az_error *err)
{
    struct az_rows none = {0};
    return az_learn_cross(name, d, rows, none, n_folds, seed, p, NULL, NULL, err);
}
