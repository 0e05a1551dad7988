/* client/cli/combined.c: ways to combine ballots side by side, and what a judge is worth. */
#include "client/cli/combined.h"

#include <math.h>
#include <string.h>

#include "core/mem.h"
#include "tests/unit/corpus_scene.h"

static const double one_good[] = {0.95, 0.6, 0.6, 0.5};
static const struct corpus_scene usual = {
    .n = 160, .labelled = 120, .n_judges = 4, .accuracy = one_good, .early = 20, .seed = 7};

static const struct az_report_method *method(const struct az_combined *c, const char *name)
{
    for (size_t i = 0; i < c->methods.n; i++) {
        if (strcmp(c->methods.v[i].name, name) == 0)
            return &c->methods.v[i];
    }
    fail_msg("no '%s'", name);
    return NULL;
}

/* By the labelled items that were asked in full, and by none else. */
static void ways_side_by_side(void **state)
{
    (void)state;
    AZ_AUTO(panel) panel = scene_panel(&usual);
    struct az_corpus corpus = {0};
    struct az_combined c;
    assert_int_equal(scene_corpus(&usual, panel, &corpus), 0);
    assert_int_equal(az_combined(&corpus, 0, &c, NULL), 0);
    assert_null(c.reason);
    assert_true(c.labelled == 100 && c.used == 100);
    assert_int_equal(c.methods.n, 4);
    for (size_t i = 0; i < c.methods.n; i++)
        assert_int_equal(c.methods.v[i].accuracy_shared.n, 100);
    assert_true(method(&c, "single")->accuracy_shared.value >
                method(&c, "majority")->accuracy_shared.value + 0.1);
    assert_true(method(&c, "auto")->log_loss.value < log(2));
    method(&c, "logodds");
    assert_int_equal(c.n_judges, 4);
    for (size_t j = 1; j < 4; j++) {
        assert_true(c.weights[0].value > c.weights[j].value + 1);
        assert_true(c.adds[0].value > c.adds[j].value);
    }
    az_combined_release(&c);
    az_corpus_release(&corpus);
}

static void why_nothing_is_compared(void **state)
{
    (void)state;
    struct corpus_scene few = usual;
    few.labelled = few.early + AZ_COMBINED_LEAST - 1;
    AZ_AUTO(panel) panel = scene_panel(&few);
    struct az_corpus corpus = {0};
    struct az_combined c;
    assert_int_equal(scene_corpus(&few, panel, &corpus), 0);
    assert_int_equal(az_combined(&corpus, 0, &c, NULL), 0);
    assert_string_equal(c.reason, "fewer than 20 items with gold");
    assert_true(c.labelled == AZ_COMBINED_LEAST - 1 && !c.methods.n && !c.weights);
    az_combined_release(&c);

    corpus.sample.n_labels = 0; /* as of a score without steps */
    assert_int_equal(az_combined(&corpus, 0, &c, NULL), 0);
    assert_string_equal(c.reason, "a score without steps has no levels to learn");
    corpus.sample.n_labels = 2;
    az_combined_release(&c);
    az_corpus_release(&corpus);
}

/* Of very many, so many are drawn, the same ones each time. */
static void a_draw(void **state)
{
    (void)state;
    struct corpus_scene many = {.n = AZ_COMBINED_MOST + 200,
                                .labelled = AZ_COMBINED_MOST + 200,
                                .n_judges = 2,
                                .accuracy = one_good,
                                .seed = 8};
    AZ_AUTO(panel) panel = scene_panel(&many);
    struct az_corpus corpus = {0};
    struct az_combined a, b;
    assert_int_equal(scene_corpus(&many, panel, &corpus), 0);
    assert_int_equal(az_combined(&corpus, 3, &a, NULL), 0);
    assert_int_equal(az_combined(&corpus, 3, &b, NULL), 0);
    assert_true(a.labelled == (int64_t)many.n && a.used == AZ_COMBINED_MOST);
    assert_true(method(&a, "auto")->log_loss.value == method(&b, "auto")->log_loss.value);
    assert_int_equal(method(&a, "auto")->log_loss.n, AZ_COMBINED_MOST);
    az_combined_release(&a);
    az_combined_release(&b);
    az_corpus_release(&corpus);
}

/* A fit allocates thousands of times: the first ones each, later ones at growing steps. */
static void without_memory(void **state)
{
    (void)state;
    struct corpus_scene small = {
        .n = 24, .labelled = 24, .n_judges = 2, .accuracy = one_good, .seed = 9};
    AZ_AUTO(panel) panel = scene_panel(&small);
    struct az_corpus corpus = {0};
    int r = AZ_ENOMEM;
    assert_int_equal(scene_corpus(&small, panel, &corpus), 0);
    for (int nth = 1; r == AZ_ENOMEM; nth += nth < 200 ? 1 : nth / 50) {
        struct az_combined c;
        struct az_error err = {0};
        az_fault_alloc(nth);
        r = az_combined(&corpus, 0, &c, &err);
        az_fault_alloc(0);
        assert_true(r == 0 || *err.what);
        az_combined_release(&c);
    }
    assert_int_equal(r, 0);
    az_corpus_release(&corpus);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ways_side_by_side),
        cmocka_unit_test(why_nothing_is_compared),
        cmocka_unit_test(a_draw),
        cmocka_unit_test(without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
