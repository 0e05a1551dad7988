#include "statistics/calibrate/beta.h"

#include <math.h>

#include "core/error.h"
#include "core/mem.h"
#include "statistics/calibrate/logit.h"

static const double edge = 1e-12;

static double up(double p)
{
    return log(AZ_MAX(p, edge));
}

static double down(double p)
{
    return -log1p(-AZ_MIN(p, 1 - edge));
}

/* Rows of 1 and the columns that are let vary. */
static bool fit(const double *p, const double *y, const double *w, size_t n, bool a, bool b,
                bool together, double *x, struct az_beta *ret)
{
    size_t d = together ? 2 : 1 + (size_t)a + (size_t)b;
    double coef[AZ_LOGIT_MAX];
    for (size_t i = 0; i < n; i++) {
        double *row = x + i * d;
        *row++ = 1;
        if (together)
            *row++ = up(p[i]) + down(p[i]);
        else if (a)
            *row++ = up(p[i]);
        if (b && !together)
            *row++ = down(p[i]);
    }
    if (!az_logit_fit(x, y, w, n, d, coef))
        return false;
    *ret = (struct az_beta){.c = coef[0]};
    if (together)
        ret->a = ret->b = coef[1];
    else if (a)
        ret->a = coef[1];
    if (b && !together)
        ret->b = coef[d - 1];
    return true;
}

int az_beta_fit(const double *p, const double *y, const double *w, size_t n, enum az_beta_form form,
                struct az_beta *ret)
{
    AZ_AUTO_MEM double *x = az_alloc(n * AZ_LOGIT_MAX * sizeof(*x));
    if (!x)
        return AZ_ENOMEM;
    struct az_beta m;
    bool ok = fit(p, y, w, n, true, true, form == AZ_BETA_AS_ONE, x, &m);
    if (ok && form == AZ_BETA_RISING && (m.a < 0 || m.b < 0)) {
        bool keep_a = m.a >= 0;
        ok = fit(p, y, w, n, keep_a, !keep_a, false, x, &m);
        if (ok && (m.a < 0 || m.b < 0)) /* the other fell below 0, too: a constant is left */
            ok = fit(p, y, w, n, false, false, false, x, &m);
    }
    if (!ok)
        return AZ_ENOENT;
    *ret = m;
    return 0;
}

double az_beta_apply(const struct az_beta *m, double p)
{
    return az_sigmoid(m->a * up(p) + m->b * down(p) + m->c);
}
