#include "statistics/interval/weighted.h"

#include <math.h>

#include "core/error.h"
#include "core/mem.h"
#include "statistics/interval/mean.h"
#include "tests/unit/unit.h"

static const double x[] = {1, 0, 1, 1, 0, 1}, w[] = {1, 3, 1, 2, 1, 4};
static const uint64_t own[] = {1, 2, 3, 4, 5, 6}, shared[] = {1, 1, 2, 2, 3, 3};
enum { N = 6 };

/* By hand: the mean is 8/12; v = N/(N-1) sum (w (x - mean))^2 / (sum w)^2. */
static void by_hand(void **state)
{
    struct az_figure f;
    double mean = 8.0 / 12, sum = 0;
    for (size_t i = 0; i < N; i++)
        sum += w[i] * w[i] * (x[i] - mean) * (x[i] - mean);
    double half = 2.570581835636314 * sqrt((double)N / (N - 1) * sum) / 12; /* t, 5 */
    assert_int_equal(az_weighted_mean(x, w, own, N, false, "none", &f), 0);
    assert_true(fabs(f.value - mean) < 1e-12);
    assert_true(fabs(f.high - (mean + half)) < 1e-9 && fabs(f.low - (mean - half)) < 1e-9);
    assert_false(az_weights_equal(w, N));
}

/* What all weights have in common changes nothing, not even the method. */
static void equal_weights(void **state)
{
    static const double tenth[] = {0.1, 0.1, 0.1, 0.1, 0.1, 0.1};
    struct az_mean plain = {0};
    struct az_figure f, want;
    for (size_t i = 0; i < N; i++)
        assert_int_equal(az_mean_add(&plain, shared[i], x[i]), 0);
    want = az_mean_rate(&plain, "none");
    az_mean_release(&plain);
    assert_true(az_weights_equal(tenth, N));
    assert_int_equal(az_weighted_mean(x, tenth, shared, N, true, "none", &f), 0);
    assert_true(f.value == want.value && f.low == want.low && f.high == want.high);
    assert_string_equal(f.method, want.method);
}

static void nothing_and_no_memory(void **state)
{
    struct az_figure f;
    assert_int_equal(az_weighted_mean(NULL, NULL, NULL, 0, true, "none", &f), 0);
    assert_false(f.defined);
    assert_string_equal(f.reason, "none");
    az_fault_alloc(1);
    assert_int_equal(az_weighted_mean(x, w, own, N, true, "none", &f), AZ_ENOMEM);
    az_fault_alloc(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_hand),
        cmocka_unit_test(equal_weights),
        cmocka_unit_test(nothing_and_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
