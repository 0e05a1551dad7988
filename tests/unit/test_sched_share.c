/* Several jobs and workers: whose turn it is, and what waits. */
#include "coordinator/sched.h"

#include "core/mem.h"
#include "tests/unit/unit.h"
// clang-format off
#include "tests/unit/sched_scene.h"
// clang-format on

enum { JOBS_MAX = 4 };

static const char one_judge[] = "question: {kind: choice, labels: [A, B], ask: Which?}\n"
                                "backends: [{name: gpu, kind: openai, url: 'http://gpu/v1'}]\n"
                                "judges: [{name: a, backend: gpu, model: m}]\n"
                                "limits: {hedge: %s}\n";

static const char debate[] = "question: {kind: choice, labels: [A, B], ask: Which?}\n"
                             "backends: [{name: gpu, kind: openai, url: 'http://gpu/v1'}]\n"
                             "judges:\n"
                             "  - {name: a, backend: gpu, model: m}\n"
                             "  - {name: b, backend: gpu, model: n}\n"
                             "policy: {kind: debate, rounds: 2}\n";

/* Jobs of one panel and what each peer was sent of them. */
struct hall {
    struct az_panel *panel;
    struct az_sched *sched;
    struct az_docket *jobs[JOBS_MAX];
    size_t n_jobs;
    struct az_effects fx;
    az_ms now;
    int asked[JOBS_MAX], by_peer[8], calls_of_one, recalled;
    struct az_key last[8]; /* that each peer was asked */
    int last_attempts, last_calls;
};

static void hall_init(struct hall *h, const char *hedge, size_t n, const int *weights, int slots)
{
    char yaml[1024];
    *h = (struct hall){.n_jobs = n};
    snprintf(yaml, sizeof(yaml), one_judge, hedge);
    struct az_error err = {0};
    struct az_panel_source source = {0};
    if (az_panel_parse(yaml, "hall.yaml", &source, &h->panel, &err) < 0)
        fail_msg("%s", err.what);
    struct az_sched_config config = {.silence_ms = 0};
    assert_int_equal(az_sched_new(&config, &h->sched, &err), 0);
    assert_int_equal(az_effects_init(&h->fx, &err), 0);
    for (size_t j = 0; j < n; j++) {
        struct az_docket_config docket = {.number = (uint32_t)j + 1,
                                          .panel = h->panel,
                                          .window_items = 10000,
                                          .window_bytes = 64 << 20,
                                          .weight = weights[j],
                                          .under_way_max = slots};
        assert_int_equal(az_sched_open(h->sched, &docket, &h->jobs[j], &err), 0);
    }
}

static void hall_release(struct hall *h)
{
    az_effects_release(&h->fx);
    az_sched_free(h->sched);
    az_panel_free(h->panel);
}

static void hall_run(struct hall *h)
{
    for (size_t i = 0; i < h->fx.n; i++) {
        const struct az_effect *x = &h->fx.v[i];
        if (x->kind != AZ_FX_SEND)
            continue;
        if (x->send.msg.kind == AZ_MSG_RECALL)
            h->recalled += (int)x->send.msg.recall.n;
        for (size_t q = 0; x->send.msg.kind == AZ_MSG_QUESTIONS && q < x->send.msg.questions.n;
             q++) {
            const struct az_msg_question *question = &x->send.msg.questions.v[q];
            h->asked[question->panel - 1]++;
            h->by_peer[x->send.peer]++;
            h->calls_of_one += question->calls == 1;
            h->last[x->send.peer] = question->key;
            h->last_attempts = question->attempts;
            h->last_calls = (int)question->calls;
        }
    }
    az_effects_clear(&h->fx);
}

static void hall_add(struct hall *h, size_t job, int items)
{
    for (int i = 0; i < items; i++) {
        assert_int_equal(az_docket_add(h->jobs[job], scene_item(i), (struct az_ballots){0}, h->now,
                                       &h->fx, NULL),
                         0);
        hall_run(h);
    }
}

static void hall_credit(struct hall *h, int peer, uint32_t n, const char *group, double rpm)
{
    struct az_credit credit = {.backend = AZ_STR("gpu"),
                               .kind = AZ_STR("openai"),
                               .credit = n,
                               .limit_group = az_str(group),
                               .rpm = rpm};
    struct az_credits credits = {1, &credit};
    assert_int_equal(az_sched_on_credit(h->sched, peer, &credits, h->now, &h->fx, NULL), 0);
    hall_run(h);
}

