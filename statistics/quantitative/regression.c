#include "statistics/quantitative/regression.h"

#include <lbfgs.h>
#include <math.h>
#include <string.h>

#include "core/mem.h"
#include "statistics/quantitative/parts.h"

static const double base_sd = 2.5;
enum { STEPS = 400 };

const char *az_quantitative_form_name(enum az_quantitative_form form)
{
    static const char *const names[] = {"bradley-terry", "multinomial", "least-squares"};
    return names[form];
}

bool az_quantitative_suits(enum az_quantitative_form form, enum az_answers answers)
{
    if (form == AZ_QUANTITATIVE_BRADLEY_TERRY)
        return answers == AZ_ANSWERS_EXCHANGEABLE;
    return form == AZ_QUANTITATIVE_MULTINOMIAL ? answers != AZ_ANSWERS_EXCHANGEABLE
                                               : answers == AZ_ANSWERS_ORDINAL;
}

/* ---- the shape of a model ---- */

/* Where the coefficients of an item's own numbers stand; those after them are the
 * table of labels said and true. */
enum { SHARE, MARGIN, TIE, TIE_SHARE, PLACES_TIE };
enum { LEVEL = 2, CONSTANTS = 3 };

static bool has_table(const struct az_quantitative *m)
{
    return m->n_labels <= AZ_QUANTITATIVE_HEADS;
}

static void shape(struct az_quantitative *m)
{
    size_t k = m->n_labels;
    if (m->form == AZ_QUANTITATIVE_LEAST_SQUARES) {
        m->n_base = 2;
        m->n_heads = 1;
    } else if (m->form == AZ_QUANTITATIVE_BRADLEY_TERRY) {
        m->n_base = m->tie >= 0 ? PLACES_TIE : TIE;
        m->n_heads = m->tie >= 0 ? 2 : 1;
    } else {
        m->n_base = CONSTANTS + k + (has_table(m) ? k * k : 0);
        m->n_heads = 1 + (has_table(m) ? k : 0);
    }
}

struct az_quantitative *az_quantitative_new(enum az_quantitative_form form,
                                            const struct az_evaluations *like, double penalty)
{
    AZ_AUTO(quantitative) m = az_zalloc(sizeof(*m));
    if (!m)
        return NULL;
    *m = (struct az_quantitative){.form = form,
                                  .answers = like->answers,
                                  .tie = like->tie,
                                  .n_labels = like->n_labels,
                                  .penalty = penalty,
                                  .scale = 1,
                                  .spread = 1};
    memcpy(m->levels, like->levels, sizeof(m->levels));
    shape(m);
    m->base = az_zalloc(m->n_base * sizeof(*m->base));
    if (isfinite(penalty))
        m->words = az_zalloc(AZ_WORDS * m->n_heads * sizeof(*m->words));
    if (!m->base || (isfinite(penalty) && !m->words))
        return NULL;
    return AZ_TAKE(m);
}

void az_quantitative_free(struct az_quantitative *m)
{
    if (!m)
        return;
    free(m->base);
    free(m->words);
    free(m);
}

/* The head, beside the first, that speaks for a label; 0: none. */
static size_t head_of(const struct az_quantitative *m, size_t label)
{
    if (m->form == AZ_QUANTITATIVE_BRADLEY_TERRY)
        return m->tie >= 0 && (size_t)m->tie == label;
    return m->n_heads > 1 ? 1 + label : 0;
}

/* ---- an item's own numbers ---- */

void az_quantitative_shares(const struct az_evaluations *e, size_t item, double *share)
{
    const struct az_evaluated *v = &e->items[item];
    memset(share, 0, e->n_labels * sizeof(*share));
    for (size_t b = v->first; b < v->first + v->n; b++) {
        if (e->said[b] >= 0)
            share[e->said[b]] += 1.0 / (double)v->n;
    }
}

/* Levels with mean 0 and spread 1. */
void az_quantitative_levels(const struct az_quantitative *m, double *level)
{
    double mean = 0, square = 0, n = (double)m->n_labels;
    for (size_t k = 0; k < m->n_labels; k++)
        mean += m->levels[k] / n;
    for (size_t k = 0; k < m->n_labels; k++)
        square += (m->levels[k] - mean) * (m->levels[k] - mean) / n;
    for (size_t k = 0; k < m->n_labels; k++)
        level[k] = square > 0 ? (m->levels[k] - mean) / sqrt(square) : 0;
}

double az_quantitative_expected(const struct az_quantitative *m, const double *share)
{
    double level[AZ_SAMPLE_LABELS_MAX], sum = 0;
    az_quantitative_levels(m, level);
    for (size_t k = 0; k < m->n_labels; k++)
        sum += share[k] * level[k];
    return sum;
}

