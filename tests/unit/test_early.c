/* policies/early.c: what need not be asked. Five judges unless said. */
#include "core/rng.h"
#include "tests/unit/seated.h"

static const struct {
    const char *name;
    enum az_kind kind;
    enum az_aggregate_kind by;
    enum az_tie tie; /* JUDGE: seat 5 breaks it */
    int quorum;
    const char *ballots, *want;
} cases[] = {
    {"as few as could decide", AZ_PAIR, AZ_AGG_MAJORITY, 0, 1, "- - - - -", "ask 1 2 3"},
    {"what is missing of them", AZ_PAIR, AZ_AGG_MAJORITY, 0, 1, "A - - - -", "ask 2 3"},
    {"they do", AZ_PAIR, AZ_AGG_MAJORITY, 0, 1, "A A A - -", "decide A 3/3 of 5"},
    {"they do not: as few more", AZ_PAIR, AZ_AGG_MAJORITY, 0, 1, "A B A - -", "ask 4"},
    {"the fourth does", AZ_PAIR, AZ_AGG_MAJORITY, 0, 1, "A B A A -", "decide A 3/4 of 5"},
    {"the fifth is needed", AZ_PAIR, AZ_AGG_MAJORITY, 0, 1, "A B A B -", "ask 5"},
    {"seen at once that three won't do", AZ_PAIR, AZ_AGG_MAJORITY, 0, 1, "- A B - -", "ask 1 4"},
    {"all came, and three sufficed", AZ_PAIR, AZ_AGG_MAJORITY, 0, 1, "A A A B B",
     "decide A 3/3 of 5"},
    {"later seats do not speed it up", AZ_PAIR, AZ_AGG_MAJORITY, 0, 1, "A - A A A", "ask 2"},
    {"errors: more are asked", AZ_PAIR, AZ_AGG_MAJORITY, 0, 1, "A ! A - -", "ask 4"},
    {"errors: no majority can come", AZ_PAIR, AZ_AGG_MAJORITY, 0, 1, "A ! ! ! -",
     "abstain: no majority, and 3 of 5 seats in error could have made one"},
    {"errors: all might yet be", AZ_PAIR, AZ_AGG_MAJORITY, 0, 1, "! ! ! ! -", "ask 5"},
    {"quorum: it must be reached", AZ_PAIR, AZ_AGG_MAJORITY, 0, 4, "- - - - -", "ask 1 2 3 4"},
    {"quorum: also with a majority", AZ_PAIR, AZ_AGG_MAJORITY, 0, 4, "A A A - -", "ask 4"},
    {"quorum: out of reach", AZ_PAIR, AZ_AGG_MAJORITY, 0, 4, "A ! ! - -",
     "fail: 2 of 5 seats in error: timeout (quorum 4)"},
    {"four ways: nobody can win", AZ_CHOICE, AZ_AGG_MAJORITY, 0, 1, "A B C D -",
     "abstain: no majority"},
    {"four ways: the chair is asked", AZ_CHOICE, AZ_AGG_MAJORITY, AZ_TIE_JUDGE, 1, "A B C D -",
     "ask 5"},
    {"a tie, whoever is last", AZ_PAIR, AZ_AGG_MAJORITY, AZ_TIE_TIE, 1, "A B t t -", "ask 5"},
    {"plurality: the lead is safe", AZ_CHOICE, AZ_AGG_PLURALITY, 0, 1, "A A B A -",
     "decide A 3/4 of 5"},
    {"plurality: fewer than half", AZ_CHOICE, AZ_AGG_PLURALITY, 0, 1, "A B A C -", "ask 5"},
    {"plurality: an error takes nothing", AZ_CHOICE, AZ_AGG_PLURALITY, 0, 1, "A ! A ! -",
     "decide A 2/4 of 5"},
    {"weighted: heavy ones decide", AZ_PAIR, AZ_AGG_WEIGHTED, 0, 1, "- - - - -", "ask 1 2"},
    {"weighted: they do", AZ_PAIR, AZ_AGG_WEIGHTED, 0, 1, "A A - - -", "decide A 2/2 of 5"},
    {"min: one at a time", AZ_SCORE, AZ_AGG_MIN, 0, 1, "4 - - - -", "ask 2"},
    {"min: the end of the scale", AZ_SCORE, AZ_AGG_MIN, 0, 1, "4 1 - - -", "decide 1 of 5"},
    {"max: the other end", AZ_SCORE, AZ_AGG_MAX, 0, 1, "4 9 - - -", "decide 9 of 5"},
    {"max: with a quorum", AZ_SCORE, AZ_AGG_MAX, 0, 3, "9 - - - -", "ask 2 3"},
    {"the mean needs all", AZ_SCORE, AZ_AGG_MEAN, 0, 1, "9 9 9 - -", "ask 4 5"},
};

