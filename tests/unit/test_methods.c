/* Ways to combine ballots are scored on items that they have not seen. */
#include "client/cli/methods.h"

#include <math.h>
#include <string.h>

#include "core/mem.h"
#include "core/rng.h"
#include "tests/unit/unit.h"

enum { ITEMS = 120, JUDGES = 9 };

/* Pairs; every judge is a coin, or (`good`) right in nine of ten. */
static int sample_of(struct az_sample *s, bool good, double weight)
{
    struct az_rng rng = az_rng(11);
    az_sample_init(s, JUDGES, 2, AZ_ANSWERS_EXCHANGEABLE);
    for (size_t i = 0; i < ITEMS; i++) {
        size_t truth = az_rng_next(&rng) & 1;
        if (az_sample_item(s, i, 2) < 0)
            return AZ_ENOMEM;
        for (size_t j = 0; j < JUDGES; j++) {
            bool right = az_rng_unit(&rng) < (good ? 0.9 : 0.5);
            if (az_sample_vote(s, j, right ? truth : 1 - truth) < 0)
                return AZ_ENOMEM;
        }
        az_sample_truth(s, truth);
        az_sample_weight(s, i % 2 ? weight : 1);
    }
    return 0;
}

static int run(const struct az_sample *s, const char *name, struct az_methods *m)
{
    struct az_design d = {0};
    struct az_error err = {0};
    uint32_t room[ITEMS];
    int r = az_design_init(&d, s, 0, s->n_items, &err);
    if (r == 0)
        r = az_methods_add(m, name, &d, az_labelled(&d, room), 1, &err);
    az_design_release(&d);
    return r;
}

/* The best of nine coins is right in 57 of 100 where it was picked, and in half elsewhere. */
static void not_where_it_learnt(void **state)
{
    struct az_sample s;
    struct az_methods m = {0};
    assert_int_equal(sample_of(&s, false, 1), 0);
    assert_int_equal(run(&s, "single", &m), 0);
    assert_int_equal(run(&s, "auto", &m), 0);
    for (size_t i = 0; i < m.n; i++) {
        assert_true(fabs(m.v[i].accuracy_shared.value - 0.5) < 0.1);
        assert_true(m.v[i].log_loss.value > log(2) - 0.03); /* sure of nothing */
        assert_int_equal(m.v[i].accuracy_shared.n, ITEMS);
    }
    az_methods_release(&m);
    az_sample_release(&s);
}

static void counts_are_no_probability(void **state)
{
    struct az_sample s;
    struct az_methods m = {0};
    assert_int_equal(sample_of(&s, true, 1), 0);
    assert_int_equal(run(&s, "votes", &m), 0);
    assert_true(m.v[0].accuracy.value > 0.95);
    assert_false(m.v[0].log_loss.defined || m.v[0].brier.defined || m.v[0].ece.defined);
    assert_non_null(m.v[0].log_loss.reason);
    assert_null(m.v[0].quality);
    az_methods_release(&m);
    az_sample_release(&s);
}

/* All means of a table are about the same items: the curve, which counts, is left out. */
static void unequal_weights(void **state)
{
    struct az_sample s;
    struct az_methods m = {0};
    assert_int_equal(sample_of(&s, true, 5), 0);
    assert_int_equal(run(&s, "logodds", &m), 0);
    assert_true(m.v[0].log_loss.defined && m.v[0].brier.defined);
    assert_false(m.v[0].ece.defined);
    assert_string_equal(m.v[0].ece.reason, "the labels have unequal weights");
    assert_null(m.v[0].quality);
    az_methods_release(&m);
    az_sample_release(&s);
}

static void without_memory(void **state)
{
    struct az_sample s;
    int r = AZ_ENOMEM;
    assert_int_equal(sample_of(&s, true, 1), 0);
    for (int nth = 1; r == AZ_ENOMEM; nth++) {
        struct az_methods m = {0};
        az_fault_alloc(nth);
        r = run(&s, "logodds", &m);
        az_fault_alloc(0);
        az_methods_release(&m);
        assert_true(nth < 5000);
    }
    assert_int_equal(r, 0);
    az_sample_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(not_where_it_learnt),
        cmocka_unit_test(counts_are_no_probability),
        cmocka_unit_test(unequal_weights),
        cmocka_unit_test(without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
