#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/error.h"
#include "core/mem.h"
#include "core/rng.h"
#include "statistics/agreement/votes.h"

enum { JUDGES = 4, ITEMS = 4000 };

/* Each judge errs with probability 1/2; with probability `same` it errs with
 * the first judge, so that the correlation with it is `same`. */
static struct az_figure simulate(double same, int per_cluster, struct az_votes *v)
{
    struct az_rng rng = az_rng(11);
    assert_int_equal(az_votes_init(v, JUDGES), 0);
    double errors[JUDGES] = {0};
    for (int i = 0; i < ITEMS; i++) {
        if (i % per_cluster == 0) {
            errors[0] = az_rng_unit(&rng) < 0.5;
            for (int j = 1; j < JUDGES; j++)
                errors[j] = az_rng_unit(&rng) < same ? errors[0] : az_rng_unit(&rng) < 0.5;
        }
        az_votes_add(v, (uint64_t)(i / per_cluster), errors);
    }
    return az_votes_figure(v);
}

static void independent_judges_count_in_full(void **state)
{
    (void)state;
    struct az_votes v;
    struct az_figure f = simulate(0, 1, &v);
    assert_true(f.defined && f.n == ITEMS);
    assert_true(fabs(f.value - JUDGES) < 0.15);
    assert_true(f.has_interval && f.low <= f.value && f.value <= f.high && f.high <= JUDGES);
    az_votes_release(&v);
}

static void copies_count_once(void **state)
{
    (void)state;
    struct az_votes v;
    struct az_figure f = simulate(1, 1, &v);
    assert_true(fabs(f.value - 1) < 1e-12);
    az_votes_release(&v);
}

/* Correlations: `same` with the first judge, its square between the others. */
static void between(void **state)
{
    (void)state;
    struct az_votes v;
    double r = (0.6 + 0.36) / 2;
    struct az_figure f = simulate(0.6, 1, &v);
    double want = JUDGES / (1 + (JUDGES - 1) * r), half = f.high - f.value;
    assert_true(fabs(f.value - want) < 0.1);
    assert_true(f.low < want && want < f.high);
    az_votes_release(&v);

    /* The same answers ten times over are no more items. */
    f = simulate(0.6, 10, &v);
    assert_true(f.high - f.value > 2 * half);
    az_votes_release(&v);
}

static void errors_that_repel_give_no_more_than_all(void **state)
{
    (void)state;
    struct az_votes v;
    assert_int_equal(az_votes_init(&v, 2), 0);
    for (int i = 0; i < 100; i++)
        az_votes_add(&v, (uint64_t)i, (double[]){i % 2, 1 - i % 2});
    assert_true(az_votes_figure(&v).value == 2);
    az_votes_release(&v);
}

static void who_is_left_out(void **state)
{
    (void)state;
    struct az_votes v;
    assert_int_equal(az_votes_init(&v, 4), 0);
    assert_string_equal(az_votes_figure(&v).reason, "no item with gold");
    /* never wrong; never there; two that differ */
    for (int i = 0; i < 60; i++)
        az_votes_add(&v, (uint64_t)i, (double[]){0, -1, i % 2, i % 3 == 0});
    assert_true(az_votes_left_out(&v, 0) && az_votes_left_out(&v, 1));
    assert_false(az_votes_left_out(&v, 2) || az_votes_left_out(&v, 3));
    struct az_figure f = az_votes_figure(&v);
    assert_true(f.defined && f.value <= 2 && f.value > 1.5);
    az_votes_release(&v);

    assert_int_equal(az_votes_init(&v, 2), 0);
    for (int i = 0; i < 10; i++)
        az_votes_add(&v, 1, (double[]){0, i % 2});
    assert_string_equal(az_votes_figure(&v).reason, "fewer than two judges whose errors vary");
    az_votes_release(&v);

    assert_int_equal(az_votes_init(&v, 2), 0);
    for (int i = 0; i < 40; i++) /* taking turns */
        az_votes_add(&v, 1, (double[]){i % 2 ? -1 : i % 4, i % 2 ? (i + 1) % 4 : -1});
    assert_string_equal(az_votes_figure(&v).reason, "no two judges answered the same items");
    az_votes_release(&v);
}

static void few_clusters_have_no_interval(void **state)
{
    (void)state;
    struct az_votes v;
    assert_int_equal(az_votes_init(&v, 2), 0);
    for (int i = 0; i < 40; i++)
        az_votes_add(&v, 7, (double[]){i % 2, i % 3 == 0});
    struct az_figure f = az_votes_figure(&v);
    assert_true(f.defined && !f.has_interval);
    az_votes_release(&v);

    assert_int_equal(az_votes_init(&v, 2), 0);
    for (int i = 0; i < 40; i++) /* four clusters: too few groups */
        az_votes_add(&v, (uint64_t)i % 4, (double[]){i % 2, i % 3 == 0});
    f = az_votes_figure(&v);
    assert_true(f.defined && !f.has_interval);
    az_votes_release(&v);
}

static void votes_without_memory(void **state)
{
    (void)state;
    struct az_votes v;
    for (int nth = 1; nth <= 2; nth++) {
        az_fault_alloc(nth);
        assert_int_equal(az_votes_init(&v, 3), AZ_ENOMEM);
        assert_null(v.each);
    }
    az_fault_alloc(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(independent_judges_count_in_full),
        cmocka_unit_test(copies_count_once),
        cmocka_unit_test(between),
        cmocka_unit_test(errors_that_repel_give_no_more_than_all),
        cmocka_unit_test(who_is_left_out),
        cmocka_unit_test(few_clusters_have_no_interval),
        cmocka_unit_test(votes_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
