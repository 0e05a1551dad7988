/* client/cli/decide.c: the fold of a run, over what was kept. */
#include "client/cli/decide.h"

#include "core/mem.h"
#include "tests/unit/seated.h"

static const struct {
    const char *name;
    enum az_aggregate_kind kind;
    bool by_all, open;
    const char *ballots, *want;
} votes[] = {
    {"as the panel has it", AZ_AGG_PLURALITY, false, false, "A A B t t", "abstained"},
    {"by all", AZ_AGG_PLURALITY, true, false, "A A B t t", "tie"},
    {"by the majority", AZ_AGG_PLURALITY, true, false, "A A A t t", "A"},
    {"what is missing of a job that is over", AZ_AGG_MAJORITY, false, false, "A A A - -", "A"},
    {"and of one that goes on", AZ_AGG_MAJORITY, false, true, "A A A - -", "left"},
    {"where nothing is missing it is decided", AZ_AGG_MAJORITY, false, true, "A A A B B", "A"},
    {"nobody voted", AZ_AGG_MAJORITY, true, false, "- - - - -", "failed"},
};

static const char *outcome(const struct seated *s, int r, const struct az_verdict *v)
{
    if (r == AZ_DECIDE_LEFT)
        return "left";
    assert_int_equal(r, AZ_DECIDE_DONE);
    return v->status == AZ_DECIDED ? az_label_name(&s->panel.question, v->label)
                                   : az_status_name(v->status);
}

static int decide(struct seated *s, const struct az_panel *panel, bool open, bool gold,
                  struct az_verdict *v, struct az_ballots *ballots)
{
    struct az_decide_case c = {&s->item, {s->ballots, s->n}, open, gold, false};
    struct az_error err = {0};
    return az_decide(panel, &c, s->arena, v, ballots, &err);
}

static void vote_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(votes); i++) {
        struct seated s;
        struct az_panel panel;
        struct az_verdict v = {0};
        struct az_ballots ballots;
        seated_init(&s, AZ_PAIR, 5, AZ_ORDERS_ONE);
        s.panel.aggregate = (struct az_aggregate){.kind = votes[i].kind, .tie = AZ_TIE_ABSTAIN};
        seated_ballots(&s, 1, votes[i].ballots);
        assert_int_equal(az_decide_panel(&s.panel, votes[i].by_all, 0, &panel, NULL), 0);
        int r = decide(&s, &panel, votes[i].open, false, &v, &ballots);
        const char *got = outcome(&s, r, &v);
        if (strcmp(got, votes[i].want) != 0)
            fail_msg("%s: got '%s', want '%s'", votes[i].name, got, votes[i].want);
        seated_release(&s);
    }
}

/* Without a PANEL nobody said that those who did not come should have. */
static void who_came(void **state)
{
    (void)state;
    static const struct {
        const char *ballots, *want;
        int seats, dissent; /* of judge5; by number, from 1 */
        bool open;
    } cases[] = {
        {"- - A - A", "A", 2, 0, false},         {"- A A - B", "A", 3, 5, false},
        {"- - ! - A", "abstained", 2, 0, false}, {"- - - - -", "failed", 5, 0, false},
        {"- - A - A", "left", 0, 0, true},
    };
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        struct seated s;
        struct az_panel panel;
        struct az_verdict v = {0};
        struct az_ballots ballots;
        seated_init(&s, AZ_PAIR, 5, AZ_ORDERS_ONE);
        seated_ballots(&s, 1, cases[i].ballots);
        assert_int_equal(az_decide_panel(&s.panel, true, 0, &panel, NULL), 0);
        struct az_decide_case c = {&s.item, {s.ballots, s.n}, cases[i].open, false, true};
        int r = az_decide(&panel, &c, s.arena, &v, &ballots, NULL);
        assert_string_equal(outcome(&s, r, &v), cases[i].want);
        assert_int_equal(v.seats.n, cases[i].seats);
        for (int j = 0; j < 5; j++) {
            bool expected = cases[i].dissent && j == s.at[cases[i].dissent - 1];
            assert_int_equal(v.dissent[0] >> j & 1, expected);
        }
        if (r == AZ_DECIDE_DONE && ballots.n)
            assert_int_equal(ballots.v[0].key.judge, s.ballots[0].key.judge);
        seated_release(&s);
    }
}

