#include <math.h>

#include "core/error.h"
#include "core/mem.h"
#include "core/rng.h"
#include "statistics/guarantee/conformal.h"
#include "tests/unit/unit.h"

enum { N = 200, LABELS = 3 };

static double p[N * LABELS];
static int32_t truth[N];
static uint64_t cluster[N];

static void draw(struct az_rng *rng, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        double a = az_rng_unit(rng), b = az_rng_unit(rng), u = az_rng_unit(rng);
        double low = AZ_MIN(a, b), high = AZ_MAX(a, b);
        double row[] = {low * low, high * high - low * low, 1 - high * high};
        for (size_t k = 0; k < LABELS; k++)
            p[i * LABELS + k] = row[k];
        truth[i] = u < row[0] ? 0 : u < row[0] + row[1] ? 1 : 2;
        cluster[i] = i;
    }
}

static void ranks(void **state)
{
    (void)state;
    assert_int_equal(az_conformal_rank(9, 0.1), 9); /* 10 * 0.9 lands above 9 in doubles */
    assert_int_equal(az_conformal_rank(8, 0.1), 9);
    assert_int_equal(az_conformal_least(0.1), 9);
    assert_int_equal(az_conformal_least(0.05), 19);
    assert_int_equal(az_conformal_least(0.5), 1);
    double q, scores[] = {3, 1, 2};
    assert_int_equal(az_conformal_quantile(scores, 3, 0.5, &q), 0);
    assert_true(q == 2 && scores[0] == 3);
    assert_int_equal(az_conformal_quantile(scores, 0, 0.5, &q), 0);
    assert_true(isinf(q));
}

static void sets(void **state)
{
    (void)state;
    struct az_conformal c = {.defined = true, .quantile = 0.7};
    static const double flat[] = {0.34, 0.33, 0.33}, sure[] = {0.05, 0.9, 0.05};
    static const double low[] = {0.26, 0.25, 0.25};
    assert_int_equal(az_conformal_set(&c, flat, 3), 7);
    assert_int_equal(az_conformal_set(&c, sure, 3), 2);
    assert_int_equal(az_conformal_set(&c, low, 3), 1); /* never empty */
    c.defined = false;
    assert_int_equal(az_conformal_set(&c, sure, 3), 7);
}

static void too_few(void **state)
{
    (void)state;
    struct az_rng rng = az_rng(1);
    struct az_conformal c;
    draw(&rng, N);
    for (size_t i = 0; i < N; i++)
        cluster[i] = i / 20; /* ten draws only */
    struct az_conformal_data d = {N, LABELS, p, NULL, truth, cluster};
    assert_int_equal(az_conformal_fit(&d, 0.05, 1, &c), 0);
    assert_false(c.defined);
    assert_int_equal(c.n, 10);
    assert_int_equal(c.needed, 19);
    assert_non_null(c.reason);
    assert_true(c.size == LABELS && c.single == 0);
    for (size_t i = 0; i < N; i++)
        truth[i] = -1;
    assert_int_equal(az_conformal_fit(&d, 0.05, 1, &c), 0);
    assert_true(!c.defined && c.n == 0 && c.size == 0);
}

/* Over many draws the set holds the true label in 1 - alpha of the items, and
 * little more. */
static void promise_is_kept(void **state)
{
    (void)state;
    enum { DRAWS = 300, CALIBRATION = 60 };
    struct az_rng rng = az_rng(5);
    int64_t held = 0, all = 0;
    struct az_conformal_data d = {N, LABELS, p, NULL, truth, NULL};
    for (int i = 0; i < DRAWS; i++) {
        struct az_conformal c;
        draw(&rng, N);
        d.n = CALIBRATION;
        assert_int_equal(az_conformal_fit(&d, 0.1, 1, &c), 0);
        assert_true(c.defined && c.size >= 1 && c.single >= 0);
        for (size_t j = CALIBRATION; j < N; j++, all++)
            held += az_conformal_set(&c, p + j * LABELS, LABELS) >> truth[j] & 1;
    }
    double rate = (double)held / (double)all;
    assert_true(rate > 0.895 && rate < 0.93);
}

static void out_of_memory(void **state)
{
    (void)state;
    struct az_rng rng = az_rng(2);
    struct az_conformal c;
    draw(&rng, N);
    struct az_conformal_data d = {N, LABELS, p, NULL, truth, cluster};
    for (int nth = 1, r = -1; r < 0; nth++) {
        az_fault_alloc(nth);
        r = az_conformal_fit(&d, 0.1, 1, &c);
        az_fault_alloc(0);
        assert_true((r == 0 || r == AZ_ENOMEM) && nth < 20);
    }
    double q;
    az_fault_alloc(1);
    assert_int_equal(az_conformal_quantile(p, 9, 0.1, &q), AZ_ENOMEM);
    az_fault_alloc(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranks),         cmocka_unit_test(sets),
        cmocka_unit_test(too_few),       cmocka_unit_test(promise_is_kept),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
