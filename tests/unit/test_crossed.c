/* client/cli/crossed.c, beside.c: labelled items are decided by models that have not seen
 * them, and the majority stands beside. */
#include "client/cli/crossed.h"

#include <math.h>

#include "client/cli/beside.h"
#include "core/mem.h"
#include "tests/unit/corpus_scene.h"

static const double one_good[] = {0.95, 0.5, 0.5, 0.5, 0.5};

static const struct corpus_scene usual = {.n = 90,
                                          .labelled = 60,
                                          .n_judges = 5,
                                          .accuracy = one_good,
                                          .together = 3,
                                          .early = 6,
                                          .seed = 3};

/* Of whom each model has learnt: of all that was labelled in full but for its fold. */
static void folds(void **state)
{
    (void)state;
    AZ_AUTO(panel) panel = scene_panel(&usual);
    struct az_corpus c = {0};
    struct az_crossed x = {0};
    size_t in[AZ_LEARN_FOLDS + 1] = {0}, of_cluster[30];
    assert_int_equal(scene_corpus(&usual, panel, &c), 0);
    assert_int_equal(az_crossed_learn(&c, "logodds", 1, &x, NULL), 0);
    assert_null(x.reason);
    assert_int_equal(x.labelled, 54);
    assert_int_equal(x.used, 54);
    for (size_t i = 0; i < usual.n; i++) {
        size_t which = az_crossed_which(&x, az_corpus_id(&c, i));
        in[which]++;
        assert_true(which <= AZ_LEARN_FOLDS);
        assert_int_equal(which == AZ_LEARN_FOLDS, i >= 54); /* early, or without a label */
        assert_int_equal(az_crossed_labelled(&x, az_corpus_id(&c, i)), i < 54);
        assert_true(i % 3 == 0 || of_cluster[i / 3] == which);
        of_cluster[i / 3] = which;
    }
    for (size_t f = 0; f < AZ_LEARN_FOLDS; f++)
        assert_int_equal(x.models[f]->model->n_labelled, 54 - in[f]);
    assert_int_equal(x.models[AZ_LEARN_FOLDS]->model->n_labelled, 54);
    az_crossed_release(&x);
    az_corpus_release(&c);
}

static void why_not(void **state)
{
    (void)state;
    struct corpus_scene few = usual;
    few.labelled = 25;
    AZ_AUTO(panel) panel = scene_panel(&few);
    struct az_corpus c = {0};
    struct az_crossed x = {0};
    assert_int_equal(scene_corpus(&few, panel, &c), 0);
    assert_int_equal(az_crossed_learn(&c, "auto", 1, &x, NULL), 0);
    assert_string_equal(x.reason, "fewer than 20 items have a true answer");
    assert_int_equal(x.labelled, 19);
    assert_null(x.models[0]);
    az_crossed_release(&x);
    az_corpus_release(&c);
}

/* Very many labels: a draw is learnt from, and all of them are decided out of fold. */
static void a_draw(void **state)
{
    (void)state;
    struct corpus_scene many = {.n = AZ_CROSSED_MOST + 500,
                                .labelled = AZ_CROSSED_MOST + 500,
                                .n_judges = 2,
                                .accuracy = one_good,
                                .seed = 4};
    AZ_AUTO(panel) panel = scene_panel(&many);
    struct az_corpus c = {0};
    struct az_crossed x = {0};
    assert_int_equal(scene_corpus(&many, panel, &c), 0);
    assert_int_equal(az_crossed_learn(&c, "logodds", 1, &x, NULL), 0);
    assert_int_equal(x.labelled, many.n);
    assert_int_equal(x.used, AZ_CROSSED_MOST);
    size_t out = 0;
    for (size_t f = 0; f < AZ_LEARN_FOLDS; f++)
        out += AZ_CROSSED_MOST - x.models[f]->model->n_labelled;
    assert_int_equal(out, AZ_CROSSED_MOST);
    assert_int_equal(x.models[AZ_LEARN_FOLDS]->model->n_labelled, AZ_CROSSED_MOST);
    for (size_t i = 0; i < many.n; i++)
        assert_true(az_crossed_which(&x, az_corpus_id(&c, i)) < AZ_LEARN_FOLDS);
    az_crossed_release(&x);
    az_corpus_release(&c);
}

static void learn_without_memory(void **state)
{
    (void)state;
    AZ_AUTO(panel) panel = scene_panel(&usual);
    struct az_corpus c = {0};
    int r = AZ_ENOMEM;
    assert_int_equal(scene_corpus(&usual, panel, &c), 0);
    for (int nth = 1; r == AZ_ENOMEM; nth++) {
        struct az_crossed x = {0};
        struct az_error err = {0};
        az_fault_alloc(nth);
        r = az_crossed_learn(&c, "logodds", 1, &x, &err);
        az_fault_alloc(0);
        assert_true(r == 0 || *err.what);
        az_crossed_release(&x);
        assert_true(nth < 20000);
    }
    assert_int_equal(r, 0);
    az_corpus_release(&c);
}

/* ---- beside ---- */

/* Verdicts that are always right beside the majority of five of whom four toss coins. */
static int put_beside(const struct az_panel *panel, struct az_beside *b)
{
    AZ_AUTO(arena) arena = az_arena_new(1024);
    struct az_rng rng = az_rng(usual.seed);
    int r = arena ? 0 : AZ_ENOMEM;
    az_beside_init(b, panel, "auto", 54);
    for (size_t i = 0; r == 0 && i < usual.n; i++) {
        struct scene_item item;
        struct az_error err = {0};
        scene_draw(&usual, i, &rng, &item);
        if (i < usual.labelled)
            scene_label(&item);
        struct az_decide_case c = {.item = &item.item, .ballots = {item.ballots, 5}};
        struct az_verdict right = {.status = AZ_DECIDED, .label = item.gold, .rounds = 1};
        az_arena_reset(arena);
        r = az_beside_add(b, &c, &right, c.ballots, arena, &err);
    }
    return r;
}

static void beside(void **state)
{
    (void)state;
    AZ_AUTO(panel) panel = scene_panel(&usual);
    struct az_beside b = {0};
    assert_null(az_beside_figures(&b).by);
    assert_int_equal(put_beside(panel, &b), 0);
    struct az_summary_beside f = az_beside_figures(&b);
    assert_string_equal(f.by, "auto");
    assert_string_equal(f.plain, "majority");
    assert_int_equal(f.learnt_from, 54);
    assert_int_equal(f.accuracy.n, 60); /* those with a true answer */
    assert_true(f.accuracy.value > 0.5 && f.accuracy.value < 0.9);
    assert_string_equal(f.accuracy.method, "wilson by cluster");
    assert_true(f.accuracy.low > 0 && f.accuracy.high < 1);
    assert_true(fabs(f.difference.value - (1 - f.shared_or_off.value)) < 1e-12);
    assert_true(f.difference.has_interval && f.difference.low > 0);
    az_beside_release(&b);
}

static void beside_without_memory(void **state)
{
    (void)state;
    AZ_AUTO(panel) panel = scene_panel(&usual);
    int r = AZ_ENOMEM;
    for (int nth = 1; r == AZ_ENOMEM; nth++) {
        struct az_beside b = {0};
        az_fault_alloc(nth);
        r = put_beside(panel, &b);
        az_fault_alloc(0);
        az_beside_release(&b);
    }
    assert_int_equal(r, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folds),  cmocka_unit_test(why_not),
        cmocka_unit_test(a_draw), cmocka_unit_test(learn_without_memory),
        cmocka_unit_test(beside), cmocka_unit_test(beside_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
