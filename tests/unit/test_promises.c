#include "client/cli/promises.h"

#include "core/mem.h"
#include "tests/unit/learn_scene.h"

static const double accuracies[] = {0.95, 0.8, 0.7};

/* A model learnt from the first half of 400 items, and what it may promise of the rest. */
static int promised(struct az_promises *p, size_t n_test)
{
    struct learn_scene scene = {.n = 400,
                                .n_judges = 3,
                                .n_labels = 3,
                                .answers = AZ_ANSWERS_NAMED,
                                .tie = -1,
                                .accuracy = accuracies,
                                .labelled = 400,
                                .seed = 5};
    struct az_sample sample;
    struct az_design d;
    struct az_error err = {0};
    uint32_t at[400];
    learn_sample(&scene, &sample);
    for (uint32_t i = 0; i < 400; i++)
        at[i] = i;
    if (az_design_init(&d, &sample, 0, 400, &err) < 0)
        fail_msg("%s", err.what);
    AZ_AUTO(model) m = NULL;
    if (az_learn("logodds", &d, (struct az_rows){at, 200}, 1, &m, &err) < 0)
        fail_msg("%s", err.what);
    int r = 0;
    for (int nth = 1; nth == 1 || r == AZ_ENOMEM; nth++) {
        az_fault_alloc(nth);
        r = az_promises_test(p, m, NULL, &d, (struct az_rows){at + 200, n_test}, 1);
        az_fault_alloc(0);
    }
    az_design_release(&d);
    az_sample_release(&sample);
    return r;
}

static void what_labels_allow(void **state)
{
    (void)state;
    struct az_promises p = {.risk = 0.2, .delta = 0.05, .conformal = 0.1};
    assert_int_equal(promised(&p, 200), 0);
    assert_true(p.guarantee.kept && p.guarantee.coverage > 0.5 && p.tested.kept);
    assert_true(p.sets.made && p.sets.n == 200 && p.sets.conformal == 0.1);
    assert_true(p.sets.held >= 0.9 && p.sets.held < 1);
    assert_true(p.sets.size >= 1 && p.sets.size < 3 && p.sets.single > 0.3);
}

static void what_few_do_not(void **state)
{
    (void)state;
    struct az_promises p = {.risk = 0.01, .delta = 0.05, .conformal = 0.02};
    assert_int_equal(promised(&p, 40), 0);
    assert_true(!p.guarantee.kept && p.tested.n == 40 && p.tested.least == 299);
    assert_true(!p.sets.made && p.sets.needed == 49 && p.sets.size == 3 && p.sets.held == 1);
}

static void only_what_is_asked_for(void **state)
{
    (void)state;
    struct az_promises p = {.delta = 0.05, .conformal = 0.1};
    assert_int_equal(promised(&p, 100), 0);
    assert_true(p.sets.made && p.tested.n == 0 && !p.guarantee.kept);
    p = (struct az_promises){.risk = 0.2, .delta = 0.05};
    assert_int_equal(promised(&p, 100), 0);
    assert_true(p.guarantee.kept && p.sets.n == 0 && !p.sets.made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_labels_allow),
        cmocka_unit_test(what_few_do_not),
        cmocka_unit_test(only_what_is_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
