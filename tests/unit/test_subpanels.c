#include "statistics/agreement/subpanels.h"

#include <math.h>

#include "core/mem.h"
#include "core/rng.h"
#include "tests/unit/unit.h"

/* Pairs by judges of known accuracy; each errs on its own. */
static int simulate(struct az_sample *s, size_t n, const double *right, size_t n_judges,
                    uint64_t seed)
{
    struct az_rng rng = az_rng(seed);
    az_sample_init(s, n_judges, 2, AZ_ANSWERS_EXCHANGEABLE);
    for (size_t i = 0; i < n; i++) {
        size_t truth = az_rng_next(&rng) & 1;
        if (az_sample_item(s, i, 2) < 0)
            return AZ_ENOMEM;
        for (size_t j = 0; j < n_judges; j++) {
            size_t label = az_rng_unit(&rng) < right[j] ? truth : 1 - truth;
            if (az_sample_vote(s, j, label) < 0)
                return AZ_ENOMEM;
        }
        az_sample_truth(s, truth);
    }
    return 0;
}

/* Nothing to choose between coins: the best looks good, and held out it does not. */
static void winners_curse(void **state)
{
    static const double right[10] = {0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5};
    static const double cost[10] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    double apparent = 0, held_out = 0;
    enum { RUNS = 10 };
    for (uint64_t seed = 1; seed <= RUNS; seed++) {
        struct az_sample s;
        struct az_subpanels p;
        assert_int_equal(simulate(&s, 100, right, 10, seed), 0);
        assert_int_equal(az_subpanels(&s, cost, 1, &p), 0);
        assert_int_equal(p.n_panels, 1023);
        const struct az_frontier_step *last = &p.frontier[p.n_frontier - 1];
        apparent += p.panels[last->panel].accuracy / RUNS;
        held_out += last->held_out.value / RUNS;
        assert_true(last->held_out.has_interval);
        az_subpanels_release(&p);
        az_sample_release(&s);
    }
    if (apparent < 0.6 || fabs(held_out - 0.5) > 0.05)
        fail_msg("apparent %g, held out %g", apparent, held_out);
}

/* One good judge, dear; three fair ones, cheap. */
static void frontier_and_path(void **state)
{
    static const double right[] = {0.7, 0.95, 0.7, 0.7}, cost[] = {1, 10, 1, 1};
    struct az_sample s;
    struct az_subpanels p;
    assert_int_equal(simulate(&s, 2000, right, 4, 7), 0);
    assert_int_equal(az_subpanels(&s, cost, 1, &p), 0);
    assert_null(p.reason);
    assert_int_equal(p.n, 2000);
    assert_int_equal(p.n_panels, 15);
    assert_int_equal(p.path[0].judge, 1);
    assert_true(fabs(p.path[0].accuracy - 0.95) < 0.02);
    assert_true(fabs(p.path[0].held_out.value - p.path[0].accuracy) < 1e-12); /* always it */
    for (size_t i = 1; i < p.n_frontier; i++) {
        const struct az_subpanel *a = &p.panels[p.frontier[i - 1].panel],
                                 *b = &p.panels[p.frontier[i].panel];
        assert_true(a->cost < b->cost && a->accuracy < b->accuracy);
    }
    assert_true(p.panels[p.frontier[0].panel].cost == 1);
    const struct az_subpanel *best = &p.panels[p.frontier[p.n_frontier - 1].panel];
    assert_true(best->cost >= 10 && best->accuracy >= 0.93);
    az_subpanels_release(&p);
    az_sample_release(&s);
}

static void many_judges_take_a_path(void **state)
{
    enum { JUDGES = 20 };
    double right[JUDGES], cost[JUDGES];
    struct az_sample s;
    struct az_subpanels p;
    for (size_t j = 0; j < JUDGES; j++) {
        right[j] = 0.55 + 0.02 * (double)j;
        cost[j] = 1;
    }
    assert_int_equal(simulate(&s, 300, right, JUDGES, 3), 0);
    assert_int_equal(az_subpanels(&s, cost, 1, &p), 0);
    assert_int_equal(p.n_panels, JUDGES + JUDGES - 1);
    assert_int_equal(p.n_path, JUDGES);
    assert_true(p.path[0].judge >= JUDGES - 3);
    assert_true(p.path[4].held_out.value > 0.9);
    az_subpanels_release(&p);
    az_sample_release(&s);
}

/* A label of weight 3 counts as three of weight 1. */
static void weights(void **state)
{
    static const double cost[] = {1};
    struct az_sample s;
    struct az_subpanels p;
    az_sample_init(&s, 1, 2, AZ_ANSWERS_NAMED);
    for (size_t i = 0; i < 40; i++) {
        assert_int_equal(az_sample_item(&s, i, 2), 0);
        assert_int_equal(az_sample_vote(&s, 0, 0), 0);
        az_sample_truth(&s, i % 2);
        az_sample_weight(&s, i % 2 ? 3 : 1);
    }
    assert_int_equal(az_subpanels(&s, cost, 1, &p), 0);
    assert_true(fabs(p.panels[0].accuracy - 0.25) < 1e-12);
    assert_true(fabs(p.path[0].held_out.value - 0.25) < 1e-12);
    az_subpanels_release(&p);
    az_sample_release(&s);
}

static void says_why_not(void **state)
{
    static const double right[] = {0.9}, cost[] = {1};
    struct az_sample s;
    struct az_subpanels p;
    assert_int_equal(simulate(&s, 19, right, 1, 1), 0);
    assert_int_equal(az_subpanels(&s, cost, 1, &p), 0);
    assert_non_null(p.reason);
    assert_int_equal(p.n_panels, 0);
    for (size_t i = 0; i < s.n_items; i++)
        s.clusters[i] = 1;
    assert_int_equal(az_subpanels(&s, cost, 1, &p), 0);
    assert_non_null(p.reason);
    az_sample_release(&s);
    az_sample_init(&s, 0, 2, AZ_ANSWERS_NAMED);
    assert_int_equal(az_subpanels(&s, cost, 1, &p), 0);
    assert_non_null(p.reason);
    az_sample_release(&s);
}

static void without_memory(void **state)
{
    static const double right[] = {0.9, 0.6}, cost[] = {1, 1};
    struct az_sample s;
    assert_int_equal(simulate(&s, 40, right, 2, 1), 0);
    int r = AZ_ENOMEM;
    for (int nth = 1; r == AZ_ENOMEM; nth++) {
        struct az_subpanels p = {0};
        az_fault_alloc(nth);
        r = az_subpanels(&s, cost, 1, &p);
        az_fault_alloc(0);
        az_subpanels_release(&p);
        assert_true(nth < 1000);
    }
    assert_int_equal(r, 0);
    az_sample_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(winners_curse),
        cmocka_unit_test(frontier_and_path),
        cmocka_unit_test(many_judges_take_a_path),
        cmocka_unit_test(weights),
        cmocka_unit_test(says_why_not),
        cmocka_unit_test(without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