static void early_init(struct seated *s, enum az_kind kind, enum az_aggregate_kind by)
{
    seated_init(s, kind, 5, AZ_ORDERS_NONE);
    s->panel.policy.early_stop = true;
    s->panel.aggregate.kind = by;
    for (int seat = 0; seat < 5; seat++) /* 4 3 2 1 1: more than 5.5 */
        s->judges[s->at[seat]].weight = AZ_MAX(4 - seat, 1);
}

static void early_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        struct seated s;
        early_init(&s, cases[i].kind, cases[i].by);
        s.panel.aggregate.tie = cases[i].tie;
        s.panel.aggregate.tie_judge = s.at[4];
        s.panel.limits.quorum = cases[i].quorum;
        seated_ballots(&s, 1, cases[i].ballots);
        const char *got = seated_step(&s, false);
        if (strcmp(got, cases[i].want))
            fail_msg("%s: got '%s', want '%s'", cases[i].name, got, cases[i].want);
        seated_release(&s);
    }
}

static void what_came_beyond_is_not_used(void **state)
{
    (void)state;
    struct seated s;
    early_init(&s, AZ_PAIR, AZ_AGG_MAJORITY);
    seated_ballots(&s, 1, "A A A B B");
    for (size_t i = 0; i < s.n; i++)
        s.ballots[i].cost = 1;
    struct az_step step = seated_next(&s, false);
    assert_int_equal(step.verdict.cost, 3);
    assert_int_equal(step.verdict.seats.asked, 3);
    assert_int_equal(step.verdict.dissent[0], 0);
    for (size_t i = 0; i < s.n; i++)
        assert_int_equal(step.used[i], i < 3);
    seated_release(&s);
}

static void a_seat_is_asked_whole(void **state)
{
    (void)state;
    struct seated s;
    seated_init(&s, AZ_PAIR, 3, AZ_ORDERS_BOTH);
    s.panel.policy.early_stop = true;
    seated_ballots(&s, 1, "AA A- --");
    assert_string_equal(seated_step(&s, false), "ask 2");
    seated_reset(&s);
    seated_ballots(&s, 1, "AA AB --");
    assert_string_equal(seated_step(&s, false), "ask 3");
    assert_int_equal(seated_next(&s, false).ask.n, 2);
    seated_release(&s);
}

static void gold_and_audit_are_asked_in_full(void **state)
{
    (void)state;
    struct seated s;
    early_init(&s, AZ_PAIR, AZ_AGG_MAJORITY);
    int label = AZ_LABEL_A;
    s.item.gold = (struct az_gold){.n = 1, .labels = &label};
    assert_string_equal(seated_step(&s, false), "ask 1 2 3 4 5");
    s.item.gold = (struct az_gold){.has_number = true};
    assert_string_equal(seated_step(&s, false), "ask 1 2 3 4 5");
    s.item.gold = (struct az_gold){0};
    assert_string_equal(seated_step(&s, false), "ask 1 2 3");
    s.panel.policy.audit = 1;
    assert_string_equal(seated_step(&s, false), "ask 1 2 3 4 5");

    int audited = 0;
    s.panel.policy.audit = 0.1;
    for (int i = 0; i < 2000; i++) {
        char id[16];
        s.item.id = (struct az_str){id, (size_t)snprintf(id, sizeof(id), "item-%d", i)};
        seated_reset(&s);
        audited += seated_next(&s, false).ask.n == 5;
    }
    assert_in_range(audited, 150, 250); /* of 2000: 200, by ids that never change */
    seated_release(&s);
}

static void closed_counts_what_was_never_asked(void **state)
{
    (void)state;
    struct seated s;
    early_init(&s, AZ_PAIR, AZ_AGG_MAJORITY);
    seated_ballots(&s, 1, "A A - - -");
    assert_string_equal(seated_step(&s, true),
                        "abstain: no majority, and 3 of 5 seats in error could have made one");
    seated_reset(&s);
    seated_ballots(&s, 1, "A A A - -"); /* a replay of what stopped early */
    assert_string_equal(seated_step(&s, true), "decide A 3/3 of 5");
    seated_release(&s);
}

/* ---- the promise ---- */

