#include "client/cli/reference.h"

#include "core/mem.h"
#include "tests/unit/unit.h"

/* Four items, two of one cluster; two judges, of whom the second misses one. */
static void fill(struct az_sample *s, enum az_answers answers)
{
    static const double levels[] = {1, 2, 3};
    static const struct {
        uint64_t cluster;
        int truth, said[2];
    } items[] = {{1, 0, {0, 1}}, {2, 1, {2, 1}}, {3, 2, {2, -1}}, {3, 2, {2, -1}}, {4, 0, {1, 1}}};
    az_sample_init(s, 2, 3, answers);
    s->levels = answers == AZ_ANSWERS_ORDINAL ? levels : NULL;
    for (size_t i = 0; i < AZ_LEN(items); i++) {
        assert_int_equal(az_sample_item(s, items[i].cluster, 3), 0);
        for (size_t j = 0; j < 2; j++) {
            if (items[i].said[j] >= 0)
                assert_int_equal(az_sample_vote(s, j, (size_t)items[i].said[j]), 0);
        }
        az_sample_truth(s, (size_t)items[i].truth);
    }
}

/* What the panel says of them: right, undecided, right, right, wrong. */
static const double p[] = {.8, .1, .1, .4, .4, .2, .1, .1, .8, .1, .1, .8, .1, .8, .1};

static int reference(enum az_answers answers, struct az_reference *ret)
{
    static const uint32_t rows[] = {0, 1, 2, 3, 4};
    struct az_sample s;
    struct az_design d;
    int r = AZ_ENOMEM;
    fill(&s, answers);
    assert_int_equal(az_design_init(&d, &s, 0, 5, NULL), 0);
    for (int nth = 1; r == AZ_ENOMEM; nth++) {
        *ret = (struct az_reference){0};
        az_fault_alloc(nth);
        r = az_reference_of(&d, (struct az_rows){rows, 5}, p, 1, ret);
        az_fault_alloc(0);
        if (r == AZ_ENOMEM)
            az_reference_release(ret);
    }
    az_design_release(&d);
    az_sample_release(&s);
    return r;
}

static void assert_tried(struct az_tried got, int64_t hit, int64_t n)
{
    assert_int_equal(got.hit, hit);
    assert_int_equal(got.n, n);
}

static void one_of_a_cluster(void **state)
{
    (void)state;
    struct az_reference r;
    assert_int_equal(reference(AZ_ANSWERS_NAMED, &r), 0);
    assert_tried(r.panel, 1, 3);
    assert_tried(r.wrong[0], 2, 4);
    assert_tried(r.wrong[1], 2, 3);
    assert_tried(r.apart[0], 0, 3);
    assert_tried(r.apart[1], 1, 2);
    az_reference_release(&r);
}

static void of_scores_the_panel_only(void **state)
{
    (void)state;
    struct az_reference r;
    assert_int_equal(reference(AZ_ANSWERS_ORDINAL, &r), 0);
    assert_tried(r.panel, 1, 3);
    assert_true(!r.wrong && !r.apart);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_of_a_cluster),
        cmocka_unit_test(of_scores_the_panel_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