/* n_base numbers of each label, of a logit. */
static void base_of(const struct az_quantitative *m, const struct az_evaluations *e, size_t item,
                    double *x)
{
    size_t k = m->n_labels, n = e->items[item].n_labels;
    double share[AZ_SAMPLE_LABELS_MAX], level[AZ_SAMPLE_LABELS_MAX];
    const double *margins = e->items[item].margins >= 0 ? e->rows + e->items[item].margins : NULL;
    memset(x, 0, k * m->n_base * sizeof(*x));
    az_quantitative_shares(e, item, share);
    az_quantitative_levels(m, level);
    double expected = az_quantitative_expected(m, share);
    for (size_t l = 0; l < n; l++) {
        double *row = x + l * m->n_base;
        bool tie = (int)l == m->tie;
        row[tie ? TIE_SHARE : SHARE] = share[l];
        row[MARGIN] = margins ? margins[l] / m->scale : 0;
        if (tie)
            row[TIE] = 1;
        if (m->form == AZ_QUANTITATIVE_BRADLEY_TERRY)
            continue;
        row[LEVEL] = m->answers == AZ_ANSWERS_ORDINAL ? level[l] * expected : 0;
        row[CONSTANTS + l] = 1;
        for (size_t s = 0; has_table(m) && s < k; s++)
            row[CONSTANTS + k + l * k + s] = share[s];
    }
}

static double scale_of(const struct az_evaluations *e, const double *w)
{
    double square = 0, n = 0;
    for (size_t i = 0; i < e->n; i++) {
        const struct az_evaluated *v = &e->items[i];
        for (size_t k = 0; w[i] > 0 && v->margins >= 0 && k < v->n_labels; k++) {
            double m = e->rows[v->margins + (ptrdiff_t)k];
            square += m * m;
            n++;
        }
    }
    return square > 0 ? sqrt(square / n) : 1;
}

/* ---- words ---- */

/* What the words add to each label; `words` as in the model. */
static void add_words(const struct az_quantitative *m, const struct az_evaluations *e,
                      const double *words, size_t item, double *u)
{
    const struct az_evaluated *v = &e->items[item];
    double heads[1 + AZ_QUANTITATIVE_HEADS];
    for (size_t b = v->first; b < v->first + v->n; b++) {
        struct az_worded of = az_evaluations_words(e, b);
        memset(heads, 0, sizeof(heads));
        for (size_t i = 0; i < of.n; i++) {
            const double *row = words + of.v[i].at * m->n_heads;
            for (size_t h = 0; h < m->n_heads; h++)
                heads[h] += of.v[i].value * row[h];
        }
        if (e->said[b] >= 0)
            u[e->said[b]] += heads[0] / (double)v->n;
        for (size_t k = 0; k < v->n_labels; k++)
            u[k] += head_of(m, k) ? heads[head_of(m, k)] / (double)v->n : 0;
    }
}

/* The same backwards: from the slope of the loss in u to that in the words. */
static void slope_of_words(const struct az_quantitative *m, const struct az_evaluations *e,
                           size_t item, const double *of_u, double *slope)
{
    const struct az_evaluated *v = &e->items[item];
    double heads[1 + AZ_QUANTITATIVE_HEADS];
    for (size_t b = v->first; b < v->first + v->n; b++) {
        struct az_worded of = az_evaluations_words(e, b);
        memset(heads, 0, sizeof(heads));
        if (e->said[b] >= 0)
            heads[0] = of_u[e->said[b]] / (double)v->n;
        for (size_t k = 0; k < v->n_labels; k++) {
            if (head_of(m, k))
                heads[head_of(m, k)] += of_u[k] / (double)v->n;
        }
        for (size_t i = 0; i < of.n; i++) {
            double *row = slope + of.v[i].at * m->n_heads;
            for (size_t h = 0; h < m->n_heads; h++)
                row[h] += of.v[i].value * heads[h];
        }
    }
}

/* ---- the fit of a logit ---- */

struct problem {
    struct az_quantitative *m;
    const struct az_evaluations *e;
    const double *truth, *w;
    double *x; /* items × labels × n_base; of those with a weight */
    size_t n_words;
};

static double softmax(double *u, size_t n)
{
    double top = -INFINITY, sum = 0;
    if (!n)
        return top; /* the log of an empty sum */
    for (size_t k = 0; k < n; k++)
        top = AZ_MAX(top, u[k]);
    for (size_t k = 0; k < n; k++)
        sum += u[k] = exp(u[k] - top);
    for (size_t k = 0; k < n; k++)
        u[k] /= sum;
    return top + log(sum);
}

static void utilities(const struct az_quantitative *m, const struct az_evaluations *e, size_t item,
                      const double *x, const double *base, const double *words, double *u)
{
    memset(u, 0, m->n_labels * sizeof(*u));
    for (size_t k = 0; k < e->items[item].n_labels; k++) {
        for (size_t c = 0; c < m->n_base; c++)
            u[k] += base[c] * x[k * m->n_base + c];
    }
    if (words)
        add_words(m, e, words, item, u);
}

