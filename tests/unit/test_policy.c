/* policies/policy.c: what a panel may ask for, and that neither arrival nor the
 * order of judges shows in a verdict. */
#include "core/mem.h"
#include "policies/aggregate/aggregate.h"
#include "tests/unit/seated.h"

/* ---- which panels may run ---- */

struct change {
    enum az_kind kind;
    bool no_ties;
    struct az_aggregate aggregate;
    struct az_policy policy;
    int quorum, judges;
    double weight; /* of judge 1; the others have 0 */
};

static const struct {
    const char *name;
    struct change with;
    const char *want; /* in the error; NULL: fine */
} checks[] = {
    {"a pair", {.kind = AZ_PAIR}, NULL},
    {"a score by its mean",
     {.kind = AZ_SCORE, .aggregate = {.kind = AZ_AGG_MEAN}, .weight = 1},
     NULL},
    {"a score by majority", {.kind = AZ_SCORE}, "aggregate 'majority' is for label questions"},
    {"a pair by its mean",
     {.kind = AZ_PAIR, .aggregate = {.kind = AZ_AGG_MEAN}},
     "aggregate 'mean' is for score questions"},
    {"rank", {.kind = AZ_RANK}, "question 'rank'"},
    {"tie with ties", {.kind = AZ_PAIR, .aggregate = {.tie = AZ_TIE_TIE}}, NULL},
    {"tie without",
     {.kind = AZ_PAIR, .no_ties = true, .aggregate = {.tie = AZ_TIE_TIE}},
     "needs a pair question with ties"},
    {"tie of a choice",
     {.kind = AZ_CHOICE, .aggregate = {.tie = AZ_TIE_TIE}},
     "needs a pair question with ties"},
    {"tie of a score",
     {.kind = AZ_SCORE, .aggregate = {.kind = AZ_AGG_MEDIAN, .tie = AZ_TIE_ABSTAIN}},
     "'tie' is for label questions"},
    {"a judge breaks it",
     {.kind = AZ_BEST, .aggregate = {.tie = AZ_TIE_JUDGE, .tie_judge = 2}},
     NULL},
    {"nobody breaks it",
     {.kind = AZ_BEST, .aggregate = {.tie = AZ_TIE_JUDGE, .tie_judge = 3}},
     "a judge that has no seat"},
    {"weights", {.kind = AZ_PAIR, .aggregate = {.kind = AZ_AGG_WEIGHTED}, .weight = 2}, NULL},
    {"no weights",
     {.kind = AZ_PAIR, .aggregate = {.kind = AZ_AGG_WEIGHTED}, .weight = 0},
     "add up to nothing"},
    {"a negative weight",
     {.kind = AZ_PAIR, .aggregate = {.kind = AZ_AGG_WEIGHTED}, .weight = -1},
     "the weight of judge 'judge1'"},
    {"trim", {.kind = AZ_SCORE, .aggregate = {.kind = AZ_AGG_TRIMMED_MEAN, .trim = 0.49}}, NULL},
    {"trim all",
     {.kind = AZ_SCORE, .aggregate = {.kind = AZ_AGG_TRIMMED_MEAN, .trim = 0.5}},
     "trim is not from 0"},
    {"quorum of all", {.kind = AZ_PAIR, .quorum = 3}, NULL},
    {"quorum of more", {.kind = AZ_PAIR, .quorum = 4}, "quorum is 4, but there are 3 seats"},
    {"a debate", {.kind = AZ_PAIR, .policy = {.kind = AZ_POLICY_DEBATE, .rounds = 2}}, NULL},
    {"a debate of none",
     {.kind = AZ_PAIR, .policy = {.kind = AZ_POLICY_DEBATE}},
     "rounds is not from 1 to 16"},
    {"a debate of one",
     {.kind = AZ_PAIR, .policy = {.kind = AZ_POLICY_DEBATE, .rounds = 2}, .judges = 1},
     "needs two judges"},
    {"audit", {.kind = AZ_PAIR, .policy = {.audit = 1.5}}, "audit is not from 0 to 1"},
};

