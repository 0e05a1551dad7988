/* What each judge of a panel does whatever the item, from whole items. */
#include "client/cli/habits.h"

#include <math.h>

#include "core/item.h"
#include "core/mem.h"
#include "core/rng.h"
#include "tests/unit/unit.h"

enum { ITEMS = 400 };

static struct az_panel *panel_of(const char *yaml)
{
    struct az_panel *p = NULL;
    struct az_error err = {0};
    struct az_panel_source source = {0};
    if (az_panel_parse(yaml, "p.yaml", &source, &p, &err) < 0)
        fail_msg("%s", err.what);
    return p;
}

static struct az_ballot ballot(int judge, int order, int sample, int label)
{
    return (struct az_ballot){
        .key = {.judge = judge, .round = 1, .criterion = -1, .order = order, .sample = sample},
        .label = label};
}

static int add(struct az_habits *h, const struct az_panel *p, const char *json,
               const struct az_ballot *v, size_t n)
{
    struct az_item *item = NULL;
    struct az_error err = {0};
    if (az_item_parse(p, az_str(json), 1, &item, &err) < 0)
        return err.code;
    int r = az_habits_add(h, item, (struct az_ballots){v, n}, &err);
    az_item_free(item);
    return r;
}

/* Judge 0 always likes the longer answer, judge 1 its own family, judge 2 the truth. */
static int simulate(struct az_habits *h, const struct az_panel *p, size_t n, bool labelled)
{
    struct az_rng rng = az_rng(5);
    for (size_t i = 0; i < n; i++) {
        char json[512];
        int gold = (int)az_rng_below(&rng, 2), longer = (int)az_rng_below(&rng, 2);
        int own = (int)az_rng_below(&rng, 2);
        const char *texts[] = {"short", "a good deal longer"};
        snprintf(json, sizeof(json),
                 "{\"id\":\"%zu\",\"prompt\":\"%zu\",\"responses\":[\"%s\",\"%s\"],"
                 "\"systems\":[\"%s\",\"%s\"]%s}",
                 i, i, texts[longer == 0], texts[longer == 1], own == 0 ? "Qwen3-8B" : "rival",
                 own == 1 ? "Qwen3-8B" : "rival",
                 !labelled ? ""
                 : gold    ? ",\"gold\":\"B\""
                           : ",\"gold\":\"A\"");
        const struct az_ballot v[] = {
            ballot(0, 0, 0, longer), ballot(0, 1, 0, longer), ballot(1, 0, 0, own),
            ballot(1, 1, 0, own),    ballot(2, 0, 0, gold),   ballot(2, 1, 0, gold),
        };
        int r = add(h, p, json, v, AZ_LEN(v));
        if (r < 0)
            return r;
    }
    return 0;
}

static const char pair[] = "question: {kind: pair, ask: q, ties: false}\n"
                           "judges:\n"
                           "  - {name: long, backend: openai, model: a}\n"
                           "  - {name: own, backend: openai, model: b, family: qwen}\n"
                           "  - {name: true, backend: openai, model: c, family: other}\n";

static void of_pairs(void **state)
{
    AZ_AUTO(panel) p = panel_of(pair);
    AZ_AUTO(habits) h = az_habits_new(p);
    struct az_habit_figures f[3];
    assert_int_equal(simulate(h, p, ITEMS, true), 0);
    for (size_t j = 0; j < 3; j++)
        assert_int_equal(az_habits_figures(h, j, &f[j]), 0);
    assert_true(f[0].verbosity.value > 0.99 && f[0].verbosity.n == ITEMS);
    assert_true(fabs(f[1].verbosity.value) < 0.15);
    assert_true(f[0].verbosity_by_gold && f[1].own_family_by_gold);
    assert_false(f[2].verbosity.defined);                 /* the truth says it all */
    assert_true(fabs(f[1].own_family.value - 0.5) < 0.1); /* all of them, half are due */
    assert_false(f[0].own_family.defined);                /* no family */
    assert_false(f[1].leniency.defined || f[1].within.defined || f[1].scale_mean.defined);
    assert_false(f[1].decisiveness.defined); /* two systems are one pair */
    assert_false(f[1].log_loss.defined);
}

