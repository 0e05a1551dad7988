#include <math.h>
#include <string.h>

#include "core/error.h"
#include "core/mem.h"
#include "core/rng.h"
#include "statistics/guarantee/pick.h"
#include "statistics/guarantee/risk.h"
#include "tests/unit/unit.h"

enum { ITEMS_MAX = 4096 };

static double score[ITEMS_MAX], loss[ITEMS_MAX];
static uint64_t cluster[ITEMS_MAX];

/* One letter an item, by falling score: '.' right, 'x' wrong, '|' the next has
 * the same score as the one before. "40." is forty right ones. */
static size_t scene(const char *text)
{
    size_t n = 0;
    double at = 1;
    bool same = false;
    for (const char *p = text; *p; p++) {
        char *end;
        size_t times = (size_t)strtoul(p, &end, 10);
        if (end == p)
            times = 1;
        p = end;
        if (*p == '|') {
            same = true;
            continue;
        }
        for (size_t i = 0; i < times; i++, same = false) {
            at = same ? at : at - 0x1p-12;
            score[n] = at;
            cluster[n] = n;
            loss[n++] = *p == 'x';
        }
    }
    return n;
}

/* alpha = delta = 0.05: tests stand at 59, 93, 124, 153, 181 … */
static void table(void **state)
{
    (void)state;
    static const struct {
        const char *name, *items;
        int64_t kept; /* 0: refused */
        bool all;
    } cases[] = {
        {"58 are too few", "58.", 0, false},
        {"59 right ones hold", "59.", 59, true},
        {"an error among the first 59", "58.x100.", 0, false},
        {"the 60th may be wrong once 93 are there", "59.x33.", 93, true},
        {"until then all that holds is 59", "59.x32.", 59, false},
        {"two errors by 93 end it", "59.2x300.", 59, false},
        {"nothing after the first failure", "59.2x3000.", 59, false},
        {"a last test at the end", "80.", 80, true},
        {"a tie is taken whole", "58.|2.", 60, true},
        {"a tie is not split to its advantage", "58.|.|x", 0, false},
        {"nobody", "", 0, false},
    };
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        struct az_risk r;
        size_t n = scene(cases[i].items);
        assert_int_equal(az_risk_fit(score, loss, cluster, n, 0.05, 0.05, 1, &r), 0);
        if (r.kept != (cases[i].kept > 0) || r.n_kept != cases[i].kept || r.all != cases[i].all)
            fail_msg("%s: kept %d (%d)", cases[i].name, (int)r.n_kept, r.all);
        assert_int_equal(r.least, 59);
        assert_int_equal(r.n, n);
        assert_true(r.kept ? !r.reason : r.reason != NULL);
        if (r.kept)
            assert_true(az_risk_keeps(&r, score[r.n_kept - 1]));
        if (r.kept && !r.all)
            assert_false(az_risk_keeps(&r, score[r.n_kept]));
        assert_int_equal(az_risk_keeps(&r, -100), r.all);
    }
}

static void refusals_say_how_many(void **state)
{
    (void)state;
    struct az_risk r;
    size_t n = scene("30.");
    az_risk_fit(score, loss, NULL, n, 0.05, 0.05, 1, &r);
    assert_false(r.kept);
    assert_true(r.needed >= 59 && r.needed < 200);

    n = scene("20.x20.x20.x"); /* a risk of 5 % and no order: no end of labels */
    az_risk_fit(score, loss, NULL, n, 0.04, 0.05, 1, &r);
    assert_false(r.kept);
    int64_t hard = r.needed;
    n = scene("x10.x10.x10.x10.x10.x10.");
    az_risk_fit(score, loss, NULL, n, 0.05, 0.05, 1, &r);
    assert_int_equal(r.needed, 0);
    assert_string_equal(r.reason,
                        "the most confident labelled items are wrong more often than is asked for");
    n = scene("58.x58.20x");
    az_risk_fit(score, loss, NULL, n, 0.05, 0.05, 1, &r);
    assert_true(r.needed > r.n && (hard == 0 || r.needed < hard));
}

static void figures(void **state)
{
    (void)state;
    struct az_risk r;
    size_t n = scene("59.x33.10x");
    az_risk_fit(score, loss, NULL, n, 0.05, 0.05, 1, &r);
    struct az_figure f = az_risk_coverage(&r);
    assert_true(fabs(f.value - 93.0 / 103.0) < 1e-12 && f.has_interval);
    f = az_risk_seen(&r, 0.05);
    assert_true(fabs(f.value - 1.0 / 93.0) < 1e-12 && f.low == 0);
    assert_true(f.high <= 0.05 && f.high > 0.049);
    n = scene("x");
    az_risk_fit(score, loss, NULL, n, 0.05, 0.05, 1, &r);
    assert_true(az_risk_coverage(&r).value == 0);
    assert_false(az_risk_seen(&r, 0.05).defined);
    az_risk_fit(score, loss, NULL, 0, 0.05, 0.05, 1, &r);
    assert_false(az_risk_coverage(&r).defined);
}

