#include <math.h>
#include <string.h>

#include "core/mem.h"
#include "core/rng.h"
#include "statistics/interval/choose.h"
#include "statistics/interval/oua.h"
#include "tests/unit/interval_cells.h"
#include "tests/unit/unit.h"

enum { N = 600 };

static double judged[N], truth[N], w[N];
static bool labelled[N];
static uint64_t cluster[N];

static struct az_mean_of setup(size_t n_labels, double p)
{
    struct az_rng rng = az_rng(9);
    for (size_t i = 0; i < N; i++) {
        truth[i] = az_rng_unit(&rng) < p;
        judged[i] = 0.2 + 0.6 * truth[i] + 0.4 * az_rng_unit(&rng) * (1 - 2 * truth[i]);
        labelled[i] = i < n_labels;
        cluster[i] = i / 3;
        w[i] = 1 + i % 2;
    }
    return (struct az_mean_of){.n = N,
                               .judged = judged,
                               .truth = truth,
                               .labelled = labelled,
                               .rate = true,
                               .same_scale = true};
}

static void want(const struct az_mean_of *of, const char *method, bool judge_error)
{
    struct az_chosen c;
    assert_int_equal(az_choose_mean(of, &c), 0);
    assert_true(c.figure.defined && c.figure.has_interval);
    assert_string_equal(c.figure.method, method);
    assert_int_equal(c.judge_error, judge_error);
    assert_non_null(c.why);
    assert_true(c.figure.low <= c.figure.value && c.figure.value <= c.figure.high);
}

static void rates(void **state)
{
    (void)state;
    struct az_mean_of of = setup(0, 0.4);
    want(&of, "t", false); /* the panel's shares, halves among them */
    of = setup(10, 0.4);
    want(&of, "clopper-pearson", true);
    of = setup(100, 0.02);
    want(&of, "clopper-pearson", true);
    of = setup(N, 0.4);
    want(&of, "clopper-pearson", true);
    of = setup(100, 0.4);
    want(&of, "ppi++", true);
    of.cluster = cluster;
    want(&of, "wilson by cluster", true); /* 34 clusters */
    of.w = w;
    want(&of, "wilson, weighted", true);
    of = setup(300, 0.4);
    of.cluster = cluster;
    of.w = w;
    want(&of, "ppi++", true);
    of.same_scale = false;
    want(&of, "oua, platt", true);
    of = setup(550, 0.4);
    of.same_scale = false;
    want(&of, "oua, isotonic", true);
}

static void numbers(void **state)
{
    (void)state;
    struct az_mean_of of = setup(100, 0.4);
    of.rate = false;
    for (size_t i = 0; i < N; i++)
        truth[i] = 0.5 * truth[i] + 0.1 * judged[i];
    want(&of, "ppi++", true);
    of.same_scale = false;
    want(&of, "oua, platt", true);
    of = setup(20, 0.4);
    of.rate = false;
    want(&of, "t", true);
    of.w = w;
    want(&of, "t, weighted", true);
}

static void elsewhere(void **state)
{
    (void)state;
    struct az_mean_of of = setup(200, 0.4);
    struct az_rng rng = az_rng(1);
    of.elsewhere = true;
    want(&of, "t", false); /* shares have no sensitivity */
    for (size_t i = 0; i < N; i++)
        judged[i] = az_rng_unit(&rng) < 0.9 ? truth[i] : 1 - truth[i];
    want(&of, "rogan-gladen", true);
    for (size_t i = 0; i < N; i++)
        judged[i] = az_rng_unit(&rng) < 0.5;
    want(&of, "wilson", false);
    of = setup(200, 0.02);
    of.elsewhere = true;
    for (size_t i = 0; i < N; i++)
        judged[i] = truth[i];
    want(&of, "wilson", false); /* too few yes to know the sensitivity by */
}

