/* policies/debate.c and view.c: three judges, up to three rounds. */
#include "tests/unit/seated.h"

static const struct {
    const char *name;
    int quorum;
    bool closed;
    const char *rounds[3], *want;
} cases[] = {
    {"everybody is asked", 1, false, {"- - -"}, "ask 1 2 3"},
    {"a round is waited for", 1, false, {"A A -"}, "ask 3"},
    {"consensus ends it", 1, false, {"A A A"}, "decide A 3/3"},
    {"a majority does not", 1, false, {"A A B"}, "ask 1 2 3 in round 2"},
    {"the second round is waited for", 1, false, {"A A B", "A - A"}, "ask 2 in round 2"},
    {"consensus in the second", 1, false, {"A A B", "A A A"}, "decide A 3/3 in round 2"},
    {"the last round decides", 1, false, {"A A A", "B B B"}, "decide A 3/3"},
    {"by its vote", 1, false, {"A A B", "A B B", "A B B"}, "decide B 2/3 in round 3"},
    {"or by the tie rule", 1, false, {"A A B", "A A B", "A B t"}, "decide tie 1/3 in round 3"},
    {"an error does not stand in the way", 1, false, {"A A !"}, "decide A 2/3"},
    {"unless all are", 1, false, {"! ! !"}, "ask 1 2 3 in round 2"},
    {"who erred is asked again", 1, false, {"A B !", "- - -"}, "ask 1 2 3 in round 2"},
    {"and may come to vote", 1, false, {"A B !", "A A A"}, "decide A 3/3 in round 2"},
    {"below the quorum there is no consensus", 2, false, {"A ! !"}, "ask 1 2 3 in round 2"},
    {"errors to the end",
     1,
     false,
     {"! ! !", "! ! !", "! ! !"},
     "fail: 3 of 3 seats in error: timeout in round 3"},
    {"who errs at last has no vote",
     1,
     false,
     {"A A B", "A A B", "A B !"},
     "abstain: no majority, and 1 of 3 seats in error could have made one in round 3"},
    {"closed: the last round asked", 1, true, {"A A B"}, "decide A 2/3"},
    {"closed: with what there is of it", 1, true, {"A A B", "B B -"}, "decide B 2/3 in round 2"},
    {"closed: nothing came", 1, true, {"- - -"}, "fail: 3 of 3 seats in error: missing"},
};

static void debate_init(struct seated *s, enum az_kind kind, enum az_orders orders)
{
    seated_init(s, kind, 3, orders);
    s->panel.policy = (struct az_policy){.kind = AZ_POLICY_DEBATE, .rounds = 3};
}

static void debate_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        struct seated s;
        debate_init(&s, AZ_PAIR, AZ_ORDERS_ONE);
        s.panel.limits.quorum = cases[i].quorum;
        for (int r = 0; r < 3 && cases[i].rounds[r]; r++)
            seated_ballots(&s, r + 1, cases[i].rounds[r]);
        const char *got = seated_step(&s, cases[i].closed);
        if (strcmp(got, cases[i].want))
            fail_msg("%s: got '%s', want '%s'", cases[i].name, got, cases[i].want);
        seated_release(&s);
    }
}

static void split_seats_do_not_agree(void **state)
{
    (void)state;
    struct seated s;
    debate_init(&s, AZ_PAIR, AZ_ORDERS_BOTH);
    seated_ballots(&s, 1, "AA AA AB");
    assert_string_equal(seated_step(&s, false), "ask 1 2 3 in round 2");
    assert_int_equal(seated_next(&s, false).ask.n, 6);
    seated_release(&s);
}

static void scores_agree_within_one_step(void **state)
{
    (void)state;
    struct seated s;
    debate_init(&s, AZ_SCORE, AZ_ORDERS_NONE);
    seated_ballots(&s, 1, "4 5 4");
    assert_string_equal(seated_step(&s, false), "decide 4.33333");
    seated_reset(&s);
    seated_ballots(&s, 1, "4 5 6");
    assert_string_equal(seated_step(&s, false), "ask 1 2 3 in round 2");
    seated_reset(&s);
    s.panel.question.step = 0;
    seated_ballots(&s, 1, "4 4 !");
    assert_string_equal(seated_step(&s, false), "decide 4");
    seated_release(&s);
}

/* All rounds are paid for and used; what came for a round that was not held is
 * neither. */
