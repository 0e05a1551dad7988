#include "statistics/learn/choice.h"

#include <math.h>
#include <string.h>

#include "core/mem.h"
#include "statistics/matrix.h"
#include "statistics/sample.h"

enum { NEWTON_MAX = 60, HALVINGS_MAX = 30 };

int az_choice_init(struct az_choice *l, size_t n, size_t k, size_t f)
{
    az_assert(k <= AZ_SAMPLE_LABELS_MAX);
    *l = (struct az_choice){.n = n, .k = k, .f = f};
    l->x = az_zalloc((n * k * f + 1) * sizeof(double));
    l->rows = az_zalloc((n * k * f + 1) * sizeof(double));
    l->y = az_zalloc((n * k + 1) * sizeof(double));
    l->w = az_zalloc((n + 1) * sizeof(double));
    l->open = az_zalloc((n * k + 1) * sizeof(bool));
    if (l->x && l->rows && l->y && l->w && l->open)
        return 0;
    az_choice_release(l);
    return AZ_ENOMEM;
}

void az_choice_release(struct az_choice *l)
{
    free(l->x);
    free(l->rows);
    free(l->y);
    free(l->w);
    free(l->open);
    *l = (struct az_choice){0};
}

void az_choice_centre(double *x, const bool *open, size_t k, size_t f)
{
    double m = 0;
    for (size_t a = 0; a < k; a++)
        m += open[a];
    for (size_t c = 0; c < f && m > 0; c++) {
        double mean = 0;
        for (size_t a = 0; a < k; a++)
            mean += open[a] ? x[a * f + c] / m : 0;
        for (size_t a = 0; a < k; a++)
            x[a * f + c] = open[a] ? x[a * f + c] - mean : 0;
    }
}

double az_choice_truth(const double *truth, const bool *open, size_t k, double *y)
{
    double mass = 0;
    for (size_t a = 0; a < k; a++)
        mass += open[a] ? truth[a] : 0;
    for (size_t a = 0; a < k; a++)
        y[a] = open[a] && mass > 0 ? truth[a] / mass : 0;
    return mass;
}

int az_gauss_init(struct az_gauss *g, size_t f)
{
    *g = (struct az_gauss){.f = f};
    g->mean = az_zalloc((f + 1) * sizeof(double));
    g->cov = az_zalloc((f * f + 1) * sizeof(double));
    if (g->mean && g->cov)
        return 0;
    az_gauss_release(g);
    return AZ_ENOMEM;
}

void az_gauss_release(struct az_gauss *g)
{
    free(g->mean);
    free(g->cov);
    *g = (struct az_gauss){0};
}

/* Four sums at once, so that the processor need not wait for each addition. */
static double dot(const double *a, const double *b, size_t n)
{
    double s0 = 0, s1 = 0, s2 = 0, s3 = 0;
    size_t i = 0;
    for (; i + 4 <= n; i += 4) {
        s0 += a[i] * b[i];
        s1 += a[i + 1] * b[i + 1];
        s2 += a[i + 2] * b[i + 2];
        s3 += a[i + 3] * b[i + 3];
    }
    for (; i < n; i++)
        s0 += a[i] * b[i];
    return (s0 + s1) + (s2 + s3);
}

/* p becomes the softmax of u over the open answers; returns the log of the sum. */
static double softmax(const double *u, const bool *open, size_t k, double *p)
{
    double top = -INFINITY, sum = 0;
    for (size_t a = 0; a < k; a++)
        top = open[a] ? AZ_MAX(top, u[a]) : top;
    for (size_t a = 0; a < k; a++)
        sum += p[a] = open[a] ? exp(u[a] - top) : 0;
    for (size_t a = 0; a < k; a++)
        p[a] /= sum > 0 ? sum : 1;
    return sum > 0 ? top + log(sum) : 0;
}

/* ---- the fit ---- */

/* State of one Newton iteration. */
struct newton {
    struct az_choice *l;
    const double *prior_mean, *precision; /* precision: both triangles */
    double *gradient, *hessian, *theta, *step, *from_mean;
};

