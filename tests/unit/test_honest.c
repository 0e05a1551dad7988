/* client/cli/honest.c: what a few true answers say of all items. */
#include "client/cli/honest.h"

#include <math.h>
#include <string.h>

#include "core/mem.h"
#include "core/rng.h"
#include "tests/unit/cli_panel.h"

enum { ITEMS = 400, JUDGES = 3 };

static const char choice[] = "question: {kind: choice, ask: q, labels: [yes, no], pass: [yes]}\n"
                             "judges:\n"
                             "  - {name: a, backend: openai, model: a}\n"
                             "  - {name: b, backend: openai, model: b}\n"
                             "  - {name: c, backend: openai, model: c}\n";
static const char pair[] = "question: {kind: pair, ask: q, ties: true}\n"
                           "judges:\n"
                           "  - {name: a, backend: openai, model: a, orders: one}\n"
                           "  - {name: b, backend: openai, model: b, orders: one}\n"
                           "  - {name: c, backend: openai, model: c, orders: one}\n";
static const char score[] = "question: {kind: score, ask: q, scale: [0, 10], pass: '>= 6'}\n"
                            "judges: [{name: a, backend: openai, model: a}]\n";

struct scene {
    size_t items, labelled;
    double share; /* of the first label */
    double right; /* of a judge */
    bool early, by_doubt;
    double gold_scale; /* of scores: truth times this */
};

static struct az_ballot ballot(int judge, int order, int label)
{
    return (struct az_ballot){.key = {.judge = judge, .round = 1, .criterion = -1, .order = order},
                              .label = label};
}

/* Votes of judges who are right so often, each on his own. */
static int vote(struct az_rng *rng, const struct scene *s, int order, int truth,
                struct az_ballot *v)
{
    int first = 0;
    for (int j = 0; j < JUDGES; j++) {
        int label = az_rng_unit(rng) < s->right ? truth : 1 - truth;
        v[j] = ballot(j, order, label);
        first += label == 0;
    }
    return first > 1 ? 0 : 1;
}

/* AZ_ENOMEM also where the item itself has no memory. */
static int add_item(struct az_honest *h, const struct az_panel *p, const struct scene *s,
                    struct az_rng *rng, size_t i, bool elsewhere)
{
    struct az_ballot v[JUDGES];
    struct az_error err = {0};
    char json[512], gold[64] = "";
    bool pairs = p->question.kind == AZ_PAIR;
    int truth = az_rng_unit(rng) < s->share ? 0 : 1;
    int verdict = vote(rng, s, pairs ? 0 : AZ_ORDER_NONE, truth, v);
    bool split = v[0].label != v[1].label || v[1].label != v[2].label;
    double chance = s->by_doubt && !split ? 0.2 : 0.8;
    bool labelled = s->by_doubt ? az_rng_unit(rng) < chance : i < s->labelled;
    if (labelled && pairs)
        snprintf(gold, sizeof(gold), ",\"gold\":\"%s\"", truth ? "B" : "A");
    else if (labelled)
        snprintf(gold, sizeof(gold), ",\"gold\":\"%s\"", truth ? "no" : "yes");
    snprintf(json, sizeof(json), "{\"id\":\"%zu\",\"prompt\":\"%zu\",%s%s}", i, i,
             pairs ? "\"responses\":[\"a\",\"b\"],\"systems\":[\"north\",\"south\"]"
                   : "\"response\":\"a\"",
             gold);
    AZ_AUTO(item) item = NULL;
    int r = az_item_parse(p, az_str(json), 1, &item, &err);
    if (r < 0)
        return r;
    struct az_verdict said = {.status = AZ_DECIDED, .label = verdict, .early = s->early};
    struct az_ballots ballots = {v, JUDGES};
    return elsewhere ? az_honest_add_elsewhere(h, item, &said, ballots, 1, &err)
                     : az_honest_add(h, item, &said, ballots, 1 / chance, &err);
}

static int add_labels(struct az_honest *h, const struct az_panel *p, const struct scene *s,
                      struct az_rng *rng, size_t i)
{
    return add_item(h, p, s, rng, i, false);
}