/* 120 items that are 40 draws: too few, whatever they say. */
static void clusters_are_one_draw(void **state)
{
    (void)state;
    struct az_risk r;
    size_t n = scene("120.");
    for (size_t i = 0; i < n; i++)
        cluster[i] = i / 3;
    az_risk_fit(score, loss, cluster, n, 0.05, 0.05, 1, &r);
    assert_int_equal(r.n, 40);
    assert_false(r.kept);

    uint32_t picked[120];
    size_t got, first = 0;
    for (uint64_t seed = 0; seed < 300; seed++) {
        assert_int_equal(az_pick_one(cluster, NULL, n, seed, picked, &got), 0);
        assert_int_equal(got, 40);
        for (size_t i = 0; i < got; i++)
            assert_int_equal(picked[i] / 3, i);
        first += picked[7] % 3 == 0;
    }
    assert_true(first > 70 && first < 130); /* each of three as often */
}

/* Losses between 0 and 1 are kept by the inequalities, with more labels. */
static void losses_between(void **state)
{
    (void)state;
    struct az_risk r;
    size_t n = scene("400.");
    for (size_t i = 0; i < n; i++)
        loss[i] = i % 20 == 0 ? 0.25 : 0;
    az_risk_fit(score, loss, NULL, n, 0.1, 0.05, 1, &r);
    assert_string_equal(r.test, "hoeffding-bentkus");
    assert_true(r.kept && r.all && fabs(r.loss - 5) < 1e-9);
    assert_false(az_risk_seen(&r, 0.05).defined && az_risk_seen(&r, 0.05).high < 0.0125);
}

/* Two tiers: an item is tested once, where it stops, on the tier's own fold. */
static void cascade(void **state)
{
    (void)state;
    static double second[ITEMS_MAX], second_loss[ITEMS_MAX];
    struct az_risk r[2];
    size_t n = scene("800.800x");
    for (size_t i = 0; i < n; i++) {
        second[i] = i % 2 ? 1 : 0;
        second_loss[i] = !(i % 2);
    }
    struct az_risk_tier tiers[] = {{score, loss}, {second, second_loss}};
    assert_int_equal(az_risk_cascade(tiers, 2, NULL, n, 0.1, 0.1, 3, r), 0);
    assert_true(r[0].kept && r[1].kept);
    assert_int_equal(r[0].least, 29); /* at 0.05 */
    assert_true(r[0].n > 700 && r[0].n < 900);
    assert_true(r[1].n > 300 && r[1].n < 500); /* the half that the first left */
    assert_true(r[1].threshold == 1 && r[1].loss == 0);
    for (int nth = 1, e = -1; e < 0; nth++) {
        az_fault_alloc(nth);
        e = az_risk_cascade(tiers, 2, NULL, n, 0.1, 0.1, 3, r);
        az_fault_alloc(0);
        assert_true((e == 0 || e == AZ_ENOMEM) && nth < 20);
    }
}

/* The promise itself: risk above alpha in at most delta of the draws. The score
 * orders items by risk; the true risk above a threshold t in [0, 1] is (1 - t)^2 / 6. */
static void promise_is_kept(void **state)
{
    (void)state;
    enum { DRAWS = 400, N = 250 };
    struct az_rng rng = az_rng(7);
    int broken = 0, refused = 0;
    double coverage = 0;
    for (int d = 0; d < DRAWS; d++) {
        struct az_risk r;
        for (size_t i = 0; i < N; i++) {
            score[i] = az_rng_unit(&rng);
            loss[i] = az_rng_unit(&rng) < 0.5 * (1 - score[i]) * (1 - score[i]);
        }
        az_risk_fit(score, loss, NULL, N, 0.1, 0.1, 1, &r);
        refused += !r.kept;
        broken += r.kept && (r.all ? 1 : (1 - r.threshold) * (1 - r.threshold)) / 6 > 0.1;
        coverage += r.kept ? 1 - r.threshold : 0;
    }
    assert_true(broken <= DRAWS * (0.1 + 2 * sqrt(0.1 * 0.9 / DRAWS)));
    assert_true(refused < DRAWS / 20);
    assert_true(coverage / DRAWS > 0.5); /* of the 0.77 that an oracle keeps */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table),           cmocka_unit_test(refusals_say_how_many),
        cmocka_unit_test(figures),         cmocka_unit_test(clusters_are_one_draw),
        cmocka_unit_test(losses_between),  cmocka_unit_test(cascade),
        cmocka_unit_test(promise_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