/* Without gold the other judges stand for the truth, and it says so. */
static void of_pairs_without_gold(void **state)
{
    (void)state;
    AZ_AUTO(panel) p = panel_of(pair);
    AZ_AUTO(habits) h = az_habits_new(p);
    struct az_habit_figures f;
    assert_int_equal(simulate(h, p, ITEMS, false), 0);
    assert_int_equal(az_habits_figures(h, 0, &f), 0);
    assert_true(f.verbosity.value > 0.9 && !f.verbosity_by_gold);
    assert_int_equal(az_habits_figures(h, 1, &f), 0);
    assert_true(f.own_family.value > 0.3 && !f.own_family_by_gold);
}

/* Passes everything; asked twice it says the same in 3 of 4 items. */
static void of_labels(void **state)
{
    AZ_AUTO(panel)
    p = panel_of("question: {kind: choice, ask: q, labels: [good, bad], pass: [good]}\n"
                 "judges:\n"
                 "  - {name: kind, backend: openai, model: a, samples: 2}\n");
    AZ_AUTO(habits) h = az_habits_new(p);
    static const double sure[] = {0.8, 0.2};
    for (int i = 0; i < 40; i++) {
        char json[128];
        snprintf(json, sizeof(json), "{\"id\":\"%d\",\"text\":\"t%d\",\"gold\":\"%s\"}", i, i,
                 i % 2 ? "good" : "bad");
        struct az_ballot v[] = {ballot(0, -1, 0, 0), ballot(0, -1, 1, i % 4 == 1 ? 1 : 0)};
        v[0].n_probs = v[1].n_probs = 2;
        v[0].probs = v[1].probs = sure;
        assert_int_equal(add(h, p, json, v, 2), 0);
    }
    struct az_habit_figures f;
    assert_int_equal(az_habits_figures(h, 0, &f), 0);
    assert_true(f.leniency.value == 1); /* a split is left out, the rest passes */
    assert_true(fabs(f.within.value - 0.75) < 1e-12 && f.within.n == 40);
    assert_true(fabs(f.brier.value - (0.5 * 0.08 + 0.5 * 1.28)) < 1e-12);
    assert_true(fabs(f.ece.value - 0.3) < 1e-12);
}

static void of_scores(void **state)
{
    AZ_AUTO(panel)
    p = panel_of("question: {kind: score, ask: q, scale: [1, 5], step: 1, pass: \">= 4\"}\n"
                 "judges: [{name: mild, backend: openai, model: a}]\n");
    AZ_AUTO(habits) h = az_habits_new(p);
    for (int i = 0; i < 20; i++) {
        char json[128];
        struct az_ballot b = ballot(0, -1, 0, AZ_LABEL_NONE);
        snprintf(json, sizeof(json), "{\"id\":\"%d\",\"text\":\"t%d\",\"gold\":%d}", i, i,
                 1 + i % 5);
        b.has_score = true;
        b.score = i % 2 ? 5 : 4;
        assert_int_equal(add(h, p, json, &b, 1), 0);
    }
    struct az_habit_figures f;
    assert_int_equal(az_habits_figures(h, 0, &f), 0);
    assert_true(fabs(f.scale_mean.value - 4.5) < 1e-12 && fabs(f.levels_used.value - 2) < 1e-12);
    assert_true(f.leniency.value == 1 && f.leniency.n == 20);
}

static void without_memory(void **state)
{
    AZ_AUTO(panel) p = panel_of(pair);
    int r = AZ_ENOMEM;
    for (int nth = 1; r == AZ_ENOMEM; nth++) {
        struct az_habit_figures f;
        az_fault_alloc(nth);
        AZ_AUTO(habits) h = az_habits_new(p);
        r = h ? simulate(h, p, 2, true) : AZ_ENOMEM;
        if (r == 0)
            r = az_habits_figures(h, 1, &f);
        az_fault_alloc(0);
        assert_true(nth < 2000);
    }
    assert_int_equal(r, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_pairs),       cmocka_unit_test(of_pairs_without_gold),
        cmocka_unit_test(of_labels),      cmocka_unit_test(of_scores),
        cmocka_unit_test(without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
