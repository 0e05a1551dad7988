#include "statistics/guarantee/bounds.h"

#include <math.h>

#include "statistics/special.h"

static bool inside(double p)
{
    return p > 0 && p < 1;
}

double az_risk_p_binomial(int64_t errors, int64_t n, double alpha)
{
    if (!(n >= 0 && errors >= 0 && errors <= n && inside(alpha)))
        return NAN;
    return az_binomial_cdf(errors, n, alpha);
}

static bool fine(double sum, int64_t n, double alpha)
{
    return n > 0 && sum >= 0 && sum <= (double)n && inside(alpha);
}

/* a ln(a / b), 0 at 0. */
static double entropy(double a, double b)
{
    return a > 0 ? a * log(a / b) : 0;
}

double az_risk_p_hoeffding(double sum, int64_t n, double alpha)
{
    if (!fine(sum, n, alpha))
        return NAN;
    double r = AZ_MIN(sum / (double)n, alpha);
    return exp(-(double)n * (entropy(r, alpha) + entropy(1 - r, 1 - alpha)));
}

double az_risk_p_bentkus(double sum, int64_t n, double alpha)
{
    if (!fine(sum, n, alpha))
        return NAN;
    return M_E * az_binomial_cdf((int64_t)ceil(sum - 1e-9), n, alpha);
}

double az_risk_p_hoeffding_bentkus(double sum, int64_t n, double alpha)
{
    if (!fine(sum, n, alpha))
        return NAN;
    return AZ_MIN(az_risk_p_hoeffding(sum, n, alpha), az_risk_p_bentkus(sum, n, alpha));
}

static double p_inequality(int64_t sum, int64_t n, double alpha)
{
    return az_risk_p_hoeffding_bentkus((double)sum, n, alpha);
}

int64_t az_risk_draws_without_error(double alpha, double delta)
{
    if (!inside(alpha) || !inside(delta))
        return 0;
    double n = ceil(log(delta) / log1p(-alpha) - 1e-9);
    return n < 0x1p62 ? AZ_MAX((int64_t)n, (int64_t)1) : INT64_MAX;
}

int64_t az_risk_draws(int64_t errors, double alpha, double delta, bool exact)
{
    int64_t low = az_risk_draws_without_error(alpha, delta);
    if (errors <= 0 || low == 0)
        return low;

    double (*p)(int64_t, int64_t, double) = exact ? az_risk_p_binomial : p_inequality;
    low = AZ_MAX(low, errors);
    int64_t high = low; /* not enough at low - 1; enough at high, once it is found */
    while (p(errors, high, alpha) > delta) {
        if (high > INT64_C(1) << 61)
            return INT64_MAX;
        low = high + 1;
        high *= 2;
    }
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (p(errors, middle, alpha) <= delta)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}
