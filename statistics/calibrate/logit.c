#include "statistics/calibrate/logit.h"

#include <math.h>
#include <string.h>

enum { STEPS = 200, HALVINGS = 40 };

static const double done = 1e-11;      /* no row moves by more: the next step would be its square */
static const double explained = 1e-10; /* a pivot, of what it was */
static const double flat = 1e-13;      /* curvature left, of what it was at the start */

struct problem {
    const double *x, *t, *w;
    size_t n, d;
};

double az_sigmoid(double u)
{
    if (u >= 0)
        return 1.0 / (1.0 + exp(-u));
    double e = exp(u);
    return e / (1.0 + e);
}

double az_logit(double p)
{
    return log(p) - log1p(-p);
}

double az_log1pexp(double u)
{
    return u > 0 ? u + log1p(exp(-u)) : log1p(exp(u));
}

static double weight(const struct problem *p, size_t i)
{
    return p->w ? p->w[i] : 1;
}

static double dot(const struct problem *p, size_t i, const double *coef)
{
    double u = 0;
    for (size_t j = 0; j < p->d; j++)
        u += coef[j] * p->x[i * p->d + j];
    return u;
}

static double loss(const struct problem *p, const double *coef)
{
    double sum = 0;
    for (size_t i = 0; i < p->n; i++) {
        double w = weight(p, i);
        if (w > 0) {
            double u = dot(p, i, coef);
            sum += w * (az_log1pexp(u) - p->t[i] * u);
        }
    }
    return sum;
}

static void derivatives(const struct problem *p, const double *coef, double *g,
                        double h[AZ_LOGIT_MAX][AZ_LOGIT_MAX])
{
    memset(g, 0, AZ_LOGIT_MAX * sizeof(*g));
    memset(h, 0, sizeof(double[AZ_LOGIT_MAX][AZ_LOGIT_MAX]));
    for (size_t i = 0; i < p->n; i++) {
        double w = weight(p, i);
        if (!(w > 0))
            continue;
        const double *x = p->x + i * p->d;
        double q = az_sigmoid(dot(p, i, coef));
        for (size_t j = 0; j < p->d; j++) {
            g[j] += w * (p->t[i] - q) * x[j];
            for (size_t k = 0; k <= j; k++)
                h[j][k] += w * q * (1 - q) * x[j] * x[k];
        }
    }
}

/* Solve h * step = g by Cholesky; columns without a pivot of their own stay. */
static void solve(size_t d, double h[AZ_LOGIT_MAX][AZ_LOGIT_MAX], const double *g, double *step)
{
    double l[AZ_LOGIT_MAX][AZ_LOGIT_MAX] = {0}, y[AZ_LOGIT_MAX] = {0};
    for (size_t j = 0; j < d; j++) {
        double pivot = h[j][j];
        for (size_t k = 0; k < j; k++)
            pivot -= l[j][k] * l[j][k];
        bool has = pivot > explained * h[j][j];
        l[j][j] = has ? sqrt(pivot) : 0;
        for (size_t i = j + 1; has && i < d; i++) {
            double v = h[i][j];
            for (size_t k = 0; k < j; k++)
                v -= l[i][k] * l[j][k];
            l[i][j] = v / l[j][j];
        }
        double v = g[j];
        for (size_t k = 0; k < j; k++)
            v -= l[j][k] * y[k];
        y[j] = has ? v / l[j][j] : 0;
    }
    for (size_t j = d; j-- > 0;) {
        double v = y[j];
        for (size_t i = j + 1; i < d; i++)
            v -= l[i][j] * step[i];
        step[j] = l[j][j] > 0 ? v / l[j][j] : 0;
    }
}

/* Halve the step until the loss is no larger; rounding is forgiven. */
static void move(const struct problem *p, double *coef, double *step)
{
    double before = loss(p, coef), next[AZ_LOGIT_MAX];
    for (int i = 0; i < HALVINGS; i++) {
        for (size_t j = 0; j < p->d; j++)
            next[j] = coef[j] + step[j];
        if (loss(p, next) <= before + 1e-12 * fabs(before))
            break;
        for (size_t j = 0; j < p->d; j++)
            step[j] *= 0.5;
    }
    for (size_t j = 0; j < p->d; j++)
        coef[j] += step[j];
}

static double farthest(const struct problem *p, const double *step)
{
    double far = 0;
    for (size_t i = 0; i < p->n; i++) {
        if (weight(p, i) > 0)
            far = AZ_MAX(far, fabs(dot(p, i, step)));
    }
    return far;
}

bool az_logit_fit(const double *x, const double *t, const double *w, size_t n, size_t d,
                  double *coef)
{
    struct problem p = {x, t, w, n, d};
    double at[AZ_LOGIT_MAX] = {0}, g[AZ_LOGIT_MAX], h[AZ_LOGIT_MAX][AZ_LOGIT_MAX];
    double step[AZ_LOGIT_MAX] = {0}, first = 0;
    az_assert(d >= 1 && d <= AZ_LOGIT_MAX);

    for (int i = 0; i < STEPS; i++) {
        derivatives(&p, at, g, h);
        if (i == 0)
            first = h[0][0];
        if (!(h[0][0] > flat * first)) /* no rows; or it runs away and all is flat */
            return false;
        solve(d, h, g, step);
        move(&p, at, step);
        double far = farthest(&p, step);
        if (!isfinite(far))
            return false;
        if (far < done) {
            memcpy(coef, at, d * sizeof(*coef));
            return true;
        }
    }
    return false;
}