static void check_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(checks); i++) {
        const struct change *c = &checks[i].with;
        struct seated s;
        struct az_error err = {0};
        seated_init(&s, c->kind, c->judges ? c->judges : 3, AZ_ORDERS_ONE);
        s.panel.question.ties &= !c->no_ties;
        s.panel.aggregate = c->aggregate;
        s.panel.policy = c->policy;
        s.panel.limits.quorum = c->quorum;
        for (size_t j = 0; j < s.panel.n_judges; j++)
            s.judges[j].weight = j ? 0 : c->weight;
        int r = az_policy_check(&s.panel, &err);
        assert_int_equal(r, checks[i].want ? AZ_EINVAL : 0);
        if (checks[i].want && !strstr(err.what, checks[i].want))
            fail_msg("%s: got '%s', want '%s'", checks[i].name, err.what, checks[i].want);
        seated_release(&s);
    }
    struct seated s;
    seated_init(&s, AZ_PAIR, 0, AZ_ORDERS_ONE);
    assert_int_equal(az_policy_check(&s.panel, NULL), AZ_EINVAL);
    seated_release(&s);
}

/* docs/policies.md has a heading for every kind and aggregate. */
static void docs_tell_of_each(void **state)
{
    (void)state;
    static char text[32768];
    const char *here = __FILE__, *tests = strstr(here, "tests/unit/");
    AZ_AUTO_BUF path = az_buf(AZ_BUF_MAX);
    az_buf_put(&path, here, (size_t)(tests - here));
    az_buf_z(&path, "docs/policies.md");
    FILE *f = fopen(path.p, "r");
    assert_non_null(f);
    size_t n = fread(text, 1, sizeof(text) - 1, f);
    fclose(f);
    assert_in_range(n, 1, sizeof(text) - 2); /* read to its end */

    const struct az_aggregator *by;
    for (size_t i = 0; (by = az_aggregator_at(i)); i++) {
        char heading[64];
        snprintf(heading, sizeof(heading), "\n### `%s`\n", by->name);
        if (!strstr(text, heading))
            fail_msg("docs/policies.md has no heading for '%s'", by->name);
    }
    assert_non_null(strstr(text, "\n### `vote`\n"));
    assert_non_null(strstr(text, "\n### `debate`\n"));
}

static void max_questions(void **state)
{
    (void)state;
    struct seated s;
    seated_init(&s, AZ_PAIR, 3, AZ_ORDERS_BOTH);
    s.judges[1].samples = 4;
    s.judges[2].orders = AZ_ORDERS_NONE;
    assert_int_equal(az_policy_max_questions(&s.panel), 2 + 8 + 1);
    s.panel.policy = (struct az_policy){.kind = AZ_POLICY_DEBATE, .rounds = 3};
    assert_int_equal(az_policy_max_questions(&s.panel), 33);
    seated_release(&s);
}

/* ---- no order shows ---- */

/* Stories of five judges, both orders, up to two rounds. */
static const struct {
    const char *name;
    bool early, debate;
    enum az_aggregate_kind by;
    const char *rounds[2];
} stories[] = {
    {"a vote", false, false, AZ_AGG_MAJORITY, {"AA AB BB A! AA"}},
    {"with errors", false, false, AZ_AGG_MAJORITY, {"AA !! BB !! AA"}},
    {"weighted", false, false, AZ_AGG_WEIGHTED, {"AA AB BB A! !!"}},
    {"early", true, false, AZ_AGG_MAJORITY, {"AA AB AA BB AA"}},
    {"early with errors", true, false, AZ_AGG_MAJORITY, {"!! AA A! BB AB"}},
    {"early and weighted", true, false, AZ_AGG_WEIGHTED, {"AA AA AA BB !!"}},
    {"early by plurality", true, false, AZ_AGG_PLURALITY, {"tt A! AA AA BB"}},
    {"a debate", false, true, AZ_AGG_MAJORITY, {"AA AB BB A! !!", "AA AA BB A! AB"}},
};

