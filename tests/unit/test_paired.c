#include "statistics/interval/paired.h"

#include <math.h>

#include "core/error.h"
#include "core/mem.h"
#include "tests/unit/unit.h"

/* Published: 1 and 7 are the airway hyper-responsiveness of Bentur et al. (2009)
 * as worked out in Fagerland, Lydersen and Laake 2013, table 1: exact 0.070, mid-p 0.039.
 * The others: exact fractions of the definitions, summed apart from this code. */
static const struct {
    int64_t x, y;
    double exact, mid_p;
} tests_of[] = {
    {1, 7, 0.0703125, 0.0390625},
    {7, 1, 0.0703125, 0.0390625},
    {0, 5, 0.0625, 0.03125},
    {3, 3, 1, 0.84375},
    {0, 1, 1, 0.5},
    {12, 13, 1, 0.8450189828872681},
    {5, 20, 0.0040773153305053711, 0.0024939179420471191},
    {10, 30, 0.0022214337732293643, 0.0014504910141113214},
    {150, 86, 3.715936139571442e-05, 2.89338951761549e-05},
};

static void mcnemar_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(tests_of); i++) {
        double exact = az_mcnemar_exact(tests_of[i].x, tests_of[i].y);
        double mid_p = az_mcnemar_mid_p(tests_of[i].x, tests_of[i].y);
        if (fabs(exact / tests_of[i].exact - 1) > 1e-9 ||
            fabs(mid_p / tests_of[i].mid_p - 1) > 1e-9)
            fail_msg("%ld and %ld: exact %.17g, mid-p %.17g", (long)tests_of[i].x,
                     (long)tests_of[i].y, exact, mid_p);
    }
}

static void names_the_test(void **state)
{
    (void)state;
    struct az_figure f = az_mcnemar(5, 20);
    assert_string_equal(f.method, "mcnemar exact");
    assert_int_equal(f.n, 25);
    f = az_mcnemar(5, 21);
    assert_string_equal(f.method, "mcnemar mid-p");
    assert_false(f.has_interval);
    f = az_mcnemar(0, 0);
    assert_false(f.defined);
    assert_string_equal(f.reason, "the two never differ");
    f = az_mcnemar(0, INT64_C(1000000)); /* far out it is zero, and no NaN */
    assert_true(f.defined && f.value >= 0 && f.value < 1e-300);
    f = az_mcnemar(500000, 500000);
    assert_true(f.defined && f.value > 0.99 && f.value <= 1);
}

/* The worked example of Student (1908), table of Cushny and Peebles: hours of sleep
 * gained by two drugs; the mean difference is 1.58, its standard error 0.389. */
static const double dextro[] = {0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0};
static const double laevo[] = {1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4};

static void sleep_data(void **state)
{
    (void)state;
    struct az_paired p = {0};
    for (size_t i = 0; i < AZ_LEN(laevo); i++)
        assert_int_equal(az_paired_add(&p, i, laevo[i], dextro[i]), 0);
    struct az_figure f = az_paired_difference(&p, "");
    assert_int_equal(f.n, 10);
    assert_true(fabs(f.value - 1.58) < 1e-12);
    /* R's t.test(extra ~ group, data = sleep, paired = TRUE) */
    assert_true(fabs(f.low - 0.7001142) < 1e-6 && fabs(f.high - 2.4598858) < 1e-6);
    assert_string_equal(f.method, "t");
    assert_false(az_paired_mcnemar(&p).defined);
    az_paired_release(&p);
}

static void rates_by_cluster(void **state)
{
    (void)state;
    struct az_paired p = {0};
    for (int i = 0; i < 40; i++) /* each twice, as one prompt asked twice */
        assert_int_equal(az_paired_add(&p, (uint64_t)i / 2, i / 2 % 4 != 0, i / 2 % 5 != 0), 0);
    struct az_figure f = az_paired_difference(&p, ""), one;
    assert_string_equal(f.method, "t by cluster");
    assert_true(fabs(f.value + 0.05) < 1e-12);
    assert_int_equal(p.both, 24);
    assert_int_equal(p.only_x, 6);
    assert_int_equal(p.only_y, 8);
    assert_int_equal(p.neither, 2);
    struct az_paired once = {0}; /* repeats add nothing */
    for (int i = 0; i < 20; i++)
        assert_int_equal(az_paired_add(&once, (uint64_t)i, i % 4 != 0, i % 5 != 0), 0);
    one = az_paired_difference(&once, "");
    assert_true(fabs(one.low - f.low) < 1e-12 && fabs(one.high - f.high) < 1e-12);
    az_paired_release(&p);
    az_paired_release(&once);
}

static void undefined(void **state)
{
    (void)state;
    struct az_paired p = {0};
    struct az_figure f = az_paired_difference(&p, "nothing in both");
    assert_false(f.defined);
    assert_string_equal(f.reason, "nothing in both");
    for (int i = 0; i < 5; i++)
        assert_int_equal(az_paired_add(&p, (uint64_t)i, 1, 1), 0);
    f = az_paired_difference(&p, "");
    assert_true(f.defined && f.value == 0 && !f.has_interval);
    assert_false(az_paired_mcnemar(&p).defined);
    az_paired_release(&p);
}

static void paired_without_memory(void **state)
{
    (void)state;
    int r = AZ_ENOMEM;
    for (int nth = 1; r == AZ_ENOMEM; nth++) {
        struct az_paired p = {0};
        az_fault_alloc(nth);
        r = 0;
        for (int i = 0; i < 100 && r == 0; i++)
            r = az_paired_add(&p, (uint64_t)i, i % 2, i % 3 == 0);
        az_fault_alloc(0);
        az_paired_release(&p);
    }
    assert_int_equal(r, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mcnemar_table), cmocka_unit_test(names_the_test),
        cmocka_unit_test(sleep_data),    cmocka_unit_test(rates_by_cluster),
        cmocka_unit_test(undefined),     cmocka_unit_test(paired_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
