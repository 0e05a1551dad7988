#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/error.h"
#include "core/mem.h"
#include "statistics/interval/mean.h"
#include "statistics/interval/wilson.h"
#include "statistics/special.h"

static void near(double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance))
        fail_msg("got %.17g, want %.17g", got, want);
}

static const double z95 = 1.959963984540054;

/* Newcombe, Statistics in Medicine 17 (1998), table I, method 3: printed to
 * four places. */
static void newcombe_table(void **state)
{
    (void)state;
    static const struct {
        int r, n;
        double low, high;
    } cases[] = {
        {81, 263, 0.2553, 0.3662},
        {15, 148, 0.0624, 0.1605},
        {0, 20, 0.0000, 0.1611},
        {1, 29, 0.0061, 0.1718},
    };
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        double low, high;
        assert_true(az_wilson((double)cases[i].r / cases[i].n, cases[i].n, z95, &low, &high));
        near(low, cases[i].low, 5.1e-5);
        near(high, cases[i].high, 5.1e-5);
    }
}

/* Each bound p solves (share - p)^2 = z^2 p (1 - p) / n, Wilson's equation. */
static void bounds_solve_wilsons_equation(void **state)
{
    (void)state;
    for (int n = 1; n < 40; n++) {
        for (int r = 0; r <= n; r++) {
            double share = (double)r / n, low, high;
            assert_true(az_wilson(share, n, z95, &low, &high));
            assert_true(0 <= low && low <= share && share <= high && high <= 1);
            near((share - low) * (share - low), z95 * z95 * low * (1 - low) / n, 1e-12);
            near((share - high) * (share - high), z95 * z95 * high * (1 - high) / n, 1e-12);
        }
    }
}

static void wilson_refuses(void **state)
{
    (void)state;
    static const struct {
        double share, n;
    } bad[] = {{-0.1, 5}, {1.1, 5}, {0.5, 0}, {0.5, -1}, {NAN, 5}, {0.5, NAN}, {0.5, INFINITY}};
    for (size_t i = 0; i < AZ_LEN(bad); i++) {
        double low = 7, high = 7;
        assert_false(az_wilson(bad[i].share, bad[i].n, z95, &low, &high));
        assert_true(low == 7 && high == 7);
    }
}

static void fill(struct az_mean *m, const double *x, size_t n, int per_cluster)
{
    for (size_t i = 0; i < n; i++)
        assert_int_equal(az_mean_add(m, i / (size_t)per_cluster, x[i]), 0);
}

static void mean_of_single_items(void **state)
{
    (void)state;
    const double x[] = {1, 2, 3, 4, 10};
    struct az_mean m = {0};
    fill(&m, x, AZ_LEN(x), 1);
    struct az_figure f = az_mean_figure(&m, "none");
    /* mean 4, s = sqrt(12.5), t(4) = 2.776445105197... */
    near(f.value, 4, 1e-15);
    near(f.high - 4, 2.7764451051977987 * sqrt(12.5 / 5), 1e-9);
    near(4 - f.low, f.high - 4, 1e-12);
    assert_string_equal(f.method, "t");
    assert_int_equal(f.n, 5);
    az_mean_release(&m);
}

static void mean_of_clusters(void **state)
{
    (void)state;
    const double x[] = {1, 1, 0, 0, 1, 0, 5, 5};
    struct az_mean m = {0};
    fill(&m, x, AZ_LEN(x), 2);
    struct az_figure f = az_mean_figure(&m, "none");
    /* mean 13/8; sums 2 0 1 10 less 13/4 each; 4/3 * sum of squares / 64. */
    double ss = 1.25 * 1.25 + 3.25 * 3.25 + 2.25 * 2.25 + 6.75 * 6.75;
    near(f.value, 1.625, 1e-15);
    near(f.high - f.value, az_t_quantile(0.975, 3) * sqrt(4.0 / 3 * ss / 64), 1e-12);
    assert_string_equal(f.method, "t by cluster");
    az_mean_release(&m);
}