struct told {
    struct seated s;
    struct az_ballot all[SEATED_BALLOTS];
    size_t n;
};

static void tell(struct told *t, size_t story)
{
    struct seated *s = &t->s;
    seated_init(s, AZ_PAIR, 5, AZ_ORDERS_BOTH);
    s->panel.policy.early_stop = stories[story].early;
    if (stories[story].debate)
        s->panel.policy = (struct az_policy){.kind = AZ_POLICY_DEBATE, .rounds = 2};
    s->panel.aggregate.kind = stories[story].by;
    for (int seat = 0; seat < 5; seat++)
        s->judges[s->at[seat]].weight = 0.1 * (seat + 1); /* sums that round */
    for (int r = 0; r < 2 && stories[story].rounds[r]; r++)
        seated_ballots(s, r + 1, stories[story].rounds[r]);
    for (size_t i = 0; i < s->n; i++)
        s->ballots[i].cost = (az_nusd)(i + 1) * 1000;
    memcpy(t->all, s->ballots, sizeof(t->all));
    t->n = s->n;
}

static bool asked_for(const struct az_step *step, const struct az_key *key)
{
    for (size_t i = 0; i < step->ask.n; i++) {
        if (!az_key_cmp(&step->ask.v[i], key))
            return true;
    }
    return false;
}

/* Ask as the policy wants; of what is asked, the judge that comes first in
 * `order` answers first. */
static struct az_step answer_in_order(struct told *t, const int order[5])
{
    struct seated *s = &t->s;
    s->n = 0;
    for (;;) {
        struct az_step step = seated_next(s, false);
        if (step.kind == AZ_DECIDE)
            return step;
        const struct az_ballot *next = NULL;
        for (int k = 0; k < 5 && !next; k++) {
            for (size_t i = 0; i < t->n && !next; i++) {
                const struct az_ballot *b = &t->all[i];
                if (b->key.judge == order[k] && asked_for(&step, &b->key))
                    next = b;
            }
        }
        assert_non_null(next);
        s->ballots[s->n++] = *next;
    }
}

static void no_order_of_arrival_shows(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(stories); i++) {
        struct told t;
        tell(&t, i);
        AZ_AUTO_BUF want = az_buf(AZ_BUF_MAX);
        AZ_AUTO_BUF got = az_buf(AZ_BUF_MAX);
        int order[5] = {0, 1, 2, 3, 4};
        do {
            struct az_step step = answer_in_order(&t, order);
            const char *line = seated_line(&t.s, &step, false, &got);
            if (!want.n)
                az_buf_z(&want, line);
            if (strcmp(line, want.p))
                fail_msg("%s: %s\n%s", stories[i].name, line, want.p);
            seated_reset(&t.s);
        } while (seated_permute(order, 5));
        seated_release(&t.s);
    }
}

/* All ballots at once, in every order of the array, also those that early
 * stopping would not have asked for. */
static void no_order_in_memory_shows(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(stories); i++) {
        struct told t;
        tell(&t, i);
        AZ_AUTO_BUF want = az_buf(AZ_BUF_MAX);
        AZ_AUTO_BUF got = az_buf(AZ_BUF_MAX);
        int order[5] = {0, 1, 2, 3, 4};
        do {
            t.s.n = 0;
            for (int k = 0; k < 5; k++) {
                for (size_t b = t.n; b-- > 0;) {
                    if (t.all[b].key.judge == order[k])
                        t.s.ballots[t.s.n++] = t.all[b];
                }
            }
            struct az_step step = seated_next(&t.s, false);
            const char *line = seated_line(&t.s, &step, false, &got);
            if (!want.n)
                az_buf_z(&want, line);
            assert_string_equal(line, want.p);
            seated_reset(&t.s);
        } while (seated_permute(order, 5));
        seated_release(&t.s);
    }
}