static void earlier_rounds_are_used(void **state)
{
    (void)state;
    struct seated s;
    debate_init(&s, AZ_PAIR, AZ_ORDERS_ONE);
    seated_ballots(&s, 1, "A A B");
    seated_ballots(&s, 2, "A A A");
    seated_ballots(&s, 3, "B B B");
    for (size_t i = 0; i < s.n; i++)
        s.ballots[i].cost = 1;
    struct az_step step = seated_next(&s, false);
    assert_int_equal(step.verdict.cost, 6);
    for (size_t i = 0; i < s.n; i++)
        assert_int_equal(step.used[i], i < 6);
    seated_release(&s);
}

static struct az_view view_in(struct seated *s, int seat, int round, enum az_order order)
{
    struct az_fold fold = seated_fold(s, false);
    struct az_key key = {.judge = s->at[seat], .round = round, .criterion = -1, .order = order};
    struct az_view view;
    assert_int_equal(az_policy_view(&fold, &key, &view), 0);
    return view;
}

static struct az_view view_of(struct seated *s, int seat, int round)
{
    return view_in(s, seat, round, AZ_ORDER_LISTED);
}

static void others_are_seen_and_oneself_is_not(void **state)
{
    (void)state;
    struct seated s;
    debate_init(&s, AZ_PAIR, AZ_ORDERS_BOTH);
    seated_ballots(&s, 1, "AA !B AB");
    s.ballots[0].rationale = AZ_STR("as listed");
    s.ballots[1].rationale = AZ_STR("reversed");
    s.ballots[3].rationale = AZ_STR("reversed, of the second");
    assert_int_equal(view_of(&s, 0, 1).n, 0);

    struct az_view view = view_of(&s, 2, 2);
    assert_int_equal(view.n, 2);
    assert_int_equal(view.seen[0].label, AZ_LABEL_A);
    assert_true(az_str_eqz(view.seen[0].rationale, "as listed"));
    assert_int_equal(view.seen[1].label, AZ_LABEL_B);
    /* "A is better" of the other order would be said of the wrong response. */
    assert_null(view.seen[1].rationale.p);

    view = view_in(&s, 2, 2, AZ_ORDER_REVERSED);
    assert_int_equal(view.seen[0].label, AZ_LABEL_A);
    assert_true(az_str_eqz(view.seen[0].rationale, "reversed"));
    assert_true(az_str_eqz(view.seen[1].rationale, "reversed, of the second"));

    view = view_of(&s, 0, 2); /* the split seat says nothing that can be told */
    assert_int_equal(view.n, 1);
    assert_int_equal(view.seen[0].label, AZ_LABEL_B);
    assert_int_equal(view_of(&s, 0, 3).n, 0); /* of round 2, which has none */

    s.panel.policy.kind = AZ_POLICY_VOTE;
    assert_int_equal(view_of(&s, 0, 2).n, 0);
    seated_release(&s);
}

/* The reason told is one for the answer told. */
static void a_reason_is_of_the_seats_own_side(void **state)
{
    (void)state;
    struct seated s;
    debate_init(&s, AZ_CHOICE, AZ_ORDERS_NONE);
    s.judges[s.at[1]].samples = 3;
    seated_ballots(&s, 1, "A BAA B");
    s.ballots[1].rationale = AZ_STR("for B");
    s.ballots[2].rationale = AZ_STR("for A");
    struct az_view view = view_in(&s, 0, 2, AZ_ORDER_NONE);
    assert_int_equal(view.n, 2);
    assert_int_equal(view.seen[0].label, AZ_LABEL_A);
    assert_true(az_str_eqz(view.seen[0].rationale, "for A"));
    seated_release(&s);
}

static void scores_are_seen_as_the_seats_mean(void **state)
{
    (void)state;
    struct seated s;
    debate_init(&s, AZ_SCORE, AZ_ORDERS_NONE);
    s.judges[s.at[1]].samples = 2;
    seated_ballots(&s, 1, "4 56 !");
    struct az_view view = view_of(&s, 0, 2);
    assert_int_equal(view.n, 1);
    assert_true(view.seen[0].has_score && view.seen[0].score == 5.5);
    assert_int_equal(view.seen[0].label, AZ_LABEL_NONE);
    seated_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(debate_table),
        cmocka_unit_test(split_seats_do_not_agree),
        cmocka_unit_test(scores_agree_within_one_step),
        cmocka_unit_test(earlier_rounds_are_used),
        cmocka_unit_test(others_are_seen_and_oneself_is_not),
        cmocka_unit_test(a_reason_is_of_the_seats_own_side),
        cmocka_unit_test(scores_are_seen_as_the_seats_mean),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
