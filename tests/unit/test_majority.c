/* policies/aggregate: majority, plurality and weighted, on labels. */
#include "tests/unit/seated.h"

static const char blocked_1_of_4[] =
    "abstain: no majority, and 1 of 4 seats in error could have made one";

static const struct {
    const char *name;
    enum az_aggregate_kind by;
    enum az_tie tie;
    int chair; /* seat, from 1, that breaks ties */
    const char *ballots, *want;
} cases[] = {
    {"more than half", AZ_AGG_MAJORITY, 0, 0, "A A A B", "decide A 3/4"},
    {"half is none", AZ_AGG_MAJORITY, 0, 0, "A A B B", "abstain: no majority"},
    {"the most is none", AZ_AGG_MAJORITY, 0, 0, "A A B C", "abstain: no majority"},
    {"an error that cannot matter", AZ_AGG_MAJORITY, AZ_TIE_JUDGE, 2, "A B C !", "decide B 1/4"},
    {"an error that can", AZ_AGG_MAJORITY, AZ_TIE_JUDGE, 2, "A A C !", blocked_1_of_4},
    {"the chair breaks it", AZ_AGG_MAJORITY, AZ_TIE_JUDGE, 3, "A A B B", "decide B 2/4"},
    {"the chair's own label", AZ_AGG_MAJORITY, AZ_TIE_JUDGE, 4, "A A B C", "decide C 1/4"},
    {"the chair is in error", AZ_AGG_MAJORITY, AZ_TIE_JUDGE, 4, "A B C !",
     "abstain: no majority, and the judge that breaks ties is split or in error"},
    {"the chair is not needed", AZ_AGG_MAJORITY, AZ_TIE_JUDGE, 4, "A A A B", "decide A 3/4"},

    {"plurality: the most is enough", AZ_AGG_PLURALITY, 0, 0, "A A B C", "decide A 2/4"},
    {"plurality: a shared top", AZ_AGG_PLURALITY, 0, 0, "A A B B", "abstain: the top is shared"},
    {"plurality: among those that voted", AZ_AGG_PLURALITY, 0, 0, "A ! ! !", "decide A 1/4"},
    {"plurality: errors break no tie", AZ_AGG_PLURALITY, 0, 0, "A B ! !",
     "abstain: the top is shared"},
    {"plurality: the chair", AZ_AGG_PLURALITY, AZ_TIE_JUDGE, 1, "C A B B", "decide B 2/4"},
    {"plurality: the chair does", AZ_AGG_PLURALITY, AZ_TIE_JUDGE, 1, "A A B B", "decide A 2/4"},
    {"plurality: none could be read", AZ_AGG_PLURALITY, 0, 0, "! ! ! !",
     "fail: 4 of 4 seats in error: timeout"},

    /* Weights 1 2 3 4: more than 5 of 10. */
    {"weighted: six of ten", AZ_AGG_WEIGHTED, 0, 0, "B A B A", "decide A 2/4"},
    {"weighted: three seats are half", AZ_AGG_WEIGHTED, AZ_TIE_JUDGE, 4, "A B C A", "decide A 2/4"},
    {"weighted: half is none", AZ_AGG_WEIGHTED, 0, 0, "A B C A", "abstain: no majority"},
    {"weighted: a light error cannot matter", AZ_AGG_WEIGHTED, AZ_TIE_JUDGE, 2, "! B C D",
     "decide B 1/4"},
    {"weighted: a heavy one can", AZ_AGG_WEIGHTED, 0, 0, "A A B !", blocked_1_of_4},
    {"weighted: and need not", AZ_AGG_WEIGHTED, 0, 0, "! B A A", "decide A 2/4"},
};

static void aggregate_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        struct seated s;
        seated_init(&s, AZ_CHOICE, 4, AZ_ORDERS_NONE);
        s.panel.aggregate.kind = cases[i].by;
        s.panel.aggregate.tie = cases[i].tie;
        for (int seat = 0; seat < 4; seat++)
            s.judges[s.at[seat]].weight = seat + 1;
        if (cases[i].chair)
            s.panel.aggregate.tie_judge = s.at[cases[i].chair - 1];
        seated_ballots(&s, 1, cases[i].ballots);
        const char *got = seated_step(&s, false);
        if (strcmp(got, cases[i].want))
            fail_msg("%s: got '%s', want '%s'", cases[i].name, got, cases[i].want);
        seated_release(&s);
    }
}

/* Samples: thirds must add up to halves and wholes. */
static const struct {
    const char *name, *ballots, *want;
} samples[] = {
    {"two thirds of two seats are not half of four", "AAB AAB BBB CCC", "abstain: no majority"},
    {"thirds make a whole", "AAB AAB ABB AAA", "decide A 2.66667/4"},
    {"thirds make exactly half", "AAB ABB AAA BBB", "abstain: no majority"},
    {"of two that can be read", "AA! AAA AAA BBB", "decide A 3/4"},
};

static void samples_are_folded_within_the_seat(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(samples); i++) {
        struct seated s;
        seated_init(&s, AZ_CHOICE, 4, AZ_ORDERS_NONE);
        for (int j = 0; j < 4; j++)
            s.judges[j].samples = 3;
        seated_ballots(&s, 1, samples[i].ballots);
        const char *got = seated_step(&s, false);
        if (strcmp(got, samples[i].want))
            fail_msg("%s: got '%s', want '%s'", samples[i].name, got, samples[i].want);
        seated_release(&s);
    }
}

/* A tie where it is no answer is half for each; a lexical judge whose top is
 * shared names no label, and its probabilities are the shares. */
static void answers_that_tie(void **state)
{
    (void)state;
    struct seated s;
    seated_init(&s, AZ_PAIR, 3, AZ_ORDERS_NONE);
    s.panel.question.ties = false;
    s.panel.question.n_labels = 2;
    seated_ballots(&s, 1, "A t A");
    assert_string_equal(seated_step(&s, false), "decide A 2.5/3");
    seated_release(&s);

    static const double shared[] = {0.5, 0, 0.5, 0}, not_shares[] = {0, 0, 0, 0};
    seated_init(&s, AZ_BEST, 3, AZ_ORDERS_NONE);
    s.panel.aggregate.kind = AZ_AGG_PLURALITY;
    seated_ballots(&s, 1, "A C B");
    struct az_ballot *b = &s.ballots[0];
    b->label = AZ_LABEL_NONE;
    b->n_probs = 4;
    b->probs = shared;
    assert_string_equal(seated_step(&s, false), "decide C 1.5/3");

    b->probs = not_shares; /* says nothing: unreadable, and no vote for A */
    assert_int_equal(seated_next(&s, false).verdict.seats.errors, 1);
    b->label = 4; /* a response that the item does not have */
    assert_int_equal(seated_next(&s, false).verdict.seats.errors, 1);
    s.ballots[1].label = s.ballots[2].label = 4;
    assert_string_equal(seated_step(&s, false), "fail: 3 of 3 seats in error: outside");
    seated_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(aggregate_table),
        cmocka_unit_test(samples_are_folded_within_the_seat),
        cmocka_unit_test(answers_that_tie),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
