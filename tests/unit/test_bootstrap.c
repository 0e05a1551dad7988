#include <math.h>

#include "core/mem.h"
#include "core/rng.h"
#include "statistics/interval/bootstrap.h"
#include "tests/unit/unit.h"

enum { N = 120 };

static double x[N];
static uint64_t cluster[N];
static int32_t stratum[N];

static double mean(const uint32_t *items, size_t n, void *arg)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[items[i]];
    return sum / (double)n;
}

static double strange(const uint32_t *items, size_t n, void *arg)
{
    return items[0] % 2 ? NAN : 1;
}

static struct az_bootstrap_of setup(void)
{
    struct az_rng rng = az_rng(8);
    for (size_t i = 0; i < N; i++) {
        cluster[i] = 1000 - i / 4;
        stratum[i] = i < N / 2;
        x[i] = 10 * stratum[i] + (double)cluster[i] / 10 + az_rng_unit(&rng);
    }
    return (struct az_bootstrap_of){.n = N, .figure = mean, .draws = 999, .seed = 3, .level = 0.95};
}

/* Items of a cluster are drawn together: the deviation is that of 30 numbers, not of
 * 120; strata keep their shares, and what is between them is no error. */
static void clusters_and_strata(void **state)
{
    (void)state;
    struct az_bootstrap_of of = setup();
    struct az_bootstrap items, clusters, strata;
    assert_int_equal(az_bootstrap(&of, &items), 0);
    of.cluster = cluster;
    assert_int_equal(az_bootstrap(&of, &clusters), 0);
    of.stratum = stratum;
    assert_int_equal(az_bootstrap(&of, &strata), 0);
    assert_int_equal(items.clusters, N);
    assert_int_equal(clusters.clusters, N / 4);
    assert_true(clusters.se > 1.6 * items.se && clusters.se < 2.4 * items.se);
    assert_true(strata.se < 0.3 * clusters.se);
    assert_true(strata.value == clusters.value);
    assert_true(strata.low < strata.value && strata.value < strata.high);

    struct az_figure f = az_bootstrap_figure(&clusters);
    assert_string_equal(f.method, "bootstrap, bca");
    assert_int_equal(f.n, N / 4);
}

/* Clusters of different sizes, all of one size class drawn: nothing is written past. */
static void uneven_clusters(void **state)
{
    (void)state;
    struct az_bootstrap_of of = setup();
    struct az_bootstrap b;
    for (size_t i = 0; i < N; i++)
        cluster[i] = i < 100 ? 1 : i;
    of.cluster = cluster;
    assert_int_equal(az_bootstrap(&of, &b), 0);
    assert_int_equal(b.clusters, 21);
}

static void undefined(void **state)
{
    (void)state;
    struct az_bootstrap_of of = setup();
    struct az_bootstrap b;
    of.figure = strange;
    assert_int_equal(az_bootstrap(&of, &b), AZ_ENOENT); /* on half of the draws */
    of.figure = mean;
    of.n = 1;
    assert_int_equal(az_bootstrap(&of, &b), AZ_ENOENT);
    of.n = 0;
    assert_int_equal(az_bootstrap(&of, &b), AZ_ENOENT);

    of = setup(); /* a figure that never moves: no BCa, an interval of a point */
    for (size_t i = 0; i < N; i++)
        x[i] = 2;
    assert_int_equal(az_bootstrap(&of, &b), 0);
    struct az_figure f = az_bootstrap_figure(&b);
    assert_string_equal(f.method, "bootstrap, percentile");
    assert_true(f.low == 2 && f.high == 2);
}

static void out_of_memory(void **state)
{
    (void)state;
    struct az_bootstrap_of of = setup();
    struct az_bootstrap b;
    of.draws = 50;
    for (int nth = 1, r = -1; r < 0; nth++) {
        az_fault_alloc(nth);
        r = az_bootstrap(&of, &b);
        az_fault_alloc(0);
        assert_true((r == 0 || r == AZ_ENOMEM) && nth < 20);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clusters_and_strata),
        cmocka_unit_test(uneven_clusters),
        cmocka_unit_test(undefined),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
