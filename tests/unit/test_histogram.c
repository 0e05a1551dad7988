#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "statistics/correlation.h"
#include "statistics/histogram.h"

static void empty_has_a_reason(void **state)
{
    (void)state;
    struct az_histogram h = {0};
    assert_string_equal(az_histogram_percentile(&h, 0.5).reason, "nothing was timed");
}

static void small_values_are_exact(void **state)
{
    (void)state;
    struct az_histogram h = {0};
    for (int i = 1; i <= 50; i++)
        az_histogram_add(&h, i);
    assert_true(az_histogram_percentile(&h, 0.5).value == 25);
    assert_true(az_histogram_percentile(&h, 0.99).value == 50);
    assert_true(az_histogram_percentile(&h, 0).value == 1);
    assert_int_equal(az_histogram_percentile(&h, 0.5).n, 50);
}

/* Within 1/64 at every size, up to twelve days in milliseconds. */
static void large_values_are_near(void **state)
{
    (void)state;
    for (int64_t v = 1; v < INT64_C(1) << 30; v += 1 + v / 7) {
        struct az_histogram h = {0};
        az_histogram_add(&h, v / 2);
        az_histogram_add(&h, v);
        az_histogram_add(&h, v * 2);
        double got = az_histogram_percentile(&h, 0.5).value;
        if (fabs(got - (double)v) > (double)v / 64)
            fail_msg("%lld came back as %g", (long long)v, got);
    }
}

static void what_was_seen_bounds_it(void **state)
{
    (void)state;
    struct az_histogram h = {0};
    az_histogram_add(&h, 1000003);
    assert_true(az_histogram_percentile(&h, 0.5).value == 1000003);
    az_histogram_add(&h, -5);
    assert_true(az_histogram_percentile(&h, 0.5).value == 0);
    az_histogram_add(&h, INT64_MAX); /* beyond the last step: no overflow */
    assert_true(az_histogram_percentile(&h, 1).value > 6e10);
}

static void correlation_merges(void **state)
{
    (void)state;
    struct az_pearson all = {0}, left = {0}, right = {0};
    for (int i = 0; i < 100; i++) {
        double x = i, y = (i * 37) % 11 + 0.1 * i;
        az_pearson_add(&all, x, y);
        az_pearson_add(i < 30 ? &left : &right, x, y);
    }
    az_pearson_merge(&left, &right);
    struct az_figure a = az_pearson_figure(&all), b = az_pearson_figure(&left);
    assert_true(a.defined && fabs(a.value - b.value) < 1e-12 && b.n == 100);
    assert_true(a.value > 0.5 && a.value < 1);

    struct az_pearson flat = {0};
    assert_string_equal(az_pearson_figure(&flat).reason, "fewer than two pairs");
    az_pearson_add(&flat, 1, 1);
    az_pearson_add(&flat, 1, 2);
    assert_string_equal(az_pearson_figure(&flat).reason, "one side never changes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty_has_a_reason),    cmocka_unit_test(small_values_are_exact),
        cmocka_unit_test(large_values_are_near), cmocka_unit_test(what_was_seen_bounds_it),
        cmocka_unit_test(correlation_merges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