static void rates(void **state)
{
    (void)state;
    double low, high;
    struct az_mean m = {0};
    const double single[] = {1, 1, 0, 1, 0, 1, 1, 1, 1, 0};
    fill(&m, single, 10, 1);
    struct az_figure f = az_mean_rate(&m, "none");
    az_wilson(0.7, 10, z95, &low, &high);
    near(f.low, low, 1e-12);
    near(f.high, high, 1e-12);
    assert_string_equal(f.method, "wilson");
    az_mean_release(&m);

    /* Every cluster is one and the same answer twice: worth half the items,
     * but for the (C - 1) / C of the variance. */
    double twice[20];
    for (int i = 0; i < 20; i++)
        twice[i] = single[i / 2];
    fill(&m, twice, 20, 2);
    f = az_mean_rate(&m, "none");
    az_wilson(0.7, 9, z95, &low, &high);
    near(f.low, low, 1e-12);
    near(f.high, high, 1e-12);
    assert_string_equal(f.method, "wilson by cluster");
    az_mean_release(&m);

    const double ties[] = {1, 0.5, 0, 1, 0.5, 1};
    fill(&m, ties, 6, 1);
    f = az_mean_rate(&m, "none");
    assert_string_equal(f.method, "t");
    assert_true(f.low > 0 && f.high == 1);
    az_mean_release(&m);

    /* Nothing but ties: the variance says nothing, Wilson's says something. */
    const double all_ties[] = {0.5, 0.5, 0.5};
    fill(&m, all_ties, 3, 1);
    f = az_mean_rate(&m, "none");
    assert_string_equal(f.method, "wilson");
    assert_true(f.low < 0.3 && f.high > 0.7);
    az_mean_release(&m);

    const double ones[] = {1, 1, 1, 1};
    fill(&m, ones, 4, 2);
    f = az_mean_rate(&m, "none");
    az_wilson(1, 2, z95, &low, &high); /* two clusters, not four items */
    near(f.low, low, 1e-12);
    assert_true(f.high == 1);
    az_mean_release(&m);
}

static void nothing_and_one(void **state)
{
    (void)state;
    struct az_mean m = {0};
    struct az_figure f = az_mean_figure(&m, "nothing decided");
    assert_false(f.defined);
    assert_string_equal(f.reason, "nothing decided");
    assert_int_equal(az_mean_add(&m, 1, 3.5), 0);
    f = az_mean_figure(&m, "none");
    assert_true(f.defined && !f.has_interval && f.value == 3.5 && f.n == 1);
    az_mean_release(&m);
}

/* Beyond the bound clusters are grouped: memory stops growing, and the interval
 * stays that of independent items within a few per cent, whatever the order. */
static void many_clusters(void **state)
{
    (void)state;
    enum { N = 200000 };
    struct az_mean m = {0}, back = {0};
    for (int i = 0; i < N; i++) {
        assert_int_equal(az_mean_add(&m, (uint64_t)i, i % 5 == 0), 0);
        int j = N - 1 - i;
        assert_int_equal(az_mean_add(&back, (uint64_t)j, j % 5 == 0), 0);
    }
    assert_int_equal(m.cap, AZ_MEAN_CLUSTERS);
    struct az_figure f = az_mean_figure(&m, "none"), g = az_mean_figure(&back, "none");
    near(f.value, 0.2, 1e-12);
    near((f.high - f.low) / (2 * z95 * sqrt(0.16 / N)), 1, 0.08);
    assert_true(f.low == g.low && f.high == g.high);
    assert_string_equal(az_mean_rate(&m, "none").method, "wilson by cluster");
    az_mean_release(&m);
    az_mean_release(&back);
}

static void without_memory(void **state)
{
    (void)state;
    int failures = 0;
    struct az_mean m = {0};
    for (int i = 0; i < 5000; i++) {
        az_fault_alloc(1);
        int r = az_mean_add(&m, (uint64_t)i, 1);
        az_fault_alloc(0);
        if (r < 0) {
            failures++;
            assert_int_equal(m.n, i);
            assert_int_equal(az_mean_add(&m, (uint64_t)i, 1), 0);
        }
    }
    assert_int_equal(m.n, 5000);
    assert_int_equal(failures, 11); /* 16 … 8192 slots, then the groups */
    az_mean_release(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(newcombe_table),   cmocka_unit_test(bounds_solve_wilsons_equation),
        cmocka_unit_test(wilson_refuses),   cmocka_unit_test(mean_of_single_items),
        cmocka_unit_test(mean_of_clusters), cmocka_unit_test(rates),
        cmocka_unit_test(nothing_and_one),  cmocka_unit_test(many_clusters),
        cmocka_unit_test(without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