static void no_order_of_judges_shows(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(stories); i++) {
        struct told t;
        tell(&t, i);
        struct az_judge judges[5];
        memcpy(judges, t.s.judges, sizeof(judges));
        AZ_AUTO_BUF want = az_buf(AZ_BUF_MAX);
        AZ_AUTO_BUF got = az_buf(AZ_BUF_MAX);
        int order[5] = {0, 1, 2, 3, 4}; /* where the judges now stand */
        do {
            for (int j = 0; j < 5; j++)
                t.s.judges[order[j]] = judges[j];
            t.s.n = t.n;
            for (size_t b = 0; b < t.n; b++) {
                t.s.ballots[b] = t.all[b];
                t.s.ballots[b].key.judge = order[t.all[b].key.judge];
            }
            struct az_step step = seated_next(&t.s, false);
            const char *line = seated_line(&t.s, &step, false, &got);
            if (!want.n)
                az_buf_z(&want, line);
            assert_string_equal(line, want.p);
            seated_reset(&t.s);
            t.s.n = t.n;
        } while (seated_permute(order, 5));
        seated_release(&t.s);
    }
}

/* A judge errs; another worker's late answer takes the error's place; a replay
 * finds them the other way round in the log, or only the answer. */
static void a_late_answer_and_its_replay(void **state)
{
    (void)state;
    struct seated s;
    AZ_AUTO_BUF late = az_buf(AZ_BUF_MAX);
    AZ_AUTO_BUF replay = az_buf(AZ_BUF_MAX);
    for (int early = 0; early < 2; early++) {
        seated_init(&s, AZ_PAIR, 5, AZ_ORDERS_ONE);
        s.panel.policy.early_stop = early;
        seated_ballots(&s, 1, "A ! B A -");
        assert_string_equal(seated_step(&s, false), "ask 5");
        seated_add(&s, 1, 1, 0, 'A');
        seated_add(&s, 4, 1, 0, 'B');
        struct az_step step = seated_next(&s, false);
        seated_line(&s, &step, true, &late);

        for (size_t a = 0, b = s.n - 1; a < b; a++, b--) {
            struct az_ballot swap = s.ballots[a];
            s.ballots[a] = s.ballots[b];
            s.ballots[b] = swap;
        }
        step = seated_next(&s, false);
        assert_string_equal(seated_line(&s, &step, true, &replay), late.p);

        seated_reset(&s);
        seated_ballots(&s, 1, "A A B A B");
        step = seated_next(&s, true);
        assert_string_equal(seated_line(&s, &step, true, &replay), late.p);
        seated_release(&s);
    }
}

/* ---- memory ---- */

static void next_and_view_without_memory(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(stories); i++) {
        struct told t;
        tell(&t, i);
        int r = AZ_ENOMEM;
        for (int nth = 1; r == AZ_ENOMEM; nth++) {
            struct az_fold fold = seated_fold(&t.s, false);
            struct az_key key = {.judge = 0, .round = 2, .criterion = -1};
            struct az_step step;
            struct az_view view;
            struct az_error err = {0};
            fold.arena = az_arena_new(64);
            assert_non_null(fold.arena);
            az_fault_alloc(nth);
            r = az_policy_next(&fold, &step, &err);
            assert_true(r == 0 || (r == AZ_ENOMEM && *err.what));
            if (!r)
                r = az_policy_view(&fold, &key, &view);
            az_fault_alloc(0);
            assert_true(r == 0 || r == AZ_ENOMEM);
            az_arena_free(fold.arena);
        }
        seated_release(&t.s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(check_table),
        cmocka_unit_test(docs_tell_of_each),
        cmocka_unit_test(max_questions),
        cmocka_unit_test(no_order_of_arrival_shows),
        cmocka_unit_test(no_order_in_memory_shows),
        cmocka_unit_test(no_order_of_judges_shows),
        cmocka_unit_test(a_late_answer_and_its_replay),
        cmocka_unit_test(next_and_view_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