static char random_letter(struct az_rng *rng, enum az_kind kind)
{
    uint64_t r = az_rng_below(rng, 12);
    if (kind == AZ_SCORE)
        return r < 2 ? '!' : r < 5 ? '1' : r < 8 ? '9' : '5';
    return r < 2 ? '!' : r < 6 ? 'A' : r < 9 ? 'B' : kind == AZ_PAIR ? 't' : r < 11 ? 'C' : 'D';
}

static void random_panel(struct seated *s, struct az_rng *rng)
{
    static const enum az_aggregate_kind for_labels[] = {AZ_AGG_MAJORITY, AZ_AGG_PLURALITY,
                                                        AZ_AGG_WEIGHTED};
    static const enum az_aggregate_kind for_scores[] = {AZ_AGG_MIN, AZ_AGG_MAX};
    static const enum az_kind kinds[] = {AZ_PAIR, AZ_CHOICE, AZ_BEST, AZ_SCORE};
    enum az_kind kind = kinds[az_rng_below(rng, AZ_LEN(kinds))];
    int n = (int)az_rng_below(rng, 7) + 1;
    seated_init(s, kind, n, az_rng_below(rng, 2) ? AZ_ORDERS_BOTH : AZ_ORDERS_ONE);
    s->panel.aggregate.kind =
        kind == AZ_SCORE ? for_scores[az_rng_below(rng, 2)] : for_labels[az_rng_below(rng, 3)];
    s->panel.aggregate.tie = az_rng_below(rng, 2) ? AZ_TIE_DEFAULT : AZ_TIE_JUDGE;
    s->panel.aggregate.tie_judge = (int)az_rng_below(rng, (uint64_t)n);
    s->panel.limits.quorum = (int)az_rng_below(rng, (uint64_t)n) + 1;
    for (int j = 0; j < n; j++)
        s->judges[j].weight = (double)az_rng_below(rng, 7) / 3 + (j == 0);
}

static void random_ballots(struct seated *s, struct az_rng *rng)
{
    enum az_order orders[2];
    int n_orders = az_judge_orders(&s->panel, 0, orders);
    for (int seat = 0; seat < (int)s->panel.n_judges; seat++) {
        for (int nth = 0; nth < n_orders; nth++)
            seated_add(s, seat, 1, nth, random_letter(rng, s->panel.question.kind));
    }
}

/* Ask only what is asked for, in a random order, until the verdict. */
static struct az_step ask_until_decided(struct seated *s, struct az_rng *rng, struct az_ballots all,
                                        size_t *calls)
{
    for (;;) {
        struct az_step step = seated_next(s, false);
        if (step.kind == AZ_DECIDE)
            return step;
        struct az_key key = step.ask.v[az_rng_below(rng, step.ask.n)];
        size_t i = 0;
        while (az_key_cmp(&all.v[i].key, &key))
            i++;
        s->ballots[s->n++] = all.v[i];
        ++*calls;
    }
}

static void same_outcome_as_in_full(void **state)
{
    (void)state;
    size_t calls = 0, in_full = 0;
    for (uint64_t seed = 1; seed <= 4000; seed++) {
        struct az_rng rng = az_rng(seed);
        struct seated s;
        random_panel(&s, &rng);
        random_ballots(&s, &rng);
        struct az_ballot all[SEATED_BALLOTS];
        const struct az_ballots ballots = {all, s.n};
        memcpy(all, s.ballots, sizeof(all));

        struct az_verdict full = seated_next(&s, false).verdict;
        s.panel.policy.early_stop = true;
        struct az_step step = seated_next(&s, false); /* all is there already */
        AZ_AUTO_BUF there = az_buf(AZ_BUF_MAX), line = az_buf(AZ_BUF_MAX);
        seated_line(&s, &step, true, &there);
        s.n = 0;
        step = ask_until_decided(&s, &rng, ballots, &calls);
        const struct az_verdict early = step.verdict;
        in_full += ballots.n;

        if (early.status != full.status || early.label != full.label || early.score != full.score ||
            early.has_score != full.has_score)
            fail_msg("seed %llu: early stopping changed the outcome", (unsigned long long)seed);
        if (strcmp(seated_line(&s, &step, true, &line), there.p))
            fail_msg("seed %llu: the order of arrival shows", (unsigned long long)seed);
        seated_release(&s);
    }
    assert_in_range(calls, in_full / 2, in_full * 19 / 20); /* and it does spare something */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(early_table),
        cmocka_unit_test(what_came_beyond_is_not_used),
        cmocka_unit_test(a_seat_is_asked_whole),
        cmocka_unit_test(gold_and_audit_are_asked_in_full),
        cmocka_unit_test(closed_counts_what_was_never_asked),
        cmocka_unit_test(same_outcome_as_in_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