static lbfgsfloatval_t objective(void *arg, const lbfgsfloatval_t *theta, lbfgsfloatval_t *slope,
                                 int size, lbfgsfloatval_t step)
{
    const struct problem *s = arg;
    const struct az_quantitative *m = s->m;
    double value = 0, u[AZ_SAMPLE_LABELS_MAX];
    const double *words = m->words ? theta + m->n_base : NULL;
    for (size_t c = 0; c < (size_t)size; c++) {
        double precision = c < m->n_base ? 1 / (base_sd * base_sd) : m->penalty;
        value += precision * theta[c] * theta[c] / 2;
        slope[c] = precision * theta[c];
    }
    for (size_t i = 0; i < s->e->n; i++) {
        size_t n = s->e->items[i].n_labels;
        const double *y = s->truth + i * m->n_labels, *x = s->x + i * m->n_labels * m->n_base;
        if (!(s->w[i] > 0))
            continue;
        utilities(m, s->e, i, x, theta, words, u);
        for (size_t k = 0; k < n; k++)
            value -= s->w[i] * y[k] * u[k];
        value += s->w[i] * softmax(u, n);
        for (size_t k = 0; k < n; k++) {
            u[k] = s->w[i] * (u[k] - y[k]);
            for (size_t c = 0; c < m->n_base; c++)
                slope[c] += u[k] * x[k * m->n_base + c];
        }
        if (words)
            slope_of_words(m, s->e, i, u, slope + m->n_base);
    }
    return value;
}

static int fit_logit(struct problem *s)
{
    struct az_quantitative *m = s->m;
    size_t n = m->n_base + (m->words ? AZ_WORDS * m->n_heads : 0), row = m->n_labels * m->n_base;
    AZ_AUTO_MEM double *x = az_zalloc((s->e->n * row + 1) * sizeof(*x));
    lbfgsfloatval_t *theta = lbfgs_malloc((int)n);
    lbfgs_parameter_t how;
    bool finite = true;
    if (!x || !theta) {
        lbfgs_free(theta);
        return AZ_ENOMEM;
    }
    s->x = x;
    for (size_t i = 0; i < s->e->n; i++) {
        if (s->w[i] > 0)
            base_of(m, s->e, i, x + i * row);
    }
    memset(theta, 0, n * sizeof(*theta));
    lbfgs_parameter_init(&how);
    how.epsilon = 1e-6;
    how.max_iterations = STEPS;
    int r = lbfgs((int)n, theta, NULL, objective, NULL, s, &how);
    for (size_t c = 0; c < n; c++)
        finite = finite && isfinite(theta[c]);
    memcpy(m->base, theta, m->n_base * sizeof(*theta));
    if (m->words)
        memcpy(m->words, theta + m->n_base, (n - m->n_base) * sizeof(*theta));
    lbfgs_free(theta);
    /* It may stop at the edge of what doubles tell apart: that is an optimum. */
    return r == LBFGSERR_OUTOFMEMORY ? AZ_ENOMEM : finite ? 0 : AZ_EINVAL;
}

/* ---- any of them ---- */

int az_quantitative_fit(enum az_quantitative_form form, double penalty,
                        const struct az_evaluations *e, const double *truth, const double *w,
                        struct az_quantitative **ret)
{
    az_assert(az_quantitative_suits(form, e->answers));
    AZ_AUTO(quantitative) m = az_quantitative_new(form, e, penalty);
    double weight = 0;
    if (!m)
        return AZ_ENOMEM;
    for (size_t i = 0; i < e->n; i++)
        weight += w[i];
    if (!(weight > 0))
        return AZ_EINVAL;
    m->scale = scale_of(e, w);
    struct problem s = {.m = m, .e = e, .truth = truth, .w = w};
    int r = form == AZ_QUANTITATIVE_LEAST_SQUARES ? az_quantitative_least_squares(m, e, truth, w)
                                                  : fit_logit(&s);
    if (r == 0)
        *ret = AZ_TAKE(m);
    return r;
}

void az_quantitative_apply(const struct az_quantitative *m, const struct az_evaluations *e,
                           size_t item, double *p)
{
    double x[AZ_SAMPLE_LABELS_MAX * (CONSTANTS + AZ_SAMPLE_LABELS_MAX)];
    if (m->form == AZ_QUANTITATIVE_LEAST_SQUARES) {
        az_quantitative_gaussian(m, e, item, p);
    } else {
        base_of(m, e, item, x);
        utilities(m, e, item, x, m->base, m->words, p);
    }
    softmax(p, e->items[item].n_labels);
    for (size_t k = e->items[item].n_labels; k < m->n_labels; k++)
        p[k] = 0;
}
