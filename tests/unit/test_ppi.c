#include <math.h>

#include "core/mem.h"
#include "core/rng.h"
#include "statistics/interval/ppi.h"
#include "tests/unit/unit.h"

enum { N = 60, REST = 300 };

static double y[N], p[N], w[N], rest[REST];
static uint64_t own[N], others[REST];

static void draw(uint64_t seed)
{
    struct az_rng rng = az_rng(seed);
    for (size_t i = 0; i < N; i++) {
        p[i] = az_rng_unit(&rng);
        y[i] = az_rng_unit(&rng) < 0.2 + 0.6 * p[i];
        w[i] = 1;
        own[i] = i;
    }
    for (size_t i = 0; i < REST; i++) {
        rest[i] = az_rng_unit(&rng);
        others[i] = N + i;
    }
}

static struct az_ppi_data data(void)
{
    return (struct az_ppi_data){N, y, p, NULL, NULL, REST, rest, NULL};
}

/* One item a cluster and weight 1: the published estimate; its variance, but for
 * small-sample factors. */
static void like_the_published(void **state)
{
    (void)state;
    draw(1);
    struct az_ppi_data d = data();
    const double lambdas[] = {0, 0.5, 1, NAN};
    for (size_t i = 0; i < AZ_LEN(lambdas); i++) {
        struct az_ppi a;
        struct az_ppi_fit b;
        assert_true(az_ppi_published(&d, lambdas[i], &a));
        assert_int_equal(az_ppi_fit(&d, isnan(lambdas[i]) ? a.lambda : lambdas[i], &b), 0);
        assert_true(fabs(a.estimate - b.estimate) < 1e-12);
        assert_true(b.variance > a.se * a.se && b.variance < a.se * a.se * 1.08);
        assert_true(fabs(b.kish - N) < 1e-9);
        if (isnan(lambdas[i])) { /* the same but for which variance divides */
            assert_int_equal(az_ppi_fit(&d, NAN, &b), 0);
            assert_true(fabs(a.lambda - b.lambda) < 0.1);
        }
    }
}

/* The order of items changes nothing but last bits; an item thrice in a cluster of its
 * own is one item of weight 3; a tuned lambda is never worse than 0 or 1. */
static void weights_and_clusters(void **state)
{
    (void)state;
    static double y3[3 * N], p3[3 * N];
    static uint64_t c3[3 * N];
    struct az_ppi_fit a, b, zero, one;
    draw(2);
    struct az_ppi_data d = data();
    for (size_t i = 0; i < N; i++)
        w[i] = i % 2 ? 3 : 1;
    d.w = w;
    d.cluster = own;
    d.cluster_rest = others;
    assert_int_equal(az_ppi_fit(&d, NAN, &a), 0);
    assert_int_equal(az_ppi_fit(&d, 0, &zero), 0);
    assert_int_equal(az_ppi_fit(&d, 1, &one), 0);
    assert_true(a.lambda > 0 && a.lambda < 1);
    assert_true(a.variance < zero.variance && a.variance < one.variance * 1.02);

    struct az_ppi_data t = d;
    t.n = 0;
    t.w = NULL;
    t.y = y3;
    t.predicted = p3;
    t.cluster = c3;
    for (size_t i = 0; i < N; i++) {
        for (size_t k = 0; k < (i % 2 ? 3u : 1u); k++, t.n++) {
            y3[t.n] = y[i];
            p3[t.n] = p[i];
            c3[t.n] = own[i];
        }
    }
    assert_int_equal(az_ppi_fit(&t, NAN, &b), 0);
    assert_int_equal(b.clusters, N);
    assert_true(fabs(a.estimate - b.estimate) < 1e-12 && fabs(a.variance - b.variance) < 1e-12);

    /* a cluster in both: its errors cancel or add, and that is seen */
    for (size_t i = 0; i < N; i++)
        others[i] = own[i];
    assert_int_equal(az_ppi_fit(&d, 1, &b), 0);
    assert_true(b.estimate == one.estimate && fabs(b.variance - one.variance) > 1e-6);
}

static void without(void **state)
{
    (void)state;
    struct az_ppi a;
    struct az_ppi_fit f;
    draw(3);
    struct az_ppi_data d = data();
    d.n_rest = 0;
    assert_false(az_ppi_published(&d, 1, &a));
    assert_int_equal(az_ppi_fit(&d, NAN, &f), 0); /* labels alone */
    assert_true(f.lambda == 0 && f.estimate == f.p_labels);
    d.n = 2;
    assert_int_equal(az_ppi_fit(&d, NAN, &f), AZ_ENOENT);
    d.n = 0;
    assert_false(az_ppi_published(&d, 1, &a));
    assert_int_equal(az_ppi_fit(&d, NAN, &f), AZ_ENOENT);
    az_fault_alloc(1);
    assert_int_equal(az_ppi_fit(&d, NAN, &f), AZ_ENOMEM);
    az_fault_alloc(0);
}

static void figures(void **state)
{
    (void)state;
    struct az_ppi_fit f = {.estimate = 0.9,
                           .variance = 0.0009,
                           .lambda = 0.5,
                           .n = 100,
                           .clusters = 100,
                           .kish = 100,
                           .df = 99};
    struct az_figure rate = az_ppi_figure(&f, true, "ppi++");
    struct az_figure mean = az_ppi_figure(&f, false, "ppi++");
    assert_true(fabs(mean.high - 0.9 - 2.0303 * 0.03) < 1e-4);
    assert_true(rate.high < 0.95 && rate.low < mean.low); /* leans to the middle */
    f.skew = 0.1; /* a long side above: further up, less far down */
    struct az_figure skewed = az_ppi_figure(&f, false, "ppi++");
    assert_true(skewed.high > mean.high && skewed.low > mean.low);
    assert_true(skewed.low < 0.9 && skewed.high < 0.99);
    f.estimate = 1.02; /* a rate cannot be that, and is not shown so */
    rate = az_ppi_figure(&f, true, "ppi++");
    assert_true(rate.value == 1 && rate.high == 1 && rate.low < 1 && rate.low > 0.9);
    f.estimate = 1;
    f.variance = 0;
    rate = az_ppi_figure(&f, true, "ppi++");
    assert_true(rate.high == 1 && rate.low < 0.97 && rate.low > 0.9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(like_the_published),
        cmocka_unit_test(weights_and_clusters),
        cmocka_unit_test(without),
        cmocka_unit_test(figures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
