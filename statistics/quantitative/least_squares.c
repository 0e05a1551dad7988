/* The true level by ridge regression (Hoerl and Kennard, Technometrics 12 (1970) 55-67).
 * With rows x / sqrt(precision) * sqrt(w) the system is X'X + 1, or with fewer items than
 * coordinates XX' + 1, whichever is smaller. The effective number of parameters is the
 * trace of the hat matrix, the order of either less the trace of its inverse (Hastie,
 * Tibshirani, Friedman 2009, "The Elements of Statistical Learning", section 3.4). */
#include <math.h>
#include <string.h>

#include "core/mem.h"
#include "statistics/matrix.h"
#include "statistics/quantitative/parts.h"

enum { CONSTANT, EXPECTED, BASE };

static const double base_precision = 1e-3; /* so that a judge of one level has a fit */
static const double least_spread = 0.05;   /* in standard levels */

/* One item: the first BASE coordinates its own, then its words; ascending. */
static size_t row_of(const struct az_quantitative *m, const struct az_evaluations *e, size_t item,
                     double *dense, struct az_word *row)
{
    const struct az_evaluated *v = &e->items[item];
    double share[AZ_SAMPLE_LABELS_MAX];
    size_t n = BASE;
    az_quantitative_shares(e, item, share);
    row[CONSTANT] = (struct az_word){CONSTANT, 1};
    row[EXPECTED] = (struct az_word){EXPECTED, az_quantitative_expected(m, share)};
    if (!m->words)
        return n;
    memset(dense, 0, AZ_WORDS * sizeof(*dense));
    for (size_t b = v->first; b < v->first + v->n; b++) {
        struct az_worded of = az_evaluations_words(e, b);
        for (size_t i = 0; i < of.n; i++)
            dense[of.v[i].at] += of.v[i].value / (double)v->n;
    }
    for (size_t i = 0; i < AZ_WORDS; i++) {
        if (dense[i] != 0)
            row[n++] = (struct az_word){(uint32_t)(BASE + i), dense[i]};
    }
    return n;
}

static double mean_of(const struct az_quantitative *m, const struct az_word *row, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += row[i].value * (row[i].at < BASE ? m->base[row[i].at] : m->words[row[i].at - BASE]);
    return sum;
}

struct problem {
    struct az_quantitative *m;
    const struct az_evaluations *e;
    const double *truth, *w;
    size_t f, n, order;  /* coordinates, items that count, the smaller of them */
    double *dense;       /* scratch: AZ_WORDS */
    struct az_word *row; /* scratch: f */
    double *h, *b;       /* order × order; order */
    double *across;      /* f × n, where there are fewer items; else NULL */
};

static double precision_of(const struct problem *s, size_t c)
{
    return c < BASE ? base_precision : s->m->penalty;
}

/* The item's coordinates, scaled; *y its level, scaled likewise. */
static size_t scaled_row(const struct problem *s, size_t item, double *y)
{
    size_t n = row_of(s->m, s->e, item, s->dense, s->row);
    double root = sqrt(s->w[item]);
    for (size_t i = 0; i < n; i++)
        s->row[i].value *= root / sqrt(precision_of(s, s->row[i].at));
    *y = root * az_quantitative_expected(s->m, s->truth + item * s->m->n_labels);
    return n;
}

static void add_down(struct problem *s, size_t n, double y)
{
    for (size_t i = 0; i < n; i++) {
        double v = s->row[i].value, *h = s->h + s->row[i].at * s->order;
        s->b[s->row[i].at] += v * y;
        for (size_t j = 0; j <= i; j++)
            h[s->row[j].at] += v * s->row[j].value;
    }
}

static void fill(struct problem *s)
{
    size_t at = 0;
    for (size_t i = 0; i < s->e->n; i++) {
        double y;
        if (!(s->w[i] > 0))
            continue;
        size_t n = scaled_row(s, i, &y);
        if (s->across) {
            s->b[at] = y;
            for (size_t c = 0; c < n; c++)
                s->across[s->row[c].at * s->n + at] = s->row[c].value;
        } else {
            add_down(s, n, y);
        }
        at++;
    }
    if (s->across)
        az_matrix_gram(s->across, s->f, s->n, s->h);
    for (size_t c = 0; c < s->order; c++)
        s->h[c * s->order + c] += 1;
}

static void set_coefficients(struct problem *s)
{
    for (size_t c = 0; c < s->f; c++) {
        double theta = s->across ? 0 : s->b[c];
        for (size_t i = 0; s->across && i < s->n; i++)
            theta += s->across[c * s->n + i] * s->b[i];
        *(c < BASE ? &s->m->base[c] : &s->m->words[c - BASE]) = theta / sqrt(precision_of(s, c));
    }
}

/* What is left, over what is free; h is the inverse. */
static void set_spread(struct problem *s)
{
    double rss = 0, total = 0, parameters = (double)s->order;
    for (size_t i = 0; i < s->e->n; i++) {
        if (!(s->w[i] > 0))
            continue;
        size_t n = row_of(s->m, s->e, i, s->dense, s->row);
        double off = az_quantitative_expected(s->m, s->truth + i * s->m->n_labels) -
                     mean_of(s->m, s->row, n);
        rss += s->w[i] * off * off;
        total += s->w[i];
    }
    for (size_t c = 0; c < s->order; c++)
        parameters -= s->h[c * s->order + c];
    s->m->spread = AZ_MAX(sqrt(rss / AZ_MAX(total - parameters, 1.0)), least_spread);
}

static int solve(struct problem *s)
{
    fill(s);
    int r = az_cholesky(s->h, s->order);
    if (r < 0)
        return r;
    az_cholesky_solve(s->h, s->order, s->b);
    set_coefficients(s);
    r = az_cholesky_inverse(s->h, s->order);
    if (r == 0)
        set_spread(s);
    return r;
}

int az_quantitative_least_squares(struct az_quantitative *m, const struct az_evaluations *e,
                                  const double *truth, const double *w)
{
    struct problem s = {.m = m, .e = e, .truth = truth, .w = w};
    s.f = BASE + (m->words ? AZ_WORDS : 0);
    for (size_t i = 0; i < e->n; i++)
        s.n += w[i] > 0;
    s.order = AZ_MIN(s.n, s.f);
    AZ_AUTO_MEM double *h = az_zalloc(s.order * s.order * sizeof(*h));
    AZ_AUTO_MEM double *b = az_zalloc((s.order + AZ_WORDS) * sizeof(*b));
    AZ_AUTO_MEM double *across = s.n < s.f ? az_zalloc(s.f * s.n * sizeof(*across)) : NULL;
    AZ_AUTO_MEM struct az_word *row = az_alloc((BASE + AZ_WORDS) * sizeof(*row));
    if (!h || !b || !row || (s.n < s.f && !across))
        return AZ_ENOMEM;
    s.h = h;
    s.b = b;
    s.dense = b + s.order;
    s.across = across;
    s.row = row;
    return solve(&s);
}

void az_quantitative_gaussian(const struct az_quantitative *m, const struct az_evaluations *e,
                              size_t item, double *u)
{
    double dense[AZ_WORDS], level[AZ_SAMPLE_LABELS_MAX];
    struct az_word row[BASE + AZ_WORDS];
    double mean = mean_of(m, row, row_of(m, e, item, dense, row));
    az_quantitative_levels(m, level);
    for (size_t k = 0; k < m->n_labels; k++) {
        double off = (level[k] - mean) / m->spread;
        u[k] = -off * off / 2;
    }
}