static struct az_honest *labels_of(const struct az_panel *p, const struct scene *s)
{
    struct az_rng rng = az_rng(3);
    struct az_honest *h = az_honest_new(p, 2);
    for (size_t i = 0; h && i < s->items; i++)
        assert_int_equal(add_labels(h, p, s, &rng, i), 0);
    return h;
}

static const struct az_honest_figure *find(const struct az_honest_figures *f,
                                           enum az_honest_kind kind, const char *of)
{
    for (size_t i = 0; i < f->n; i++) {
        if (f->v[i].kind == kind && (!of || az_str_eqz(f->v[i].of, of)))
            return &f->v[i];
    }
    fail_msg("no figure of kind %d", kind);
    return NULL;
}

/* Labels of every fourth item and votes on all say more than the labels alone. */
static void of_a_choice(void **state)
{
    const struct scene s = {.items = ITEMS, .labelled = ITEMS / 4, .share = 0.4, .right = 0.8};
    AZ_AUTO(panel) p = panel_from(choice);
    struct az_honest_figures f;
    (void)state;
    for (int learnt = 0; learnt < 2; learnt++) {
        AZ_AUTO(honest) h = labels_of(p, &s);
        az_honest_want(h, &(struct az_honest_widths){{0.9, 0.0001}, {0}});
        assert_int_equal(az_honest_finish(h, learnt ? "logodds" : NULL, false, 1, &f), 0);
        assert_null(f.reason);
        assert_int_equal(f.labelled, ITEMS / 4);
        assert_int_equal(f.items, f.labelled + f.rest);
        assert_int_equal(f.n, 4); /* accuracy, two shares, passed */
        const struct az_honest_figure *yes = find(&f, AZ_HONEST_SHARE, "yes");
        const struct az_honest_figure *pass = find(&f, AZ_HONEST_PASS, NULL);
        const struct az_figure *all = &yes->chosen.figure, *few = &yes->chosen.labels;
        assert_string_equal(all->method, "ppi++");
        assert_true(all->high - all->low < 0.9 * (few->high - few->low));
        assert_true(all->low < 0.4 && 0.4 < all->high);
        assert_true(fabs(pass->chosen.figure.value - all->value) < 1e-12);
        assert_int_equal(yes->all, ITEMS);
        assert_int_equal(yes->labelled, ITEMS / 4);
        assert_true(yes->needed[0] > 0 && yes->needed[0] < ITEMS / 4);
        assert_int_equal(yes->needed[1], ITEMS + 1); /* not even all */
        /* three judges right in .8 are in .896 together */
        assert_true(fabs(find(&f, AZ_HONEST_ACCURACY, NULL)->chosen.figure.value - 0.896) < 0.08);
        az_honest_figures_release(&f);
    }
}

/* Few labels: what is learnt and predicted is not used, and it says why. */
static void falls_back(void **state)
{
    const struct scene few = {.items = ITEMS, .labelled = 20, .share = 0.4, .right = 0.8};
    const struct scene rare = {.items = ITEMS, .labelled = 100, .share = 0.03, .right = 0.8};
    const struct scene nothing = {.items = ITEMS, .share = 0.4, .right = 0.8};
    AZ_AUTO(panel) p = panel_from(choice);
    AZ_AUTO(honest) a = labels_of(p, &few);
    AZ_AUTO(honest) b = labels_of(p, &rare);
    AZ_AUTO(honest) c = labels_of(p, &nothing);
    struct az_honest_figures f;
    (void)state;
    assert_int_equal(az_honest_finish(a, "auto", false, 1, &f), 0);
    const struct az_honest_figure *yes = find(&f, AZ_HONEST_SHARE, "yes");
    assert_string_equal(yes->chosen.figure.method, "clopper-pearson");
    assert_non_null(strstr(yes->chosen.why, "50 labelled"));
    assert_string_equal(f.by, "the seats' mean share");
    az_honest_figures_release(&f);

    assert_int_equal(az_honest_finish(b, "logodds", false, 1, &f), 0);
    yes = find(&f, AZ_HONEST_SHARE, "yes");
    assert_string_equal(yes->chosen.figure.method, "clopper-pearson");
    assert_non_null(strstr(yes->chosen.why, "rarer answer"));
    az_honest_figures_release(&f);

    assert_int_equal(az_honest_finish(c, "auto", false, 1, &f), 0);
    assert_non_null(f.reason);
    assert_int_equal(f.n, 0);
    az_honest_figures_release(&f);
}