static void hall_answer(struct hall *h, int peer, size_t job, int64_t item)
{
    struct az_msg_answer answer = {
        .panel = (uint32_t)job + 1,
        .ballot = {.key = {.item = item, .round = 1, .criterion = -1, .order = AZ_ORDER_NONE},
                   .attempts = 1,
                   .how = AZ_STR("json")}};
    struct az_msg msg = {.kind = AZ_MSG_ANSWERS};
    msg.answers.n = 1;
    msg.answers.v = &answer;
    assert_int_equal(az_sched_on_answers(h->sched, peer, &msg, h->now, &h->fx, NULL), 0);
    hall_run(h);
}

static void hall_tick(struct hall *h, az_ms now)
{
    h->now = now;
    assert_int_equal(az_sched_on_tick(h->sched, now, &h->fx, NULL), 0);
    hall_run(h);
}

/* Credit comes in small pieces; each job gets of it by its weight. */
static void share_by_weight(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int weights[3], items[3], want[3]; /* after 600 questions */
    } cases[] = {
        {"equal", {100, 100, 100}, {1000, 1000, 1000}, {200, 200, 200}},
        {"by weight", {100, 200, 300}, {1000, 1000, 1000}, {100, 200, 300}},
        {"what one does not need the others get",
         {100, 100, 100},
         {1000, 1000, 40},
         {280, 280, 40}},
    };
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        struct hall h;
        hall_init(&h, "false", 3, cases[i].weights, 0);
        for (size_t j = 0; j < 3; j++)
            hall_add(&h, j, cases[i].items[j]);
        for (int n = 0; n < 150; n++)
            hall_credit(&h, 0, 4, "", 0);
        for (size_t j = 0; j < 3; j++) {
            if (abs(h.asked[j] - cases[i].want[j]) > 4)
                fail_msg("%s: job %zu was asked %d, want %d", cases[i].name, j, h.asked[j],
                         cases[i].want[j]);
        }
        hall_release(&h);
    }
}

/* Ten items among a million do not wait for them, and a job that comes late has no
 * arrears. */
static void share_small_and_late(void **state)
{
    (void)state;
    static const int weights[] = {100, 100};
    struct hall h;
    hall_init(&h, "false", 2, weights, 0);
    hall_add(&h, 0, 5000);
    for (int n = 0; n < 500; n++)
        hall_credit(&h, 0, 4, "", 0);
    assert_int_equal(h.asked[0], 2000);
    hall_add(&h, 1, 1000);
    for (int n = 0; n < 10; n++)
        hall_credit(&h, 0, 4, "", 0);
    assert_in_range(h.asked[1], 18, 22);
    hall_release(&h);
}

/* One that cannot use a job's panel has its credit for the others: also what it had
 * spent on that job, for it answers nothing of it. */
static void share_where_a_panel_does_not_fit(void **state)
{
    (void)state;
    static const int weights[] = {100, 100};
    struct hall h;
    hall_init(&h, "false", 2, weights, 0);
    hall_credit(&h, 0, 10, "", 0);
    hall_add(&h, 0, 20);
    hall_add(&h, 1, 20);
    assert_int_equal(h.asked[0], 10);
    struct az_msg msg = {.kind = AZ_MSG_UNFIT};
    msg.unfit.panel = 1;
    msg.unfit.why = AZ_STR("unknown policy 'later'");
    assert_int_equal(az_sched_on_unfit(h.sched, 0, &msg, 0, &h.fx, NULL), 1);
    hall_run(&h);
    assert_int_equal(h.asked[0], 10);
    assert_int_equal(h.asked[1], 10);
    assert_string_equal(az_docket_counts(h.jobs[0]).unfit, "unknown policy 'later'");
    assert_null(az_docket_counts(h.jobs[1]).unfit);
    assert_int_equal(az_sched_on_unfit(h.sched, 0, &msg, 0, &h.fx, NULL), 0);
    hall_credit(&h, 1, 30, "", 0);
    assert_int_equal(h.asked[0], 10 + 20);
    assert_int_equal(h.asked[1], 20);
    assert_int_equal(az_sched_on_gone(h.sched, 0, 0, &h.fx, NULL), 0);
    hall_run(&h);
    assert_null(az_docket_counts(h.jobs[0]).unfit);
    hall_release(&h);
}

