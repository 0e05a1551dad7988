#include "statistics/interval/paired.h"

#include <math.h>

#include "core/error.h"
#include "statistics/special.h"

int az_paired_add(struct az_paired *p, uint64_t cluster, double x, double y)
{
    if (az_mean_add(&p->x, cluster, x) < 0 || az_mean_add(&p->y, cluster, y) < 0 ||
        az_mean_add(&p->difference, cluster, x - y) < 0)
        return AZ_ENOMEM;
    if ((x != 0 && x != 1) || (y != 0 && y != 1)) {
        p->between = true;
        return 0;
    }
    p->both += x == 1 && y == 1;
    p->only_x += x == 1 && y == 0;
    p->only_y += x == 0 && y == 1;
    p->neither += x == 0 && y == 0;
    return 0;
}

void az_paired_release(struct az_paired *p)
{
    az_mean_release(&p->x);
    az_mean_release(&p->y);
    az_mean_release(&p->difference);
    *p = (struct az_paired){0};
}

struct az_figure az_paired_difference(const struct az_paired *p, const char *reason)
{
    struct az_figure f = az_mean_figure(&p->difference, reason);
    if (f.has_interval && !(f.high > f.low)) {
        f.has_interval = false;
        f.method = NULL;
    }
    return f;
}

/* P(X = k) of n fair coins. */
static double coins(int64_t k, int64_t n)
{
    double x = (double)k, y = (double)n;
    return exp(lgamma(y + 1) - lgamma(x + 1) - lgamma(y - x + 1) - y * M_LN2);
}

double az_mcnemar_exact(int64_t only_x, int64_t only_y)
{
    int64_t n = only_x + only_y, least = AZ_MIN(only_x, only_y);
    return AZ_MIN(2 * az_binomial_cdf(least, n, 0.5), 1.0);
}

double az_mcnemar_mid_p(int64_t only_x, int64_t only_y)
{
    int64_t n = only_x + only_y, least = AZ_MIN(only_x, only_y);
    if (only_x == only_y)
        return 1 - coins(least, n) / 2;
    return AZ_MIN(2 * az_binomial_cdf(least, n, 0.5) - coins(least, n), 1.0);
}

struct az_figure az_mcnemar(int64_t only_x, int64_t only_y)
{
    int64_t n = only_x + only_y;
    if (n == 0)
        return az_figure_none("the two never differ", 0);
    bool exact = n <= AZ_MCNEMAR_EXACT;
    struct az_figure f = az_figure_of(
        exact ? az_mcnemar_exact(only_x, only_y) : az_mcnemar_mid_p(only_x, only_y), n);
    f.method = exact ? "mcnemar exact" : "mcnemar mid-p";
    return f;
}

struct az_figure az_paired_mcnemar(const struct az_paired *p)
{
    if (p->between)
        return az_figure_none("values between 0 and 1", p->difference.n);
    return az_mcnemar(p->only_x, p->only_y);
}