/* Items in doubt are labelled four times as often: without weights the panel would look bad. */
static void weights_count(void **state)
{
    const struct scene s = {.items = 2000, .share = 0.5, .right = 0.8, .by_doubt = true};
    AZ_AUTO(panel) p = panel_from(choice);
    AZ_AUTO(honest) h = labels_of(p, &s);
    struct az_honest_figures f;
    (void)state;
    assert_int_equal(az_honest_finish(h, NULL, false, 1, &f), 0);
    assert_true(f.weighted);
    const struct az_honest_figure *right = find(&f, AZ_HONEST_ACCURACY, NULL);
    assert_string_equal(right->chosen.figure.method, "ppi++");
    assert_true(fabs(right->chosen.figure.value - 0.896) < 0.03);
    az_honest_figures_release(&f);
}

/* Shares of seats that were never asked are no word on the item; the verdict is. */
static void early_stopping(void **state)
{
    const struct scene s = {
        .items = ITEMS, .labelled = 100, .share = 0.4, .right = 0.8, .early = true};
    AZ_AUTO(panel) p = panel_from(choice);
    AZ_AUTO(honest) h = labels_of(p, &s);
    struct az_honest_figures f;
    (void)state;
    assert_int_equal(az_honest_finish(h, "auto", false, 1, &f), 0);
    assert_string_equal(f.by, "the verdict");
    assert_true(find(&f, AZ_HONEST_SHARE, "no")->chosen.figure.defined);
    az_honest_figures_release(&f);
}

static void of_systems(void **state)
{
    const struct scene s = {.items = ITEMS, .labelled = 120, .share = 0.6, .right = 0.8};
    AZ_AUTO(panel) p = panel_from(pair);
    AZ_AUTO(honest) h = labels_of(p, &s);
    struct az_honest_figures f;
    (void)state;
    assert_int_equal(az_honest_finish(h, "logodds", true, 1, &f), 0);
    const struct az_honest_figure *north = find(&f, AZ_HONEST_WINS, "north");
    const struct az_honest_figure *south = find(&f, AZ_HONEST_WINS, "south");
    assert_true(fabs(north->chosen.figure.value + south->chosen.figure.value - 1) < 1e-9);
    assert_true(north->chosen.figure.low < 0.6 && 0.6 < north->chosen.figure.high);
    assert_int_equal(f.n, 3); /* and what was learnt is right so often */
    az_honest_figures_release(&f);
}

/* A job where four in ten are yes, and labels of one where seven are: the judges' error rates
 * carry over, the share does not. */
static void labels_of_elsewhere(void **state)
{
    const struct scene here = {.items = 2000, .share = 0.4, .right = 0.8};
    const struct scene there = {.items = 400, .labelled = 400, .share = 0.7, .right = 0.8};
    AZ_AUTO(panel) p = panel_from(choice);
    struct az_rng rng = az_rng(12);
    AZ_AUTO(honest) h = labels_of(p, &here);
    struct az_honest_figures f;
    (void)state;
    for (size_t i = 0; i < there.items; i++)
        assert_int_equal(add_item(h, p, &there, &rng, i, true), 0);
    assert_int_equal(az_honest_labels(h), 400);
    assert_int_equal(az_honest_finish(h, "auto", false, 1, &f), 0);
    assert_true(f.elsewhere);
    assert_int_equal(f.n, 3); /* two shares, and what passes */
    const struct az_honest_figure *yes = find(&f, AZ_HONEST_SHARE, "yes");
    assert_string_equal(yes->chosen.figure.method, "rogan-gladen");
    assert_true(yes->chosen.figure.low < 0.4 && 0.4 < yes->chosen.figure.high);
    assert_int_equal(yes->all, 2000);
    assert_int_equal(yes->labelled, 400);
    az_honest_figures_release(&f);
}

