/* Each judge's vote weighs the log odds of its accuracy (Nitzan and Paroush 1982),
 * which is shrunk to that of the panel by PSEUDO items; then Platt's map, whose
 * slope says what is left of the sum when the judges err together. */
#include <math.h>
#include <string.h>

#include "core/mem.h"
#include "statistics/learn/parts.h"
#include "statistics/learn/strength.h"
#include "statistics/learn/trust.h"

enum { WEIGHTS, THETA, TRI };
static const double PSEUDO = 8;

struct logodds {
    const double *weights; /* of all labelled items */
    double *credit, *n;    /* of each judge, for its weight without one item */
    double pooled, labels, scale;
};

static double weight(const struct logodds *l, double credit, double n)
{
    double accuracy = (credit + PSEUDO * l->pooled) / (n + PSEUDO);
    accuracy = AZ_MIN(AZ_MAX(accuracy, 1e-3), 1 - 1e-3);
    return log(accuracy * (l->labels - 1) / (1 - accuracy));
}

static void strength(const void *arg, const struct az_design *d, size_t item, bool training,
                     double *ret)
{
    const struct logodds *l = arg;
    size_t labels = d->frame.n_labels;
    memset(ret, 0, labels * sizeof(*ret));
    for (size_t j = 0; j < d->frame.n_judges; j++) {
        const double *share = az_design_share(d, item, j);
        double w = l->weights[j], own = d->weight[item];
        if (!(az_design_has(d, item, j) & AZ_HAS_SHARE))
            continue;
        if (training)
            w = weight(l, l->credit[j] - own * az_judge_credit(d, item, j), l->n[j] - own);
        for (size_t k = 0; k < labels; k++)
            ret[k] += w * share[k] * l->scale;
    }
}

static void count(struct logodds *l, const struct az_design *d, struct az_rows rows)
{
    double credit = 0, n = 0;
    for (size_t j = 0; j < d->frame.n_judges; j++) {
        for (size_t r = 0; r < rows.n; r++) {
            size_t item = rows.v[r];
            if (!(az_design_has(d, item, j) & AZ_HAS_SHARE))
                continue;
            l->credit[j] += d->weight[item] * az_judge_credit(d, item, j);
            l->n[j] += d->weight[item];
        }
        credit += l->credit[j];
        n += l->n[j];
    }
    l->labels = az_labels_seen(d, rows);
    l->pooled = n > 0 ? credit / n : 1 / l->labels;
}

/* So that the weighted sum is of the size of a share. */
static double scale_of(const double *weights, size_t n)
{
    double sum = 0;
    for (size_t j = 0; j < n; j++)
        sum += fabs(weights[j]);
    return sum > 0 ? 1 / sum : 1;
}

static int fit(const struct az_design *d, struct az_rows rows, uint64_t seed, struct az_model *m)
{
    size_t judges = d->frame.n_judges;
    AZ_AUTO_MEM double *room = az_zalloc(2 * judges * sizeof(*room));
    if (!room)
        return AZ_ENOMEM;
    struct logodds l = {.weights = m->arrays[WEIGHTS], .credit = room, .n = room + judges};
    count(&l, d, rows);
    for (size_t j = 0; j < judges; j++)
        m->arrays[WEIGHTS][j] = weight(&l, l.credit[j], l.n[j]);
    l.scale = scale_of(l.weights, judges);
    return az_trust_fit(m, d, rows, 1, strength, &l, m->arrays[THETA], m->arrays[TRI], NULL);
}

static int predict(const struct az_model *m, const struct az_design *d, struct az_rows rows,
                   double *p)
{
    struct logodds l = {.weights = m->arrays[WEIGHTS]};
    l.scale = scale_of(l.weights, m->frame.n_judges);
    memset(p, 0, rows.n * m->frame.n_labels * sizeof(*p));
    return az_trust_predict(m, d, rows, 1, strength, &l, m->arrays[THETA], m->arrays[TRI], 1, p);
}

const struct az_learner az_learn_logodds = {
    .name = "logodds",
    .what = "votes weighed by the log odds of each judge's accuracy, through Platt's map",
    .fields = {{"weights", az_size_judges}, {"theta", az_size_trust}, {"tri", az_size_tri}},
    .fit = fit,
    .predict = predict,
};
