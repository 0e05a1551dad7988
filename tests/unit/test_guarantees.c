/* Guarantees on published sets, the quick form of bench/guarantees.c: calibration sets
 * drawn with replacement, the promise held against the whole set. Skipped without
 * ASSIZE_TEST_DATA. */
#include "tests/unit/guarantee_draws.h"
#include "tests/unit/unit.h"

enum { DRAWS = 300 };

static const struct {
    const char *set;
    enum draws_score score;
    double alpha, labelled;
    double kept; /* at least, of the whole set; 0: refused by half of the draws or more */
} rows[] = {
    {"rewardbench2-k8", DRAWS_MAJORITY, 0.05, 0.2, 0.45},
    {"rewardbench2-k8", DRAWS_MAJORITY, 0.05, 0.5, 0.7},
    {"llmbar-casestudy", DRAWS_LOG_ODDS, 0.2, 0.5, 0.45},
    {"llmbar-casestudy", DRAWS_AUTO, 0.1, 0.5, 0.7},
    {"judgebench", DRAWS_LOG_ODDS, 0.05, 0.5, 0},
    {"pandalm", DRAWS_MAJORITY, 0.05, 0.5, 0},
};

static const char *data(void)
{
    const char *folder = getenv("ASSIZE_TEST_DATA");
    if (!folder) {
        print_message("ASSIZE_TEST_DATA is not set: nothing to draw from\n");
        skip();
    }
    return folder;
}

static void prepare(const char *folder, const char *set, enum draws_score how,
                    struct draws_set *ret)
{
    struct dataset d;
    struct az_error err = {0};
    if (dataset_load(folder, dataset_spec(set), &d, &err) < 0)
        fail_msg("%s: %s", set, err.what);
    draws_prepare(&d.sample, how, 1, ret);
    dataset_release(&d);
}

static void risk_is_kept(void **state)
{
    (void)state;
    const char *folder = data();
    for (size_t i = 0; i < AZ_LEN(rows); i++) {
        struct draws_set s;
        struct draws_tally t;
        prepare(folder, rows[i].set, rows[i].score, &s);
        draws_risk(&s, (size_t)(rows[i].labelled * (double)s.n), rows[i].alpha, 0.05, DRAWS, 3, &t);
        if ((double)t.broken > draws_allowed(0.05, DRAWS) * DRAWS)
            fail_msg("%s: broken in %d of %d draws", rows[i].set, (int)t.broken, DRAWS);
        if (t.coverage < rows[i].kept || (rows[i].kept == 0 && 2 * t.refused < DRAWS))
            fail_msg("%s: keeps %.3f, refused %d", rows[i].set, t.coverage, (int)t.refused);
        assert_true(t.coverage <= draws_oracle(&s, rows[i].alpha) + 0.01);
        draws_release(&s);
    }
}

static void sets_hold_the_truth(void **state)
{
    (void)state;
    const char *folder = data();
    struct draws_set s;
    struct draws_sets got;
    prepare(folder, "rewardbench2-k8", DRAWS_MAJORITY, &s);
    draws_conformal(&s, 173, 0.1, 100, 5, &got);
    assert_true(got.held > 0.895 && got.held < 0.94);
    assert_true(got.single > 0.9 && got.size < 1.2);
    draws_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(risk_is_kept),
        cmocka_unit_test(sets_hold_the_truth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