/* ---- scores ---- */

static struct az_honest *scores_of(const struct az_panel *p, const struct scene *s)
{
    struct az_rng rng = az_rng(8);
    struct az_honest *h = az_honest_new(p, 0);
    struct az_error err = {0};
    for (size_t i = 0; h && i < s->items; i++) {
        char json[256], gold[64] = "";
        double truth = 10 * az_rng_unit(&rng);
        double said = AZ_MIN(AZ_MAX(truth + 2 * az_rng_unit(&rng) - 1, 0.0), 10.0);
        if (i < s->labelled)
            snprintf(gold, sizeof(gold), ",\"gold\":%g", truth * s->gold_scale);
        snprintf(json, sizeof(json), "{\"id\":\"%zu\",\"prompt\":\"%zu\",\"response\":\"a\"%s}", i,
                 i, gold);
        AZ_AUTO(item) item = item_from(p, json);
        struct az_ballot v = ballot(0, AZ_ORDER_NONE, AZ_LABEL_NONE);
        v.has_score = true;
        v.score = said;
        struct az_verdict verdict = {
            .status = AZ_DECIDED, .label = AZ_LABEL_NONE, .has_score = true, .score = said};
        assert_int_equal(az_honest_add(h, item, &verdict, (struct az_ballots){&v, 1}, 1, &err), 0);
    }
    return h;
}

static void of_scores(void **state)
{
    struct scene s = {.items = ITEMS, .labelled = 100, .gold_scale = 1};
    AZ_AUTO(panel) p = panel_from(score);
    AZ_AUTO(honest) same = scores_of(p, &s);
    struct az_honest_figures f;
    (void)state;
    assert_int_equal(az_honest_finish(same, "auto", false, 1, &f), 0);
    const struct az_honest_figure *mean = find(&f, AZ_HONEST_MEAN, NULL);
    assert_string_equal(mean->chosen.figure.method, "ppi++");
    assert_true(fabs(mean->chosen.figure.value - 5) < 0.5);
    assert_true(fabs(find(&f, AZ_HONEST_PASS, NULL)->chosen.figure.value - 0.4) < 0.1);
    az_honest_figures_release(&f);

    s.gold_scale = 0.1; /* from 0 to 1, and the panel says 0 to 10 */
    AZ_AUTO(honest) other = scores_of(p, &s);
    assert_int_equal(az_honest_finish(other, "auto", false, 1, &f), 0);
    mean = find(&f, AZ_HONEST_MEAN, NULL);
    assert_string_equal(mean->chosen.figure.method, "oua, platt");
    assert_true(fabs(mean->chosen.figure.value - 0.5) < 0.05);
    assert_int_equal(f.n, 1);
    az_honest_figures_release(&f);
}

/* ---- bounds ---- */

/* More than are kept: a sample of the rest stands for it, whatever the order. */
static void keeps_a_sample(void **state)
{
    const struct scene s = {
        .items = 3 * AZ_HONEST_REST, .labelled = 200, .share = 0.5, .right = 0.8};
    AZ_AUTO(panel) p = panel_from(choice);
    AZ_AUTO(honest) h = labels_of(p, &s);
    struct az_honest_figures f;
    (void)state;
    assert_int_equal(az_honest_finish(h, NULL, false, 1, &f), 0);
    assert_int_equal(f.items, s.items);
    assert_true(f.rest <= AZ_HONEST_REST && f.rest > AZ_HONEST_REST / 3);
    const struct az_honest_figure *yes = find(&f, AZ_HONEST_SHARE, "yes");
    assert_int_equal(yes->all, s.items);
    assert_true(yes->chosen.figure.low < 0.5 && 0.5 < yes->chosen.figure.high);
    az_honest_figures_release(&f);
}

/* Labels that were drawn by doubt are all kept, and only a draw of the rest: what stands for all
 * items is as much of the ones as of the others. */
