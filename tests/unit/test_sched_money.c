/* Budgets and costs: reserved, settled, and known or not. */
#include "coordinator/sched.h"

#include "tests/unit/unit.h"
// clang-format off
#include "tests/unit/sched_panels.h"
// clang-format on

/* The worst case of a question, as it is granted. */
static az_nusd one_worst(void)
{
    struct scene s;
    scene_paid(&s, "1000", 0);
    scene_event(&s, "credit 0 gpu 1");
    scene_event(&s, "add 0");
    scene_event(&s, "commit");
    az_nusd worst = s.grant;
    scene_release(&s);
    assert_true(worst > 100 * 1000000); /* 100 tokens out at 1000 USD a million */
    return worst;
}

static void sched_raise_waits_for_the_commit(void **state)
{
    (void)state;
    struct scene s;
    scene_paid(&s, "1000", 0);
    assert_string_equal(scene_event(&s, "credit 0 gpu 9"), "");
    assert_string_equal(scene_event(&s, "add 0"), "");
    assert_true(s.ceiling > 0 && s.settled == 0);
    assert_string_equal(scene_event(&s, "add 1"), "");
    assert_string_equal(scene_event(&s, "commit"), "ask 0: 0.0 1.0");
    assert_true(s.grant * 2 <= s.ceiling);
    scene_release(&s);
}

/* One fits, and no other as long as that one is under way; when it was cheap the
 * next fits, and when it was not, never. */
static void sched_money_ends(void **state)
{
    (void)state;
    az_nusd worst = one_worst();
    for (int cheap = 0; cheap < 2; cheap++) {
        struct scene s;
        char usd[32], event[64];
        snprintf(usd, sizeof(usd), "%.9f", (double)worst * 1.5 / 1e9);
        scene_paid(&s, usd, 0);
        scene_event(&s, "credit 0 gpu 9");
        scene_event(&s, "add 0");
        scene_event(&s, "add 1");
        assert_string_equal(scene_event(&s, "commit"), "ask 0: 0.0");
        scene_event(&s, "commit");
        assert_false(az_docket_counts(s.docket).broke);
        snprintf(event, sizeof(event), "answer 0 0.0 A $%d", cheap ? 1 : (int)(worst / 1000));
        const char *got = scene_event(&s, event);
        if (cheap) {
            assert_string_equal(got, "keep 0.0 A; decide 0 decided A; ask 0: 1.0");
        } else {
            assert_string_equal(got, "keep 0.0 A; decide 0 decided A");
            assert_true(az_docket_counts(s.docket).broke);
            assert_string_equal(scene_event(&s, "done"), "1 open");
            assert_false(az_docket_room(s.docket));
        }
        assert_true(s.ceiling <= s.panel->limits.usd);
        scene_release(&s);
    }
}

/* An item that is too dear for what is left stays open; the others go on. */
static void sched_one_dear_item_is_not_the_end(void **state)
{
    (void)state;
    struct scene s;
    char usd[32];
    snprintf(usd, sizeof(usd), "%.9f", (double)one_worst() * 8 / 1e9);
    scene_paid(&s, usd, 0);
    scene_event(&s, "credit 0 gpu 9");
    scene_event(&s, "add 0");
    assert_string_equal(scene_event(&s, "add 1000"), "");
    assert_string_equal(scene_event(&s, "commit"), "ask 0: 0.0");
    assert_string_equal(scene_event(&s, "done"), "1000 open");
    scene_event(&s, "add 1");
    scene_event(&s, "commit");
    assert_false(az_docket_counts(s.docket).broke);
    assert_int_equal(az_docket_counts(s.docket).unaffordable, 1);
    assert_true(az_docket_room(s.docket));

    /* Many of them are. */
    for (int i = 1001; i < 1001 + 16; i++) {
        char event[32];
        snprintf(event, sizeof(event), "add %d", i);
        scene_event(&s, event);
    }
    assert_true(az_docket_counts(s.docket).broke);
    scene_release(&s);
}

/* What earlier runs may have spent is spent. */
static void sched_counts_earlier_runs(void **state)
{
    (void)state;
    az_nusd worst = one_worst();
    struct scene s;
    char usd[32];
    snprintf(usd, sizeof(usd), "%.9f", (double)worst * 3 / 1e9);
    scene_paid(&s, usd, worst * 5 / 2);
    scene_event(&s, "credit 0 gpu 9");
    scene_event(&s, "add 0");
    assert_string_equal(scene_event(&s, "done"), "0 open");
    assert_true(az_docket_counts(s.docket).broke);
    scene_release(&s);
}