static void share_over_workers(void **state)
{
    (void)state;
    static const int weights[] = {100};
    struct hall h;
    hall_init(&h, "false", 1, weights, 0);
    hall_credit(&h, 0, 500, "", 0);
    hall_credit(&h, 1, 500, "", 0);
    hall_add(&h, 0, 600);
    assert_in_range(h.by_peer[0], 268, 332);
    assert_int_equal(h.by_peer[0] + h.by_peer[1], 600);
    hall_release(&h);
}

/* What is asked about one item goes to one worker as long as that has room, in later
 * rounds too. */
static void share_prefix(void **state)
{
    (void)state;
    struct scene s;
    scene_init(&s, debate, 0);
    scene_event(&s, "credit 0 gpu 100");
    scene_event(&s, "credit 1 gpu 100");
    for (int i = 0; i < 20; i++) {
        char event[64];
        int home = -1;
        snprintf(event, sizeof(event), "add %d", i);
        assert_int_equal(sscanf(scene_event(&s, event), "ask %d:", &home), 1);
        assert_null(strstr(s.text, "; ask"));
        snprintf(event, sizeof(event), "answer %d %d.0 A", home, i);
        scene_event(&s, event);
        snprintf(event, sizeof(event), "answer %d %d.1 B", home, i);
        scene_event(&s, event);
        int again = -1;
        assert_int_equal(sscanf(scene_event(&s, "commit"), "ask %d:", &again), 1);
        assert_int_equal(again, home);
        assert_null(strstr(s.text, "; ask"));
    }
    scene_release(&s);
}

/* Who has room gets what it knows, else what nobody knows, and what another one knows
 * when there is nothing else. */
static void share_prefix_without_room(void **state)
{
    (void)state;
    static const struct {
        const char *event, *want;
    } lines[] = {
        {"credit 0 gpu 1", ""},
        {"add 0", "ask 0: 0.0"},
        {"add 1", ""},
        {"add 2", ""},
        {"credit 1 gpu 1", "ask 1: 1.0"}, /* and not 0.1, which waits longer */
        {"credit 0 gpu 1", "ask 0: 0.1"},
        {"credit 1 gpu 1", "ask 1: 1.1"},
        {"credit 0 gpu 1", "ask 0: 2.1"},
        {"credit 1 gpu 1", "ask 1: 2.0"},
    };
    struct scene s;
    scene_init(&s, debate, 0);
    for (size_t i = 0; i < AZ_LEN(lines); i++) {
        const char *got = scene_event(&s, lines[i].event);
        if (strcmp(got, lines[i].want))
            fail_msg("%zu, %s: '%s', not '%s'", i, lines[i].event, got, lines[i].want);
    }
    scene_release(&s);
}

/* But nothing waits for ever for a worker that has no room. */
static void share_passes_over_so_often(void **state)
{
    (void)state;
    struct scene s;
    int n = 0;
    scene_init(&s, debate, 0);
    scene_event(&s, "credit 0 gpu 1");
    for (int i = 0; i < 60; i++) {
        char event[64];
        snprintf(event, sizeof(event), "add %d", i);
        scene_event(&s, event);
    }
    while (!strstr(scene_event(&s, "credit 1 gpu 1"), " 0.1"))
        n++;
    assert_int_equal(n, 32);
    scene_release(&s);
}

/* limits.slots: no more under way than that, over all workers. */
static void share_slots(void **state)
{
    (void)state;
    static const int weights[] = {100, 100};
    struct hall h;
    hall_init(&h, "false", 2, weights, 5);
    hall_add(&h, 0, 50);
    hall_add(&h, 1, 50);
    hall_credit(&h, 0, 500, "", 0);
    hall_credit(&h, 1, 500, "", 0);
    assert_int_equal(h.asked[0], 5);
    assert_int_equal(h.asked[1], 5);
    hall_release(&h);
}

/* Two workers that share an account: the sum of their calls keeps its limit in any
 * minute, from the start. */
