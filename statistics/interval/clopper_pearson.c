#include "statistics/interval/clopper_pearson.h"

#include <math.h>

#include "statistics/special.h"

static bool fine(int64_t x, int64_t n, double level)
{
    return x >= 0 && x <= n && n > 0 && level > 0 && level < 1;
}

double az_binomial_upper(int64_t x, int64_t n, double level)
{
    if (!fine(x, n, level))
        return NAN;
    if (x == n)
        return 1;
    return az_beta_quantile(level, (double)x + 1.0, (double)(n - x));
}

double az_binomial_lower(int64_t x, int64_t n, double level)
{
    if (!fine(x, n, level))
        return NAN;
    return x == n ? exp(log1p(-level) / (double)n) /* I_p(n, 1) = p^n, without a quantile near 1 */
           : x == 0 ? 0
                    : az_beta_quantile(1.0 - level, (double)x, (double)(n - x) + 1.0);
}

bool az_clopper_pearson(int64_t x, int64_t n, double level, double *low, double *high)
{
    if (!fine(x, n, level))
        return false;
    double side = 0.5 + 0.5 * level;
    *low = az_binomial_lower(x, n, side);
    *high = az_binomial_upper(x, n, side);
    return true;
}
