#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/mem.h"
#include "statistics/sample.h"

/* Three judges, three labels: one-label votes, a split, margins, a score alone. */
static int build(struct az_sample *s)
{
    static const double split[] = {0.5, 0, 0.5}, whole[] = {0, 1, 0}, margins[] = {1, 2, -3};
    static const double half[] = {0.5, 0.5}, score = 4.5;
    az_sample_init(s, 3, 3, AZ_ANSWERS_NAMED);
    int r = az_sample_item(s, 7, 3);
    if (r == 0)
        r = az_sample_vote(s, 2, 1);
    if (r == 0)
        r = az_sample_vote_spread(s, 0, split, margins, NULL);
    if (r == 0)
        r = az_sample_item(s, 8, 3); /* nobody voted */
    if (r == 0)
        r = az_sample_item(s, 7, 2);
    if (r == 0)
        r = az_sample_vote_spread(s, 1, NULL, NULL, &score);
    if (r == 0)
        r = az_sample_truth_spread(s, half);
    if (r == 0)
        r = az_sample_vote_spread(s, 0, whole, NULL, NULL);
    if (r == 0)
        az_sample_weight(s, 3);
    return r;
}

static void check_built(const struct az_sample *s)
{
    struct az_votes_of v = az_sample_votes(s, 0);
    assert_int_equal(s->n_items, 3);
    assert_int_equal(v.n, 2);
    assert_int_equal(v.v[0].label, 1);
    assert_true(az_vote_share(s, &v.v[0], 1) == 1 && az_vote_share(s, &v.v[0], 0) == 0);
    assert_null(az_vote_margins(s, &v.v[0]));
    assert_int_equal(v.v[1].label, -1);
    assert_true(az_vote_share(s, &v.v[1], 0) == 0.5 && az_vote_share(s, &v.v[1], 2) == 0.5);
    assert_true(az_vote_margins(s, &v.v[1])[2] == -3);
    assert_null(az_vote_score(s, &v.v[1]));
    assert_int_equal(az_sample_votes(s, 1).n, 0);
    assert_false(az_sample_labelled(s, 0));
    v = az_sample_votes(s, 2);
    assert_int_equal(v.n, 2);
    assert_false(az_vote_has_share(&v.v[0]));
    assert_true(*az_vote_score(s, &v.v[0]) == 4.5);
    assert_int_equal(v.v[1].label, 1); /* a share of one label is that label */
    assert_true(v.v[1].more < 0);
    assert_true(s->weights[2] == 3 && s->clusters[2] == 7);
}

static void keeps_what_it_is_given(void **state)
{
    struct az_sample s;
    assert_int_equal(build(&s), 0);
    check_built(&s);
    assert_true(az_sample_labelled(&s, 2));
    assert_true(az_sample_true_share(&s, 2, 0) == 0.5);
    az_sample_release(&s);
}

static void picks(void **state)
{
    static const uint32_t all[] = {0, 1, 2}, some[] = {2, 0};
    static const bool keep[] = {false, true};
    struct az_sample s, same, part;
    assert_int_equal(build(&s), 0);
    assert_int_equal(az_sample_pick(&s, all, 3, NULL, &same), 0);
    check_built(&same);
    assert_int_equal(az_sample_pick(&s, some, 2, keep, &part), 0);
    assert_int_equal(part.n_items, 2);
    assert_false(az_sample_labelled(&part, 0));
    assert_int_equal(part.labels_of[0], 2);
    assert_int_equal(az_sample_votes(&part, 1).v[1].label, -1);
    az_sample_release(&part);
    az_sample_release(&same);
    az_sample_release(&s);
}

static void out_of_memory(void **state)
{
    static const uint32_t all[] = {0, 1, 2};
    for (int nth = 1, r = -1; r < 0; nth++) {
        struct az_sample s, copy;
        az_fault_alloc(nth);
        r = build(&s);
        if (r == 0 && (r = az_sample_pick(&s, all, 3, NULL, &copy)) == 0)
            az_sample_release(&copy);
        az_fault_alloc(0);
        assert_true(r == 0 || r == AZ_ENOMEM);
        az_sample_release(&s);
        assert_true(nth < 100);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_what_it_is_given),
        cmocka_unit_test(picks),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
