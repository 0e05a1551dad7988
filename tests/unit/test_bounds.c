#include <math.h>

#include "statistics/guarantee/bounds.h"
#include "statistics/interval/clopper_pearson.h"
#include "tests/unit/unit.h"

static void draws(void **state)
{
    (void)state;
    static const struct {
        int64_t errors;
        double alpha, delta;
        int64_t want;
    } cases[] = {
        /* anyone can check: 0.95^59 = 0.0485, 0.95^58 = 0.0511 */
        {0, 0.05, 0.05, 59},  {1, 0.05, 0.05, 93}, /* the usual table of 95/95 acceptance sampling
                                                    */
        {2, 0.05, 0.05, 124}, {3, 0.05, 0.05, 153}, {0, 0.1, 0.1, 22},
        {0, 0.5, 0.5, 1},     {0, 0, 0.05, 0},      {0, 0.05, 1, 0},
    };
    for (size_t i = 0; i < AZ_LEN(cases); i++)
        assert_int_equal(az_risk_draws(cases[i].errors, cases[i].alpha, cases[i].delta, true),
                         cases[i].want);
    for (int64_t e = 0; e < 40; e++) {
        int64_t n = az_risk_draws(e, 0.03, 0.01, true), m = az_risk_draws(e, 0.03, 0.01, false);
        assert_true(az_risk_p_binomial(e, n, 0.03) <= 0.01);
        assert_true(az_risk_p_binomial(e, n - 1, 0.03) > 0.01);
        assert_true(m >= n && az_risk_p_hoeffding_bentkus((double)e, m, 0.03) <= 0.01);
        assert_true(m == n || az_risk_p_hoeffding_bentkus((double)e, m - 1, 0.03) > 0.01);
    }
}

static void out_of_range(void **state)
{
    (void)state;
    double low = 7, high = 7;
    assert_true(isnan(az_risk_p_binomial(2, 1, 0.5)));
    assert_true(isnan(az_risk_p_binomial(0, 1, 0)));
    assert_true(isnan(az_risk_p_hoeffding(-1, 1, 0.5)));
    assert_true(isnan(az_risk_p_bentkus(0, 0, 0.5)));
    assert_true(isnan(az_risk_p_hoeffding_bentkus(NAN, 1, 0.5)));
    assert_true(az_risk_p_binomial(0, 0, 0.5) == 1);
    assert_false(az_clopper_pearson(3, 2, 0.95, &low, &high));
    assert_false(az_clopper_pearson(0, 0, 0.95, &low, &high));
    assert_true(low == 7 && high == 7);
    assert_true(isnan(az_binomial_upper(0, 1, 1)) && isnan(az_binomial_lower(-1, 1, 0.5)));
}

/* A bound turned round is a test: both say the same at every count. */
static void bound_and_test_agree(void **state)
{
    (void)state;
    for (int64_t n = 1; n < 120; n += 7) {
        for (int64_t x = 0; x <= n; x += 3) {
            double high = az_binomial_upper(x, n, 0.9), low = az_binomial_lower(n - x, n, 0.9);
            assert_true(fabs(high - (1 - low)) < 1e-12);
            if (x < n) {
                assert_true(az_risk_p_binomial(x, n, high * 1.0001) < 0.1);
                assert_true(az_risk_p_binomial(x, n, high * 0.9999) > 0.1);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(draws),
        cmocka_unit_test(out_of_range),
        cmocka_unit_test(bound_and_test_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