static void keeps_a_sample_of_doubt(void **state)
{
    const struct scene s = {
        .items = 3 * AZ_HONEST_REST, .share = 0.9, .right = 0.8, .by_doubt = true};
    AZ_AUTO(panel) p = panel_from(choice);
    AZ_AUTO(honest) h = labels_of(p, &s);
    struct az_honest_figures f;
    (void)state;
    assert_int_equal(az_honest_finish(h, NULL, false, 1, &f), 0);
    assert_true(f.weighted && f.rest <= AZ_HONEST_REST && f.rest + f.labelled < f.items);
    const struct az_honest_figure *yes = find(&f, AZ_HONEST_SHARE, "yes");
    const struct az_figure *all = &yes->chosen.figure, *panel = &yes->chosen.panel;
    assert_true(all->low < 0.9 && 0.9 < all->high);
    assert_true(panel->low < 0.74 && 0.74 < panel->high); /* .9 * .8 + .1 * .2 */
    az_honest_figures_release(&f);
}

/* Of more labels than predictions are learnt from, the others are predicted like the rest. */
static void learns_from_a_draw(void **state)
{
    const struct scene s = {
        .items = 3 * AZ_HONEST_FIT, .labelled = 2 * AZ_HONEST_FIT, .share = 0.4, .right = 0.8};
    AZ_AUTO(panel) p = panel_from(choice);
    AZ_AUTO(honest) h = labels_of(p, &s);
    struct az_honest_figures f;
    (void)state;
    assert_int_equal(az_honest_finish(h, "logodds", true, 1, &f), 0);
    assert_string_equal(f.by, "probabilities that were learnt on other items");
    assert_int_equal(f.labelled, s.labelled);
    const struct az_figure *yes = &find(&f, AZ_HONEST_SHARE, "yes")->chosen.figure;
    assert_true(yes->low < 0.4 && 0.4 < yes->high);
    assert_true(fabs(find(&f, AZ_HONEST_ACCURACY, NULL)->chosen.figure.value - 0.896) < 0.05);
    az_honest_figures_release(&f);
}

static int all_of_it(const struct az_panel *p, struct az_buf *b)
{
    const struct scene s = {.items = 70, .labelled = 60, .share = 0.5, .right = 0.8};
    struct az_rng rng = az_rng(3);
    AZ_AUTO(honest) h = az_honest_new(p, 2);
    struct az_honest_figures f = {0};
    int r = h ? 0 : AZ_ENOMEM;
    for (size_t i = 0; r == 0 && i < s.items; i++) {
        r = add_labels(h, p, &s, &rng, i);
    }
    if (r == 0)
        r = az_honest_finish(h, "logodds", false, 1, &f);
    if (r == 0) {
        struct az_jw w = az_jw(b);
        az_jw_obj(&w);
        az_honest_json(&w, "over_all", &f);
        az_jw_obj_end(&w);
        az_honest_text(b, &f, 100);
        r = b->failed;
    }
    az_honest_figures_release(&f);
    return r;
}

static void without_memory(void **state)
{
    AZ_AUTO(panel) p = panel_from(choice);
    int r = AZ_ENOMEM;
    (void)state;
    for (int nth = 1; r == AZ_ENOMEM; nth++) {
        AZ_AUTO_BUF b = az_buf(1 << 20);
        az_fault_alloc(nth);
        r = all_of_it(p, &b);
        az_fault_alloc(0);
        if (r == 0)
            assert_non_null(strstr(b.p, "\"labels_only\""));
    }
    assert_int_equal(r, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_a_choice),
        cmocka_unit_test(falls_back),
        cmocka_unit_test(weights_count),
        cmocka_unit_test(early_stopping),
        cmocka_unit_test(of_systems),
        cmocka_unit_test(of_scores),
        cmocka_unit_test(keeps_a_sample),
        cmocka_unit_test(labels_of_elsewhere),
        cmocka_unit_test(keeps_a_sample_of_doubt),
        cmocka_unit_test(learns_from_a_draw),
        cmocka_unit_test(without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