static const struct {
    const char *name;
    int round;
    const char *want;
    int rounds;
    size_t seen;
} rounds[] = {
    {"all of a debate", 0, "B", 3, 9},
    {"as it stood after the first", 1, "A", 1, 3},
    {"after the second", 2, "A", 2, 6},
    {"more than there were", 9, "B", 3, 9},
};

static void round_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(rounds); i++) {
        struct seated s;
        struct az_panel panel;
        struct az_verdict v = {0};
        struct az_ballots ballots = {0};
        seated_init(&s, AZ_PAIR, 3, AZ_ORDERS_ONE);
        s.panel.policy = (struct az_policy){AZ_POLICY_DEBATE, .rounds = 3};
        seated_ballots(&s, 1, "A A B");
        seated_ballots(&s, 2, "A A t");
        seated_ballots(&s, 3, "B A B");
        assert_int_equal(az_decide_panel(&s.panel, false, rounds[i].round, &panel, NULL), 0);
        int r = decide(&s, &panel, false, false, &v, &ballots);
        if (strcmp(outcome(&s, r, &v), rounds[i].want) != 0 || v.rounds != rounds[i].rounds)
            fail_msg("%s: got '%s' in round %d", rounds[i].name, outcome(&s, r, &v), v.rounds);
        size_t used = 0;
        for (size_t k = 0; k < ballots.n; k++)
            used += ballots.v[k].used;
        assert_int_equal(used, rounds[i].seen);
        seated_release(&s);
    }
}

/* Early stopping asks items with gold in full: whether this one had gold then is what counts. */
static void gold_that_came_later(void **state)
{
    (void)state;
    int label[] = {AZ_LABEL_A};
    double weight[] = {1};
    for (int had_gold = 0; had_gold <= 1; had_gold++) {
        struct seated s;
        struct az_verdict v = {0};
        struct az_ballots ballots;
        seated_init(&s, AZ_PAIR, 3, AZ_ORDERS_ONE);
        s.panel.policy.early_stop = true;
        s.item.gold = (struct az_gold){.n = 1, .labels = label, .weights = weight};
        seated_ballots(&s, 1, "A A -");
        assert_int_equal(decide(&s, &s.panel, false, had_gold, &v, &ballots), AZ_DECIDE_DONE);
        assert_int_equal(v.early, !had_gold);
        assert_int_equal(v.seats.errors, had_gold);
        assert_int_equal(s.item.gold.n, 1);
        seated_release(&s);
    }
}

static void too_many_judges(void **state)
{
    (void)state;
    struct az_panel panel = {.n_judges = AZ_JUDGES_MAX + 1}, ret;
    struct az_error err = {0};
    assert_int_equal(az_decide_panel(&panel, true, 0, &ret, &err), AZ_EINVAL);
    assert_string_equal(err.what, "257 judges: a verdict names at most 256");
}

static void decide_without_memory(void **state)
{
    (void)state;
    int r = AZ_ENOMEM;
    for (int nth = 1; r == AZ_ENOMEM; nth++) {
        struct seated s;
        struct az_verdict v = {0};
        struct az_ballots ballots;
        seated_init(&s, AZ_PAIR, 3, AZ_ORDERS_ONE);
        seated_ballots(&s, 1, "A A B");
        az_arena_free(s.arena);
        s.arena = az_arena_new(1);
        az_fault_alloc(nth);
        struct az_decide_case c = {&s.item, {s.ballots, s.n}, false, false, true};
        r = az_decide(&s.panel, &c, s.arena, &v, &ballots, NULL);
        az_fault_alloc(0);
        seated_release(&s);
    }
    assert_int_equal(r, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vote_table),
        cmocka_unit_test(round_table),
        cmocka_unit_test(gold_that_came_later),
        cmocka_unit_test(too_many_judges),
        cmocka_unit_test(who_came),
        cmocka_unit_test(decide_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
