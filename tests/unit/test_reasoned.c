/* client/cli/reasoned.c: judges' rationales tried one by one and for the panel. */
#include "client/cli/reasoned.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/mem.h"
#include "core/rng.h"
#include "tests/unit/unit.h"

static const char *pair_labels[] = {"A", "B"};

struct scene {
    struct az_panel *panel;
    struct az_corpus corpus;
    struct az_reasoned reasoned;
    struct az_design design;
    uint32_t *room;
    struct az_rows rows;
};

static void scene_release(struct scene *s)
{
    az_reasoned_release(&s->reasoned);
    az_design_release(&s->design);
    az_corpus_release(&s->corpus);
    az_panel_free(s->panel);
    free(s->room);
}

/* Two judges, right on two of three. The first one's words tell on which, where they are
 * `telling`; the second gives none. */
static int add_items(struct scene *s, size_t n, bool telling)
{
    struct az_rng rng = az_rng(3);
    int r = 0;
    for (size_t i = 0; r == 0 && i < n; i++) {
        char id[16];
        snprintf(id, sizeof(id), "q%zu", i);
        int truth = (int)az_rng_below(&rng, 2);
        double one = 1;
        struct az_str texts[] = {AZ_STR("a"), AZ_STR("b")};
        struct az_item item = {.id = az_str(id),
                               .prompt = az_str(id),
                               .cluster = az_str(id),
                               .n_responses = 2,
                               .responses = texts,
                               .gold = {.n = 1, .labels = &truth, .weights = &one}};
        struct az_ballot v[2];
        for (int j = 0; j < 2; j++) {
            bool right = az_rng_below(&rng, 3) > 0, coin = az_rng_below(&rng, 2);
            bool says = telling ? right == (az_rng_below(&rng, 10) > 0) : coin;
            v[j] = (struct az_ballot){
                .key = {.judge = j, .round = 1, .criterion = -1, .order = AZ_ORDER_NONE},
                .label = right ? truth : 1 - truth};
            if (j == 0)
                v[j].rationale = says ? AZ_STR("no doubt") : AZ_STR("hard to say");
        }
        r = az_corpus_add(&s->corpus, &item, (struct az_ballots){v, 2}, false, NULL);
    }
    return r;
}

static int scene_init(struct scene *s, size_t n, bool telling)
{
    struct az_question q = {.kind = AZ_PAIR, .n_labels = 2, .labels = pair_labels};
    struct az_error err = {0};
    *s = (struct scene){.panel = az_panel_of(&q, 2, 1)};
    for (int j = 0; j < 2; j++) {
        char name[] = {(char)('a' + j), '\0'};
        struct az_caster caster = {.name = name, .orders = 1, .samples = 1};
        if (!s->panel || az_caster_seat(s->panel, &caster) < 0)
            return AZ_ENOMEM;
    }
    struct az_corpus_options with = {.seat = az_reasoned_seat, .arg = &s->reasoned};
    int r = az_corpus_init(&s->corpus, s->panel, &with, &err);
    if (r == 0)
        r = az_reasoned_init(&s->reasoned, s->panel, 2, &err);
    if (r == 0)
        r = add_items(s, n, telling);
    if (r == 0)
        r = az_design_init(&s->design, &s->corpus.sample, 0, n, &err);
    s->room = az_alloc(n * sizeof(*s->room));
    if (r < 0 || !s->room)
        return AZ_ENOMEM;
    s->rows = az_labelled(&s->design, s->room);
    return 0;
}

static int learn(struct scene *s)
{
    struct az_error err = {0};
    int r = az_reasoned_try(&s->reasoned, &s->design, s->rows, 1, &err);
    if (r == 0)
        r = az_reasoned_panel(&s->reasoned, "hierarchical", &s->corpus.sample, &s->design, 1, &err);
    return r;
}

static void used_where_they_tell(void **state)
{
    for (int telling = 0; telling <= 1; telling++) {
        struct scene s;
        assert_int_equal(scene_init(&s, 250, telling), 0);
        assert_int_equal(learn(&s), 0);
        struct az_reasoned *r = &s.reasoned;
        assert_int_equal(r->n_tried, 1); /* the other gives none */
        assert_int_equal(r->n_offered, telling);
        assert_true(r->used == telling && r->compared == telling);
        assert_true(!r->models[1] && (r->models[0] != NULL) == telling);
        if (telling) {
            assert_true(r->gain.low > 0 && r->loss.value < r->plain.value);
            assert_true(fabs(r->plain.value - r->loss.value - r->gain.value) < 1e-9);
        }
        scene_release(&s);
    }
}

/* A fold's labels have no part in what the panel says of it. */
static void a_fold_is_decided_without_its_labels(void **state)
{
    struct scene s, t;
    assert_int_equal(scene_init(&s, 250, true), 0);
    assert_int_equal(scene_init(&t, 250, true), 0);
    assert_int_equal(learn(&s), 0);
    for (size_t i = 0; i < 250; i++) {
        double *truth = t.design.truth + 2 * i, first = truth[0];
        struct az_truth *of = &t.corpus.sample.truths[i];
        if (s.reasoned.fold[i] != 2 || i % 4)
            continue;
        truth[0] = truth[1];
        truth[1] = first;
        of->label = 1 - of->label;
    }
    assert_int_equal(learn(&t), 0);
    assert_true(s.reasoned.compared && t.reasoned.compared);
    for (size_t i = 0; i < 250; i++) {
        if (s.reasoned.fold[i] == 2)
            assert_memory_equal(s.reasoned.p + 2 * i, t.reasoned.p + 2 * i, 2 * sizeof(double));
    }
    scene_release(&s);
    scene_release(&t);
}

static void said_into_the_design(void **state)
{
    struct scene s;
    assert_int_equal(scene_init(&s, 250, true), 0);
    assert_int_equal(learn(&s), 0);
    assert_false(s.design.frame.margins);
    assert_int_equal(az_reasoned_say(&s.reasoned, &s.design, AZ_OFFER_NO_FOLD), 0);
    assert_true(s.design.frame.margins);
    for (size_t i = 0; i < 250; i++) {
        const double *p = az_offer_p(&s.reasoned.v[0].offer, AZ_OFFER_NO_FOLD, i);
        const double *share = az_design_share(&s.design, i, 0);
        assert_true(share[0] == 0 || share[0] == 1); /* as it was */
        assert_true(fabs(az_design_margins(&s.design, i, 0)[1] - log(p[1])) < 1e-12);
        assert_int_equal(az_design_has(&s.design, i, 1), AZ_HAS_SHARE);
    }
    scene_release(&s);
}

static void without_memory(void **state)
{
    int r = AZ_ENOMEM;
    for (int nth = 1; r == AZ_ENOMEM; nth = nth < 60 ? nth + 1 : nth * 21 / 20) {
        struct scene s;
        az_fault_alloc(nth);
        r = scene_init(&s, 110, true);
        if (r == 0)
            r = learn(&s);
        if (r == 0 && s.reasoned.used)
            r = az_reasoned_say(&s.reasoned, &s.design, AZ_OFFER_NO_FOLD);
        az_fault_alloc(0);
        scene_release(&s);
    }
    assert_int_equal(r, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(used_where_they_tell),
        cmocka_unit_test(a_fold_is_decided_without_its_labels),
        cmocka_unit_test(said_into_the_design),
        cmocka_unit_test(without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
