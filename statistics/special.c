#include "statistics/special.h"

#include <math.h>

enum { FRACTION_STEPS = 20000, BISECTIONS = 200, QUANTILE_BISECTIONS = 1100 };

/* P(Z > x). */
static double normal_tail(double x)
{
    return 0.5 * erfc(x / M_SQRT2);
}

/* For 0 < q <= 1/2: the x >= 0 with P(Z > x) = q. */
static double normal_upper(double q)
{
    double t = sqrt(-2.0 * log(q));
    double x = t - (2.515517 + t * (0.802853 + t * 0.010328)) /
                       (1.0 + t * (1.432788 + t * (0.189269 + t * 0.001308)));

    for (int i = 0; i < 4; i++) {
        double density = exp(-0.5 * x * x) / sqrt(2.0 * M_PI);
        double step = (normal_tail(x) - q) / density;
        x += step / (1.0 + 0.5 * x * step);
    }
    return x;
}

double az_normal_quantile(double p)
{
    if (!(p > 0 && p < 1))
        return NAN;
    if (p == 0.5)
        return 0;
    return p < 0.5 ? -normal_upper(p) : normal_upper(1.0 - p);
}

double az_normal_cdf(double z)
{
    return normal_tail(-z);
}

/* lgamma() writes a global; the sign is always + here. */
static double log_gamma(double x)
{
    int sign;
    return lgamma_r(x, &sign);
}

double az_log_beta(double a, double b)
{
    return log_gamma(a) + log_gamma(b) - log_gamma(a + b);
}

/* Never divide by nothing: Lentz's tiny number. */
static double not_zero(double v)
{
    return fabs(v) < 1e-300 ? 1e-300 : v;
}

/* DLMF 8.17.22, quick for x < (a + 1) / (a + b + 2). */
static double beta_fraction(double a, double b, double x)
{
    double c = 1.0;
    double d = 1.0 / not_zero(1.0 - (a + b) * x / (a + 1.0));
    double f = d;

    for (int m = 1; m <= FRACTION_STEPS; m++) {
        double even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / not_zero(1.0 + even * d);
        c = not_zero(1.0 + even / c);
        f *= c * d;

        double odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / not_zero(1.0 + odd * d);
        c = not_zero(1.0 + odd / c);
        double change = c * d;
        f *= change;
        if (fabs(change - 1.0) < 1e-16)
            break;
    }
    return f;
}

double az_beta_inc(double a, double b, double x)
{
    if (!(a > 0 && b > 0 && x >= 0 && x <= 1))
        return NAN;
    if (x == 0 || x == 1)
        return x;

    double front = exp(a * log(x) + b * log1p(-x) - az_log_beta(a, b));
    if (x < (a + 1.0) / (a + b + 2.0))
        return front * beta_fraction(a, b, x) / a;
    return 1.0 - front * beta_fraction(b, a, 1.0 - x) / b;
}

double az_beta_quantile(double p, double a, double b)
{
    if (!(p >= 0 && p <= 1 && a > 0 && b > 0))
        return NAN;
    if (p == 0 || p == 1)
        return p;

    double low = 0, high = 1;
    for (int i = 0; i < QUANTILE_BISECTIONS; i++) {
        double x = 0.5 * (low + high);
        if (x == low || x == high)
            break;
        if (az_beta_inc(a, b, x) < p)
            low = x;
        else
            high = x;
    }
    return 0.5 * (low + high);
}

double az_binomial_cdf(int64_t k, int64_t n, double p)
{
    if (!(n >= 0 && p >= 0 && p <= 1))
        return NAN;
    if (k < 0)
        return 0;
    if (k >= n)
        return 1;
    return az_beta_inc((double)(n - k), (double)k + 1.0, 1.0 - p);
}

double az_t_quantile(double p, double df)
{
    if (!(p > 0 && p < 1 && df > 0))
        return NAN;
    if (p < 0.5)
        return -az_t_quantile(1.0 - p, df);
    if (df > 1e6)
        return az_normal_quantile(p);

    /* y = t^2 / (df + t^2), and P(|T| <= t) = I_y(1/2, df/2). */
    double low = 0, high = 1;
    for (int i = 0; i < BISECTIONS && low < high; i++) {
        double y = 0.5 * (low + high);
        if (y == low || y == high)
            break;
        if (az_beta_inc(0.5, 0.5 * df, y) < 2.0 * p - 1.0)
            low = y;
        else
            high = y;
    }
    double y = 0.5 * (low + high);
    return sqrt(df * y / (1.0 - y));
}

double az_digamma(double x)
{
    /* B_2n / 2n */
    static const double terms[] = {1.0 / 12,   -1.0 / 120, 1.0 / 252,
                                   -1.0 / 240, 1.0 / 132,  -691.0 / 32760};
    double sum = 0, power = 1;
    if (!(x > 0))
        return NAN;
    for (; x < 10; x++)
        sum -= 1 / x;
    sum += log(x) - 0.5 / x;
    for (size_t i = 0; i < AZ_LEN(terms); i++)
        sum -= terms[i] * (power /= x * x);
    return sum;
}