static void share_account(void **state)
{
    (void)state;
    static const int weights[] = {100};
    enum { RPM = 60, MINUTES = 10 };
    struct hall h;
    int at[MINUTES * 60 + 1];
    hall_init(&h, "false", 1, weights, 0);
    hall_credit(&h, 0, 100000, "team", RPM);
    hall_credit(&h, 1, 100000, "team", RPM * 2); /* the lower one holds */
    hall_add(&h, 0, 2000);
    for (int second = 0; second <= MINUTES * 60; second++) {
        hall_tick(&h, second * 1000);
        at[second] = h.asked[0];
        if (second >= 60 && at[second] - at[second - 60] > RPM)
            fail_msg("%d questions in the minute before second %d", at[second] - at[second - 60],
                     second);
    }
    assert_int_equal(h.calls_of_one, h.asked[0]);
    assert_true(h.asked[0] >= (MINUTES - 1) * RPM * 8 / 10);
    assert_true(h.by_peer[0] && h.by_peer[1]);
    hall_release(&h);
}

/* Its limit is the lowest that is stated now: raised, or without the worker that stated
 * it, it is another, and what went through counts on. */
static void share_account_raised(void **state)
{
    (void)state;
    static const int weights[] = {100};
    enum { RPM = 60 };
    for (int gone = 0; gone < 2; gone++) {
        struct hall h;
        hall_init(&h, "false", 1, weights, 0);
        hall_credit(&h, 0, 100000, "team", RPM);
        hall_credit(&h, 1, 100000, "team", gone ? 10 * RPM : RPM);
        hall_add(&h, 0, 2000);
        for (int second = 0; second <= 300; second++)
            hall_tick(&h, second * 1000);
        int before = h.asked[0];
        if (gone)
            assert_int_equal(az_sched_on_gone(h.sched, 0, h.now, &h.fx, NULL), 0);
        else
            hall_credit(&h, 0, 0, "team", 10 * RPM);
        hall_credit(&h, 1, 0, "team", 10 * RPM);
        assert_int_equal(h.asked[0], before); /* nothing is let through for the change */
        for (int second = 301; second <= 360; second++)
            hall_tick(&h, second * 1000);
        int after = h.asked[0] - before;
        if (after > 10 * RPM || after < 8 * RPM)
            fail_msg("%d questions in the minute after it was raised", after);
        hall_release(&h);
    }
}

/* What is slower than its backend's p95 is asked once more, of another worker; the
 * first answer counts and the other is recalled. */
static void share_hedge(void **state)
{
    (void)state;
    static const int weights[] = {100};
    for (int on = 0; on < 2; on++) {
        struct hall h;
        hall_init(&h, on ? "true" : "false", 1, weights, 0);
        hall_credit(&h, 0, 40, "", 0);
        hall_credit(&h, 1, 1, "", 0);
        hall_add(&h, 0, 41);
        assert_int_equal(h.asked[0], 41);
        assert_int_equal(h.last_calls, on ? 3 : 0); /* of 4: one is left for the other */
        int64_t other = h.last[1].item; /* peer 1 has the one that peer 0 had no credit for */
        h.now = 100;
        for (int i = 0; i < 41; i++) {
            if (i != other && i != 7)
                hall_answer(&h, 0, 0, i); /* 100 ms each; item 7 is slow */
        }
        hall_answer(&h, 1, 0, other);
        hall_credit(&h, 1, 1, "", 0);
        hall_tick(&h, 100);
        assert_int_equal(h.asked[0], 41);
        hall_tick(&h, 110);
        assert_int_equal(h.asked[0], on ? 42 : 41);
        if (on) {
            assert_int_equal(h.last[1].item, 7);
            assert_int_equal(h.last_attempts, 1);
            hall_answer(&h, 1, 0, 7);
            assert_int_equal(h.recalled, 1);
            hall_answer(&h, 0, 0, 7);
            struct az_counts counts = az_docket_counts(h.jobs[0]);
            assert_int_equal(counts.hedged, 1);
            assert_int_equal(counts.judges[0].ballots, 41);
            assert_int_equal(counts.sent, 0);
        }
        hall_release(&h);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(share_by_weight),
        cmocka_unit_test(share_small_and_late),
        cmocka_unit_test(share_where_a_panel_does_not_fit),
        cmocka_unit_test(share_over_workers),
        cmocka_unit_test(share_slots),
        cmocka_unit_test(share_prefix),
        cmocka_unit_test(share_prefix_without_room),
        cmocka_unit_test(share_passes_over_so_often),
        cmocka_unit_test(share_account),
        cmocka_unit_test(share_account_raised),
        cmocka_unit_test(share_hedge),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
