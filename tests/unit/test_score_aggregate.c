/* policies/aggregate/score.c: mean, median, min, max, trimmed_mean. */
#include "tests/unit/seated.h"

enum { NO_PASS = 0 };

static const struct {
    const char *name;
    enum az_aggregate_kind by;
    double pass_at; /* ">= pass_at"; 0 = no pass */
    const char *ballots, *want;
} cases[] = {
    {"mean", AZ_AGG_MEAN, NO_PASS, "1 2 3 4 5", "decide 3"},
    {"mean over those that voted", AZ_AGG_MEAN, NO_PASS, "1 2 ! ! !", "decide 1.5"},
    {"median", AZ_AGG_MEDIAN, NO_PASS, "9 1 2 8 2", "decide 2"},
    {"median of four", AZ_AGG_MEDIAN, NO_PASS, "9 1 2 5 !", "decide 3.5"},
    {"min", AZ_AGG_MIN, NO_PASS, "4 3 5 ! 6", "decide 3"},
    {"max", AZ_AGG_MAX, NO_PASS, "4 3 5 ! 6", "decide 6"},
    {"trimmed: one of five at each end", AZ_AGG_TRIMMED_MEAN, NO_PASS, "1 4 5 6 9", "decide 5"},
    {"trimmed: too few to cut", AZ_AGG_TRIMMED_MEAN, NO_PASS, "1 4 ! ! 7", "decide 4"},
    {"none could be read", AZ_AGG_MEAN, NO_PASS, "! ! ! ! !",
     "fail: 5 of 5 seats in error: timeout"},
    {"share: the side that passes", AZ_AGG_MEAN, 4, "5 5 5 3 3", "decide 4.2 3/5"},
    {"share: the side that does not", AZ_AGG_MEAN, 4, "1 5 5 3 3", "decide 3.4 3/5"},
    {"share: an error is on no side", AZ_AGG_MEDIAN, 4, "5 5 3 ! !", "decide 5 2/5"},
};

static void score_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        struct seated s;
        seated_init(&s, AZ_SCORE, 5, AZ_ORDERS_NONE);
        s.panel.aggregate.kind = cases[i].by;
        s.panel.aggregate.trim = 0.25;
        s.panel.question.pass = cases[i].pass_at ? AZ_PASS_GE : AZ_PASS_NONE;
        s.panel.question.pass_at = cases[i].pass_at;
        seated_ballots(&s, 1, cases[i].ballots);
        const char *got = seated_step(&s, false);
        if (strcmp(got, cases[i].want))
            fail_msg("%s: got '%s', want '%s'", cases[i].name, got, cases[i].want);
        seated_release(&s);
    }
}

static void a_seat_is_the_mean_of_its_samples(void **state)
{
    (void)state;
    struct seated s;
    seated_init(&s, AZ_SCORE, 2, AZ_ORDERS_NONE);
    s.judges[0].samples = s.judges[1].samples = 3;
    seated_ballots(&s, 1, "11! 789");
    s.panel.aggregate.kind = AZ_AGG_MAX;
    assert_string_equal(seated_step(&s, false), "decide 8");
    s.panel.aggregate.kind = AZ_AGG_MEAN; /* of seats, not of ballots */
    assert_string_equal(seated_step(&s, false), "decide 4.5");
    assert_int_equal(seated_next(&s, false).verdict.seats.partial, 1);
    seated_release(&s);
}

static void the_mean_weighs_its_judges(void **state)
{
    (void)state;
    struct seated s;
    seated_init(&s, AZ_SCORE, 3, AZ_ORDERS_NONE);
    s.judges[s.at[0]].weight = 3;
    s.judges[s.at[2]].weight = 0;
    seated_ballots(&s, 1, "1 5 9");
    assert_string_equal(seated_step(&s, false), "decide 2");
    seated_reset(&s);
    seated_ballots(&s, 1, "! ! 9");
    assert_string_equal(seated_step(&s, false), "abstain: the judges that voted have no weight");
    seated_release(&s);
}

/* Three times 0.1 is 0.30000000000000004, and a third of that is above 0.1. */
static void no_mean_leaves_its_range(void **state)
{
    (void)state;
    struct seated s;
    seated_init(&s, AZ_SCORE, 3, AZ_ORDERS_NONE);
    s.panel.question.scale_min = 0;
    seated_ballots(&s, 1, "1 1 1");
    for (size_t i = 0; i < s.n; i++)
        s.ballots[i].score = 0.1;
    assert_true(seated_next(&s, false).verdict.score == 0.1);
    s.panel.aggregate.kind = AZ_AGG_TRIMMED_MEAN;
    assert_true(seated_next(&s, false).verdict.score == 0.1);
    seated_reset(&s);
    s.judges[s.at[0]].samples = 3;
    seated_ballots(&s, 1, "111 ! !");
    for (size_t i = 0; i < 3; i++)
        s.ballots[i].score = 0.1;
    assert_true(seated_next(&s, false).verdict.score == 0.1);
    seated_release(&s);
}

/* Neither no number nor one off the scale is a score, and none is clamped. */
static void scores_outside_are_errors(void **state)
{
    (void)state;
    static const double outside[] = {__builtin_nan(""), __builtin_inf(), 0.5, 9.5};
    struct seated s;
    seated_init(&s, AZ_SCORE, 2, AZ_ORDERS_NONE);
    for (size_t i = 0; i < AZ_LEN(outside); i++) {
        seated_reset(&s);
        seated_ballots(&s, 1, "4 4");
        s.ballots[0].score = outside[i];
        struct az_step step = seated_next(&s, false);
        assert_true(step.verdict.score == 4);
        assert_int_equal(step.verdict.seats.errors, 1);
    }
    s.ballots[1].score = 10;
    assert_string_equal(seated_step(&s, false), "fail: 2 of 2 seats in error: outside");
    s.panel.question.scale_max = s.panel.question.scale_min; /* no scale: any number */
    assert_string_equal(seated_step(&s, false), "decide 9.75");
    seated_release(&s);
}

static void dissent_is_the_other_side_of_pass(void **state)
{
    (void)state;
    struct seated s;
    seated_init(&s, AZ_SCORE, 4, AZ_ORDERS_NONE);
    seated_ballots(&s, 1, "5 6 2 !");
    assert_int_equal(seated_next(&s, false).verdict.dissent[0], 0);
    s.panel.question.pass = AZ_PASS_GE;
    s.panel.question.pass_at = 4;
    assert_int_equal(seated_next(&s, false).verdict.dissent[0], UINT64_C(1) << s.at[2]);
    seated_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(score_table),
        cmocka_unit_test(a_seat_is_the_mean_of_its_samples),
        cmocka_unit_test(the_mean_weighs_its_judges),
        cmocka_unit_test(no_mean_leaves_its_range),
        cmocka_unit_test(scores_outside_are_errors),
        cmocka_unit_test(dissent_is_the_other_side_of_pass),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
