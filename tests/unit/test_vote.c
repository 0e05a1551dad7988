/* policies/vote.c: a vote of three judges about a pair. */
#include "tests/unit/seated.h"

static const struct {
    const char *name;
    enum az_tie tie;
    int quorum;
    bool closed;
    const char *ballots, *want;
} cases[] = {
    {"nobody is asked yet", AZ_TIE_ABSTAIN, 1, false, "- - -", "ask 1 2 3"},
    {"missing is asked", AZ_TIE_ABSTAIN, 1, false, "A - B", "ask 2"},
    {"a majority does not spare the rest", AZ_TIE_ABSTAIN, 1, false, "A A -", "ask 3"},
    {"an error is not asked again", AZ_TIE_ABSTAIN, 1, false, "! - -", "ask 2 3"},
    {"unanimous", AZ_TIE_ABSTAIN, 1, false, "A A A", "decide A 3/3"},
    {"majority", AZ_TIE_ABSTAIN, 1, false, "A A B", "decide A 2/3"},
    {"majority of all seats", AZ_TIE_ABSTAIN, 1, false, "A A !", "decide A 2/3"},
    {"a tie is a label", AZ_TIE_ABSTAIN, 1, false, "t A t", "decide tie 2/3"},
    {"three ways abstains", AZ_TIE_ABSTAIN, 1, false, "A B t", "abstain: no majority"},
    {"three ways is a tie", AZ_TIE_TIE, 1, false, "A B t", "decide tie 1/3"},
    {"and so by default", AZ_TIE_DEFAULT, 1, false, "A B t", "decide tie 1/3"},
    {"an error could have made one", AZ_TIE_TIE, 1, false, "A B !",
     "abstain: no majority, and 1 of 3 seats in error could have made one"},
    {"two errors could", AZ_TIE_TIE, 1, false, "A ! !",
     "abstain: no majority, and 2 of 3 seats in error could have made one"},
    {"nobody could be read", AZ_TIE_TIE, 1, false, "! ! !", "fail: 3 of 3 seats in error: timeout"},
    {"below the quorum", AZ_TIE_TIE, 3, false, "A A !",
     "fail: 1 of 3 seats in error: timeout (quorum 3)"},
    {"at the quorum", AZ_TIE_TIE, 2, false, "A A !", "decide A 2/3"},
    {"quorum 0 is 1", AZ_TIE_TIE, 0, false, "! ! !", "fail: 3 of 3 seats in error: timeout"},
    {"closed: missing is an error", AZ_TIE_TIE, 1, true, "A A -", "decide A 2/3"},
    {"closed: and never a vote", AZ_TIE_TIE, 1, true, "A - -",
     "abstain: no majority, and 2 of 3 seats in error could have made one"},
    {"closed: nothing came", AZ_TIE_TIE, 1, true, "- - -", "fail: 3 of 3 seats in error: missing"},
    {"closed: the commonest error", AZ_TIE_TIE, 1, true, "! - !",
     "fail: 3 of 3 seats in error: timeout"},
};

static void vote_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        struct seated s;
        seated_init(&s, AZ_PAIR, 3, AZ_ORDERS_ONE);
        s.panel.aggregate.tie = cases[i].tie;
        s.panel.limits.quorum = cases[i].quorum;
        seated_ballots(&s, 1, cases[i].ballots);
        const char *got = seated_step(&s, cases[i].closed);
        if (strcmp(got, cases[i].want))
            fail_msg("%s: got '%s', want '%s'", cases[i].name, got, cases[i].want);
        seated_release(&s);
    }
}

/* Both orders: a seat's share is folded over its readable ballots. */
static const struct {
    const char *name, *ballots, *want;
    struct az_seats seats;
} both[] = {
    {"of one mind", "AA AA BB", "decide A 2/3", {3, 3, 3, 0, 0}},
    {"a split is half a share each", "AA AB BB", "decide tie 0/3", {3, 3, 3, 0, 0}},
    {"a split tips it", "AA AB BA", "decide A 2/3", {3, 3, 3, 0, 0}},
    {"half a tie vote", "At AA Bt", "decide tie 1/3", {3, 3, 3, 0, 0}},
    {"partial is readable", "A! AA BB", "decide A 2/3", {3, 3, 3, 0, 1}},
    {"unreadable is an error", "!! AA AA", "decide A 2/3", {3, 3, 2, 1, 0}},
    {"half a seat is missing", "AA AA A-", "ask 3", {0}},
    {"exactly half of all is no majority",
     "AA AB !!",
     "abstain: no majority, and 1 of 3 seats in error could have made one",
     {3, 3, 2, 1, 0}},
};

static void vote_in_both_orders(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(both); i++) {
        struct seated s;
        seated_init(&s, AZ_PAIR, 3, AZ_ORDERS_BOTH);
        seated_ballots(&s, 1, both[i].ballots);
        struct az_step step = seated_next(&s, false);
        const char *got = seated_step(&s, false);
        if (strcmp(got, both[i].want))
            fail_msg("%s: got '%s', want '%s'", both[i].name, got, both[i].want);
        if (memcmp(&step.verdict.seats, &both[i].seats, sizeof(both[i].seats)))
            fail_msg("%s: the seats are counted otherwise", both[i].name);
        seated_release(&s);
    }
}

static void ballots_of_no_question_change_nothing(void **state)
{
    (void)state;
    struct seated s;
    seated_init(&s, AZ_PAIR, 3, AZ_ORDERS_ONE);
    seated_ballots(&s, 1, "A B B");
    const size_t n = s.n;
    for (size_t i = 0; i < 5; i++)
        s.ballots[s.n++] = s.ballots[0];
    s.ballots[n].key.order = AZ_ORDER_REVERSED;
    s.ballots[n + 1].key.sample = 1;
    s.ballots[n + 2].key.round = 2;
    s.ballots[n + 3].key.criterion = 0;
    s.ballots[n + 4].key.judge = 3;
    assert_string_equal(seated_step(&s, false), "decide B 2/3");
    struct az_step step = seated_next(&s, false);
    for (size_t i = 0; i < s.n; i++)
        assert_int_equal(step.used[i], i < n);
    seated_release(&s);
}

static void dissent_and_cost(void **state)
{
    (void)state;
    struct seated s;
    seated_init(&s, AZ_PAIR, 5, AZ_ORDERS_BOTH);
    seated_ballots(&s, 1, "AA AA BB AB A!");
    for (size_t i = 0; i < s.n; i++)
        s.ballots[i].cost = 7;
    struct az_step step = seated_next(&s, false);
    assert_int_equal(step.verdict.label, AZ_LABEL_A);
    assert_int_equal(step.verdict.cost, 70); /* errors are paid for too */
    /* The split seat does not dissent. */
    assert_int_equal(step.verdict.dissent[0], UINT64_C(1) << s.at[2]);
    seated_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vote_table),
        cmocka_unit_test(vote_in_both_orders),
        cmocka_unit_test(ballots_of_no_question_change_nothing),
        cmocka_unit_test(dissent_and_cost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
