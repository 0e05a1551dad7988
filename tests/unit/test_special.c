#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base.h"
#include "statistics/special.h"

static void near(double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance * AZ_MAX(1.0, fabs(want))))
        fail_msg("got %.17g, want %.17g", got, want);
}

/* Known values: quantiles as every table prints them. */
static void normal_quantiles(void **state)
{
    (void)state;
    static const struct {
        double p, z;
    } cases[] = {
        {0.5, 0},
        {0.75, 0.6744897501960817},
        {0.9, 1.2815515655446004},
        {0.975, 1.959963984540054},
        {0.995, 2.5758293035489004},
        {0.9995, 3.2905267314918945},
        {0.025, -1.959963984540054},
        {1e-10, -6.361340902404056},
    };
    for (size_t i = 0; i < AZ_LEN(cases); i++)
        near(az_normal_quantile(cases[i].p), cases[i].z, 1e-13);

    for (double z = -8; z <= 8; z += 0.25) {
        double p = 0.5 * erfc(-z / M_SQRT2);
        if (p < 1 - 1e-9) /* nearer to 1, p itself has lost the digits */
            near(az_normal_quantile(p), z, 1e-7);
    }
}

static void log_beta(void **state)
{
    (void)state;
    near(az_log_beta(1, 1), 0, 1e-15);
    near(az_log_beta(0.5, 0.5), log(M_PI), 1e-14);
    near(az_log_beta(3, 4), log(1.0 / 60.0), 1e-14);
}

/* Closed forms: I_x(1,b) = 1-(1-x)^b, I_x(a,1) = x^a, and the arcsine law. */
static void incomplete_beta(void **state)
{
    (void)state;
    for (double x = 0; x <= 1; x += 1.0 / 64) {
        near(az_beta_inc(1, 7, x), 1 - pow(1 - x, 7), 1e-13);
        near(az_beta_inc(5, 1, x), pow(x, 5), 1e-13);
        near(az_beta_inc(0.5, 0.5, x), 2 / M_PI * asin(sqrt(x)), 1e-13);
        near(az_beta_inc(2, 3, x), x * x * (6 - 8 * x + 3 * x * x), 1e-13);
        near(az_beta_inc(300, 20, x), 1 - az_beta_inc(20, 300, 1 - x), 1e-12);
    }
}

static void t_quantiles(void **state)
{
    (void)state;
    static const struct {
        double p, df, t;
    } cases[] = {
        {0.975, 1, 12.706204736432095},   {0.975, 2, 4.302652729911275},
        {0.95, 5, 2.015048373333024},     {0.975, 10, 2.2281388519649385},
        {0.995, 30, 2.749995653567231},   {0.975, 100, 1.983971518523552},
        {0.025, 10, -2.2281388519649385}, {0.5, 3, 0},
    };
    for (size_t i = 0; i < AZ_LEN(cases); i++)
        near(az_t_quantile(cases[i].p, cases[i].df), cases[i].t, 1e-9);

    /* df = 1 is Cauchy's law, df = 2 has a closed form. */
    for (double p = 0.51; p < 1; p += 0.01) {
        near(az_t_quantile(p, 1), tan(M_PI * (p - 0.5)), 1e-10);
        near(az_t_quantile(p, 2), (2 * p - 1) / sqrt(2 * p * (1 - p)), 1e-10);
    }
    near(az_t_quantile(0.975, 999999), 1.959966, 1e-6);
    near(az_t_quantile(0.975, 1e9), 1.959963984540054, 1e-13);
}

/* Closed forms again, the inverse of the function itself, and far into the tail. */
static void beta_quantiles(void **state)
{
    (void)state;
    for (double p = 0.03125; p < 1; p += 0.03125) {
        near(az_beta_quantile(p, 1, 7), 1 - pow(1 - p, 1.0 / 7), 1e-13);
        near(az_beta_quantile(p, 5, 1), pow(p, 0.2), 1e-13);
        near(az_beta_inc(30, 4, az_beta_quantile(p, 30, 4)), p, 1e-12);
    }
    near(az_beta_quantile(1e-30, 1, 1) * 1e30, 1, 1e-12);
    assert_true(az_beta_quantile(0, 2, 3) == 0 && az_beta_quantile(1, 2, 3) == 1);
    assert_true(isnan(az_beta_quantile(0.5, 0, 1)));
    assert_true(isnan(az_beta_quantile(NAN, 1, 1)));
}

static void binomial_cdf(void **state)
{
    (void)state;
    double sum = 0, term = pow(0.7, 12); /* P(X = 0), then the ratio of neighbours */
    for (int k = 0; k < 12; k++) {
        sum += term;
        near(az_binomial_cdf(k, 12, 0.3), sum, 1e-13);
        term *= (12.0 - k) / (k + 1.0) * 0.3 / 0.7;
    }
    assert_true(az_binomial_cdf(-1, 5, 0.5) == 0 && az_binomial_cdf(5, 5, 0.5) == 1);
    assert_true(az_binomial_cdf(0, 0, 0.5) == 1);
    assert_true(az_binomial_cdf(2, 5, 0) == 1 && az_binomial_cdf(2, 5, 1) == 0);
    assert_true(isnan(az_binomial_cdf(1, 5, 1.5)));
    near(az_normal_cdf(1.959963984540054), 0.975, 1e-15);
    near(az_normal_cdf(-40) * 1e300, 0, 1e-15);
}

static void out_of_range_is_nan(void **state)
{
    (void)state;
    const double bad[] = {0, 1, -1, 2, NAN};
    for (size_t i = 0; i < AZ_LEN(bad); i++) {
        assert_true(isnan(az_normal_quantile(bad[i])));
        assert_true(isnan(az_t_quantile(bad[i], 5)));
    }
    assert_true(isnan(az_t_quantile(0.9, 0)));
    assert_true(isnan(az_t_quantile(0.9, NAN)));
    assert_true(isnan(az_beta_inc(0, 1, 0.5)));
    assert_true(isnan(az_beta_inc(1, 1, 1.5)));
    assert_true(isnan(az_beta_inc(1, 1, NAN)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(normal_quantiles),    cmocka_unit_test(log_beta),
        cmocka_unit_test(incomplete_beta),     cmocka_unit_test(t_quantiles),
        cmocka_unit_test(beta_quantiles),      cmocka_unit_test(binomial_cdf),
        cmocka_unit_test(out_of_range_is_nan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