/* A lost lease may have cost its worst; a late one costs what it says. */
static void sched_losses_and_late_answers_cost(void **state)
{
    (void)state;
    struct scene s;
    scene_paid(&s, "1000", 0);
    scene_event(&s, "credit 0 gpu 9");
    scene_event(&s, "add 0");
    scene_event(&s, "commit");
    az_nusd worst = s.grant;
    scene_event(&s, "gone 0");
    assert_true(s.settled == worst);
    assert_string_equal(scene_event(&s, "credit 1 gpu 9"), "ask 1: 0.0");
    scene_event(&s, "tick 600000");
    scene_event(&s, "commit");
    assert_string_equal(scene_event(&s, "done"), "0 failed");
    assert_string_equal(scene_event(&s, "answer 1 0.0 A $7"), "keep 0.0 A");
    assert_true(s.settled == worst + 7000);
    assert_true(az_docket_idle(s.docket));
    struct az_error err = {0};
    assert_int_equal(az_docket_ledger(s.docket, &s.fx, &err), 0);
    assert_true(s.fx.v[0].ledger.ceiling == worst + 7000);
    scene_release(&s);
}

/* What a question cost is known if all the calls for it are; '-' is a lease that gave it
 * back without any, 'k' and 'u' one call of known and of unknown cost. The last has
 * the answer. */
static void sched_sum_of_known_costs(void **state)
{
    (void)state;
    static const struct {
        const char *leases;
        bool known;
    } rows[] = {{"k", true},   {"u", false}, {"kk", true},  {"ku", false},
                {"uk", false}, {"-k", true}, {"-u", false}, {"k-", true},
                {"u-", false}, {"-", false}, {"k-k", true}, {"ku-", false}};
    for (size_t i = 0; i < AZ_LEN(rows); i++) {
        struct scene s;
        scene_init(&s, two, 0);
        scene_event(&s, "credit 0 gpu 9");
        scene_event(&s, "add 0");
        const struct az_ballot *kept = NULL;
        for (const char *l = rows[i].leases; *l; l++) {
            struct az_msg_answer answer = {.again = l[1], .panel = 1};
            answer.ballot = (struct az_ballot){.key = scene_key("0.0"),
                                               .error = l[1] ? AZ_BE_PARSE : AZ_BE_NONE,
                                               .label = l[1] ? AZ_LABEL_NONE : 0,
                                               .attempts = *l != '-',
                                               .cost = *l == '-' ? 0 : 1000,
                                               .cost_known = *l == 'k',
                                               .how = AZ_STR("json")};
            struct az_msg msg = {.kind = AZ_MSG_ANSWERS};
            msg.answers.n = 1;
            msg.answers.v = &answer;
            az_effects_clear(&s.fx);
            assert_int_equal(az_sched_on_answers(s.sched, 0, &msg, 0, &s.fx, NULL), 0);
            for (size_t x = 0; x < s.fx.n; x++)
                kept = s.fx.v[x].kind == AZ_FX_BALLOT ? s.fx.v[x].ballot : kept;
        }
        assert_non_null(kept);
        if (kept->cost_known != rows[i].known)
            fail_msg("'%s': %d", rows[i].leases, kept->cost_known);
        scene_release(&s);
    }
}

/* A peer that bills beyond all sense can't turn the sums around. */
static void sched_survives_absurd_costs(void **state)
{
    (void)state;
    struct scene s;
    scene_paid(&s, "1000", 0);
    scene_event(&s, "credit 0 gpu 9");
    scene_event(&s, "add 0");
    scene_event(&s, "commit");
    struct az_msg_answer answer = {.panel = 1,
                                   .ballot = {.key = scene_key("0.0"),
                                              .label = AZ_LABEL_A,
                                              .how = AZ_STR("json"),
                                              .cost = AZ_NUSD_MAX,
                                              .attempts = 1}};
    struct az_msg msg = {.kind = AZ_MSG_ANSWERS};
    msg.answers.n = 1;
    msg.answers.v = &answer;
    for (int twice = 0; twice < 2; twice++)
        assert_int_equal(az_sched_on_answers(s.sched, 0, &msg, 0, &s.fx, NULL), 0);
    scene_run(&s);
    assert_true(s.settled == AZ_NUSD_MAX && s.ceiling == AZ_NUSD_MAX);
    scene_event(&s, "add 1");
    assert_true(az_docket_counts(s.docket).broke);
    scene_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sched_raise_waits_for_the_commit),
        cmocka_unit_test(sched_money_ends),
        cmocka_unit_test(sched_one_dear_item_is_not_the_end),
        cmocka_unit_test(sched_counts_earlier_runs),
        cmocka_unit_test(sched_losses_and_late_answers_cost),
        cmocka_unit_test(sched_sum_of_known_costs),
        cmocka_unit_test(sched_survives_absurd_costs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