/* P (θ − m) into `out` (or NULL); returns (θ − m)' P (θ − m). */
static double prior_pull(const struct newton *s, const double *theta, double *out)
{
    size_t f = s->l->f;
    double sum = 0;
    for (size_t a = 0; a < f; a++)
        s->from_mean[a] = theta[a] - (s->prior_mean ? s->prior_mean[a] : 0);
    for (size_t a = 0; a < f; a++) {
        double pull = dot(s->precision + a * f, s->from_mean, f);
        sum += pull * s->from_mean[a];
        if (out)
            out[a] = pull;
    }
    return sum;
}

static double log_lik(const struct az_choice *l, const double *theta)
{
    double u[AZ_SAMPLE_LABELS_MAX], p[AZ_SAMPLE_LABELS_MAX], sum = 0;
    for (size_t i = 0; i < l->n; i++) {
        const bool *open = l->open + i * l->k;
        for (size_t a = 0; a < l->k; a++)
            u[a] = open[a] ? dot(theta, l->x + (i * l->k + a) * l->f, l->f) : 0;
        double lse = softmax(u, open, l->k, p);
        const double *y = l->y + i * l->k;
        for (size_t a = 0; a < l->k; a++)
            sum += y[a] > 0 ? l->w[i] * y[a] * (u[a] - lse) : 0;
    }
    return sum;
}

/* Rows whose Gram matrix is the item's share of the Hessian, Σ p (x−x̄)(x−x̄)':
 * with two answers one row is enough. Returns how many. */
static size_t hessian_rows(const struct az_choice *l, size_t i, const double *p, double *rows)
{
    size_t k = l->k, f = l->f, open[AZ_SAMPLE_LABELS_MAX], m = 0, n = 0;
    const double *x = l->x + i * k * f;
    for (size_t a = 0; a < k; a++) {
        if (l->open[i * k + a])
            open[m++] = a;
    }
    if (m == 2) {
        double r = sqrt(l->w[i] * p[open[0]] * p[open[1]]);
        for (size_t c = 0; c < f; c++)
            rows[c] = r * (x[open[0] * f + c] - x[open[1] * f + c]);
        return 1;
    }
    double *mean = rows + (m > 0 ? m - 1 : 0) * f; /* the last row is written last */
    memset(mean, 0, (m > 0 ? f : 0) * sizeof(*mean));
    for (size_t b = 0; b < m; b++) {
        for (size_t c = 0; c < f; c++)
            mean[c] += p[open[b]] * x[open[b] * f + c];
    }
    for (; n < m; n++) {
        double r = sqrt(l->w[i] * p[open[n]]);
        for (size_t c = 0; c < f; c++)
            rows[n * f + c] = r * (x[open[n] * f + c] - mean[c]);
    }
    return n;
}

/* Gradient and Hessian of the negative log posterior; returns its log likelihood. */
static double derivatives(struct newton *s)
{
    struct az_choice *l = s->l;
    size_t k = l->k, f = l->f, n_rows = 0;
    double u[AZ_SAMPLE_LABELS_MAX], p[AZ_SAMPLE_LABELS_MAX], sum = 0;

    prior_pull(s, s->theta, s->gradient);
    memcpy(s->hessian, s->precision, f * f * sizeof(*s->hessian));
    for (size_t i = 0; i < l->n; i++) {
        const bool *open = l->open + i * k;
        const double *x = l->x + i * k * f, *y = l->y + i * k;
        for (size_t a = 0; a < k; a++)
            u[a] = open[a] ? dot(s->theta, x + a * f, f) : 0;
        double lse = softmax(u, open, k, p);
        for (size_t a = 0; a < k; a++) {
            double by = l->w[i] * (p[a] - y[a]);
            sum += y[a] > 0 ? l->w[i] * y[a] * (u[a] - lse) : 0;
            for (size_t c = 0; c < f && open[a]; c++)
                s->gradient[c] += by * x[a * f + c];
        }
        n_rows += hessian_rows(l, i, p, l->rows + n_rows * f);
    }
    az_matrix_gram(l->rows, n_rows, f, s->hessian);
    return sum;
}