/* Labels that all say the same have no map from another scale. */
static void no_map(void **state)
{
    (void)state;
    struct az_oua_data d = {N, judged, truth, labelled, NULL, NULL};
    struct az_oua o;
    setup(100, 0);
    assert_int_equal(az_oua_fit(&d, 1, &o), AZ_ENOENT);
    setup(10, 0.5);
    assert_int_equal(az_oua_fit(&d, 1, &o), AZ_ENOENT);
    setup(100, 0.5);
    for (size_t i = 0; i < N; i++)
        judged[i] = (double)(i % 7);
    assert_int_equal(az_oua_fit(&d, 1, &o), 0);
    assert_true(o.oracle > 0 && o.df > 10);
    double both = o.oracle + o.items, mean = 0;
    for (size_t i = 0; i < 100; i++)
        mean += truth[i] / 100;
    assert_true(fabs(o.estimate - mean) < 0.02); /* scores that say nothing */
    assert_true(fabs(both / (mean * (1 - mean) / 100) - 1) < 0.5);
}

static void nothing(void **state)
{
    (void)state;
    struct az_mean_of of = setup(0, 0.5);
    struct az_chosen c;
    of.n = 0;
    assert_int_equal(az_choose_mean(&of, &c), 0);
    assert_false(c.figure.defined);
    assert_non_null(c.figure.reason);
}

static void out_of_memory(void **state)
{
    (void)state;
    for (int which = 0; which < 3; which++) {
        for (int nth = 1, r = -1; r < 0; nth++) {
            struct az_mean_of of = setup(100, 0.4);
            struct az_chosen c;
            of.same_scale = which != 1;
            of.elsewhere = which == 2;
            az_fault_alloc(nth);
            r = az_choose_mean(&of, &c);
            az_fault_alloc(0);
            assert_true((r == 0 || r == AZ_ENOMEM) && nth < 300);
        }
    }
}

/* Quick forms of bench/intervals.c: 200 runs a cell, and what they must hold. */
static void coverage(void **state)
{
    (void)state;
    enum { RUNS = 200, ITEMS = 500 };
    static const struct cell cells[] = {
        {.world = "cross-fitted", .p = 0.7, .strength = 1, .n_labels = 60, .says = CELL_CROSSFIT},
        {.world = "biased", .p = 0.8, .strength = 1, .n_labels = 100, .says = CELL_FROZEN},
        {.world = "scale", .p = 0.5, .strength = 1, .n_labels = 60, .says = CELL_SCALE},
        {.world = "weighted",
         .p = 0.5,
         .strength = 1,
         .n_labels = 100,
         .says = CELL_FROZEN,
         .weighted = true},
        {.world = "elsewhere",
         .p = 0.3,
         .strength = 1,
         .n_labels = 100,
         .says = CELL_YES_NO,
         .elsewhere = true},
        {.world = "mean",
         .p = 0.6,
         .strength = 1.5,
         .n_labels = 60,
         .says = CELL_FROZEN,
         .numbers = true},
        {.world = "clusters",
         .p = 0.5,
         .strength = 1,
         .n_labels = 240,
         .says = CELL_FROZEN,
         .in_cluster = 4},
    };
    double lowest = 0.95 - 3 * sqrt(0.95 * 0.05 / RUNS); /* one seed of many cells */
    for (size_t i = 0; i < AZ_LEN(cells); i++) {
        struct cell_result r;
        cell_simulate(&cells[i], ITEMS, RUNS, 0, 77 + i, &r);
        for (enum cell_method m = 0; m < CELL_METHODS; m++) {
            const struct cell_tally *t = &r.of[m];
            if (t->runs > t->without && cell_supported(&cells[i], m) && cell_rate(t) < lowest)
                fail_msg("%s, %s: %.3f", cells[i].world, cell_methods[m], cell_rate(t));
        }
        const struct cell_tally *labels = &r.of[CELL_LABELS], *chosen = &r.of[CELL_CHOSEN];
        if (!cells[i].elsewhere && chosen->width > 0.95 * labels->width)
            fail_msg("%s: predictions bring nothing", cells[i].world);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rates),    cmocka_unit_test(numbers), cmocka_unit_test(elsewhere),
        cmocka_unit_test(no_map),   cmocka_unit_test(nothing), cmocka_unit_test(out_of_memory),
        cmocka_unit_test(coverage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
