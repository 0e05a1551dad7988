#include "statistics/calibrate/platt.h"

#include <lbfgs.h>
#include <math.h>
#include <string.h>

#include "core/mem.h"
#include "statistics/calibrate/logit.h"

enum { STEPS = 200, COEFFICIENTS = 1 + 2 * AZ_LOGITS_LABELS };

static const double prior_slope = 4; /* variance of a - 1 */

/* ---- one score ---- */

/* What a label of 1 and of 0 is fitted to. */
static void targets(const double *y, const double *w, size_t n, bool smooth, double *positive,
                    double *negative)
{
    double yes = 0, no = 0;
    for (size_t i = 0; i < n; i++) {
        double weight = w ? w[i] : 1;
        if (!(weight > 0))
            continue; /* its y may be anything */
        yes += weight * y[i];
        no += weight * (1 - y[i]);
    }
    *positive = smooth ? (yes + 1) / (yes + 2) : 1;
    *negative = smooth ? 1 / (no + 2) : 0;
}

/* The middle and the spread of the scores: Newton's pivots then do not depend on
 * where a score has its zero. */
static void standard(const double *score, const double *w, size_t n, double *middle, double *spread)
{
    double weights = 0, sum = 0, square = 0;
    for (size_t i = 0; i < n; i++) {
        double weight = w ? w[i] : 1;
        weights += weight;
        sum += weight * score[i];
    }
    *middle = weights > 0 ? sum / weights : 0;
    for (size_t i = 0; i < n; i++) {
        double off = score[i] - *middle;
        square += (w ? w[i] : 1) * off * off;
    }
    *spread = square > 0 ? sqrt(square / weights) : 1;
}

int az_platt_fit(const double *score, const double *y, const double *w, size_t n, bool smooth,
                 struct az_platt *ret)
{
    double positive, negative, middle, spread, coef[2];
    AZ_AUTO_MEM double *rows = az_alloc(4 * n * sizeof(*rows));
    if (!rows)
        return AZ_ENOMEM;
    double *t = rows + 2 * n, *weights = rows + 3 * n;
    size_t used = 0; /* what is left out costs nothing in the fit's loops */

    targets(y, w, n, smooth, &positive, &negative);
    standard(score, w, n, &middle, &spread);
    for (size_t i = 0; i < n; i++) {
        double weight = w ? w[i] : 1;
        if (!(weight > 0))
            continue;
        rows[2 * used] = 1;
        rows[2 * used + 1] = (score[i] - middle) / spread;
        weights[used] = weight;
        t[used++] = y[i] * positive + (1 - y[i]) * negative;
    }
    if (!az_logit_fit(rows, t, weights, used, 2, coef))
        return AZ_ENOENT;
    *ret = (struct az_platt){coef[1] / spread, coef[0] - coef[1] * middle / spread};
    return 0;
}

double az_platt_apply(const struct az_platt *m, double score)
{
    return az_sigmoid(m->a * score + m->b);
}

/* ---- many labels ---- */

/* Coefficients: the common slope, then an intercept for each label that has
 * one, then its slope's difference from the common one. */
struct many {
    const struct az_logits *l;
    bool slopes;
    size_t n;                       /* labels that have an intercept */
    size_t label[AZ_LOGITS_LABELS]; /* which */
};

static void unpack(const struct many *m, const double *coef, struct az_platt_many *ret)
{
    *ret = (struct az_platt_many){.n_labels = m->l->n_labels};
    for (size_t k = 0; k < ret->n_labels; k++)
        ret->a[k] = coef[0];
    for (size_t i = 0; i < m->n; i++) {
        ret->b[m->label[i]] = coef[1 + i];
        if (m->slopes)
            ret->a[m->label[i]] += coef[1 + m->n + i];
    }
}

static void raised(const struct az_platt_many *m, const double *z, size_t k, double *u)
{
    for (size_t j = 0; j < k; j++)
        u[j] = m->a[j] * z[j] + m->b[j];
}

/* The priors' part of the loss and its gradient. */
static double priors(const double *coef, double *g, size_t n)
{
    double off = coef[0] - 1, loss = 0.5 * off * off / prior_slope;
    g[0] = off / prior_slope;
    for (size_t i = 1; i < n; i++) {
        loss += 0.5 * coef[i] * coef[i];
        g[i] = coef[i];
    }
    return loss;
}

static lbfgsfloatval_t many_loss(void *arg, const lbfgsfloatval_t *coef, lbfgsfloatval_t *g,
                                 const int n, const lbfgsfloatval_t step)
{
    const struct many *m = arg;
    const struct az_logits *l = m->l;
    struct az_platt_many at;
    double u[AZ_LOGITS_LABELS], loss = priors(coef, g, (size_t)n);
    unpack(m, coef, &at);

    for (size_t i = 0; i < l->n; i++) {
        double w = az_logits_weight(l, i);
        if (!(w > 0))
            continue;
        const double *z = l->z + i * l->n_labels;
        size_t k = az_logits_labels(l, i), truth = (size_t)l->truth[i];
        raised(&at, z, k, u);
        double mine = u[truth];
        loss += w * (az_softmax(u, k, 1, u) - mine);
        for (size_t j = 0; j < k; j++)
            g[0] += w * (u[j] - (j == truth)) * z[j];
        for (size_t j = 0; j < m->n; j++) {
            size_t label = m->label[j];
            if (label >= k)
                continue;
            double off = w * (u[label] - (label == truth));
            g[1 + j] += off;
            if (m->slopes)
                g[1 + m->n + j] += off * z[label];
        }
    }
    return loss;
}

int az_platt_many_fit(const struct az_logits *l, uint64_t intercepts, bool slopes,
                      struct az_platt_many *ret)
{
    struct many m = {.l = l, .slopes = slopes};
    _Alignas(16) double coef[(COEFFICIENTS + 15) / 16 * 16] = {1}; /* as SSE wants them */
    bool any = false;
    for (size_t k = 0; k < l->n_labels; k++) {
        if (intercepts >> k & 1)
            m.label[m.n++] = k;
    }
    for (size_t i = 0; i < l->n && !any; i++)
        any = az_logits_weight(l, i) > 0;
    if (!any)
        return AZ_ENOENT;

    lbfgs_parameter_t how;
    lbfgs_parameter_init(&how);
    how.max_iterations = STEPS;
    how.epsilon = 1e-9;
    int n = (int)(1 + m.n + (slopes ? m.n : 0));
    int r = lbfgs(n, coef, NULL, many_loss, NULL, &m, &how);
    if (r == LBFGSERR_OUTOFMEMORY)
        return AZ_ENOMEM;
    unpack(&m, coef,
           ret); /* the loss is convex: where rounding ends the search it is near enough */
    return 0;
}

void az_platt_many_apply(const struct az_platt_many *m, const double *z, size_t k, double *q)
{
    raised(m, z, k, q);
    az_softmax(q, k, 1, q);
}