/* Goes from theta along −step, halving until the posterior does not fall. */
static bool line_search(struct newton *s, double now)
{
    size_t f = s->l->f;
    double length = 1;
    for (int i = 0; i < HALVINGS_MAX; i++, length /= 2) {
        for (size_t c = 0; c < f; c++)
            s->theta[c] -= length * s->step[c];
        double then = log_lik(s->l, s->theta) - prior_pull(s, s->theta, NULL) / 2;
        if (then >= now - 1e-10 * (1 + fabs(now)))
            return true;
        for (size_t c = 0; c < f; c++)
            s->theta[c] += length * s->step[c];
    }
    return false;
}

/* The Hessian's factor is left in s->hessian. */
static int newton(struct newton *s, double *lik)
{
    size_t f = s->l->f;
    for (int i = 0; i < NEWTON_MAX; i++) {
        *lik = derivatives(s);
        if (az_cholesky(s->hessian, f) < 0)
            return AZ_EINVAL;
        memcpy(s->step, s->gradient, f * sizeof(*s->step));
        az_cholesky_solve(s->hessian, f, s->step);
        double decrement = dot(s->step, s->gradient, f);
        if (!isfinite(decrement))
            return AZ_EINVAL;
        if (decrement < 1e-7) {
            for (size_t c = 0; c < f; c++)
                s->theta[c] -= s->step[c]; /* worth far less than what it costs to look */
            return 0;
        }
        double now = *lik - prior_pull(s, s->theta, NULL) / 2;
        if (!line_search(s, now))
            return 0; /* as near as the numbers allow */
    }
    return 0;
}

int az_choice_fit(struct az_choice *l, const double *prior_mean, const double *precision,
                  double logdet, bool want_cov, struct az_gauss *g)
{
    size_t f = l->f;
    AZ_AUTO_MEM double *room = az_alloc((f * f + 3 * f + 1) * sizeof(*room));
    if (!room)
        return AZ_ENOMEM;
    struct newton s = {.l = l,
                       .prior_mean = prior_mean,
                       .precision = precision,
                       .gradient = room,
                       .step = room + f,
                       .from_mean = room + 2 * f,
                       .hessian = room + 3 * f,
                       .theta = g->mean};
    int r = newton(&s, &g->log_lik);
    if (r < 0)
        return r;
    g->log_evidence = g->log_lik - prior_pull(&s, g->mean, NULL) / 2 + logdet / 2 -
                      az_cholesky_logdet(s.hessian, f) / 2;
    if (!want_cov)
        return 0;
    if ((r = az_cholesky_inverse(s.hessian, f)) < 0)
        return r;
    memcpy(g->cov, s.hessian, f * f * sizeof(*g->cov));
    return 0;
}

/* ---- probabilities ---- */

void az_choice_predict(const double *theta, const double *cov, const double *x, const bool *open,
                       size_t k, size_t f, double *p)
{
    double u[AZ_SAMPLE_LABELS_MAX], variance = 0, m = 0, shrink = 1;
    for (size_t a = 0; a < k; a++) {
        const double *row = x + a * f;
        u[a] = open[a] ? dot(theta, row, f) : 0;
        m += open[a];
        for (size_t c = 0; cov && open[a] && c < f; c++)
            variance += row[c] == 0 ? 0 : row[c] * dot(cov + c * f, row, f);
    }
    /* Over pairs of m centred utilities Σ Var(u_a − u_b) is m Σ Var(u_a). */
    if (cov && m > 1)
        shrink = 1 / sqrt(1 + 3.14159265358979323846 / 8 * 2 * AZ_MAX(variance, 0.0) / (m - 1));
    for (size_t a = 0; a < k; a++)
        u[a] *= shrink;
    softmax(u, open, k, p);
}
