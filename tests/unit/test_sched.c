#include "coordinator/sched.h"

#include <math.h>

#include "tests/unit/unit.h"
// clang-format off
#include "tests/unit/sched_scene.h"
// clang-format on

#define HEAD                                                  \
    "question: {kind: choice, labels: [A, B], ask: Which?}\n" \
    "backends:\n"                                             \
    "  - {name: gpu, kind: openai, url: 'http://gpu/v1'}\n"   \
    "  - {name: api, kind: openai, url: 'http://api/v1'}\n"
#define PAID "usd_per_mtok: {input: 1000, output: 1000}, max_tokens: 100"

static const char two[] = HEAD "judges:\n"
                               "  - {name: a, backend: gpu, model: m}\n"
                               "  - {name: b, backend: gpu, model: n}\n";
static const char split[] = HEAD "judges:\n"
                                 "  - {name: a, backend: gpu, model: m}\n"
                                 "  - {name: b, backend: api, model: n}\n";
static const char debate[] = HEAD "judges:\n"
                                  "  - {name: a, backend: gpu, model: m}\n"
                                  "  - {name: b, backend: gpu, model: n}\n"
                                  "policy: {kind: debate, rounds: 2}\n";
static const char early[] = HEAD "judges:\n"
                                 "  - {name: a, backend: gpu, model: m}\n"
                                 "  - {name: b, backend: gpu, model: n}\n"
                                 "  - {name: c, backend: gpu, model: o}\n"
                                 "policy: {kind: vote, early_stop: true, audit: 0}\n";

static const char brisk[] = HEAD "judges:\n"
                                 "  - {name: a, backend: gpu, model: m}\n"
                                 "  - {name: b, backend: gpu, model: n}\n"
                                 "limits: {item_s: 50}\n";

enum { LINES = 24 };
static const struct {
    const char *name, *panel;
    struct scene_line lines[LINES];
} cases[] = {
    {"asks only within credit",
     two,
     {{"add 0", ""},
      {"add 1", ""},
      {"credit 0 gpu 3", "ask 0: 0.0 0.1 1.0"},
      {"credit 0 api 9", ""},
      {"answer 0 0.0 A", "keep 0.0 A"}, /* no credit came back with it */
      {"credit 0 gpu 1", "ask 0: 1.1"},
      {"credit 0 gpu 5", ""},
      {"add 2", "ask 0: 2.0 2.1"}}},
    {"what was begun goes first",
     two,
     {{"add 0", ""},
      {"credit 0 gpu 1", "ask 0: 0.0"},
      {"again 0 0.0", ""},
      {"credit 0 gpu 2", "ask 0: 0.0 0.1"}}},
    {"two workers share",
     two,
     {{"add 0", ""}, {"credit 0 gpu 1", "ask 0: 0.0"}, {"credit 1 gpu 1", "ask 1: 0.1"}}},
    {"a verdict only after its commit",
     two,
     {{"credit 0 gpu 9", ""},
      {"add 0", "ask 0: 0.0 0.1"},
      {"answer 0 0.1 A", "keep 0.1 A"},
      {"answer 0 0.0 A", "keep 0.0 A; decide 0 decided A"},
      {"done", ""},
      {"commit", ""},
      {"done", "0 decided A"},
      {"done", ""}}},
    {"round 2 waits for the commit",
     debate,
     {{"credit 0 gpu 9", ""},
      {"add 0", "ask 0: 0.0 0.1"},
      {"answer 0 0.0 A", "keep 0.0 A"},
      {"answer 0 0.1 B", "keep 0.1 B"},
      {"credit 0 gpu 1", ""},
      {"commit", "ask 0: 0.0/2 0.1/2"},
      {"answer 0 0.0/2 B", "keep 0.0/2 B"},
      {"answer 0 0.1/2 B", "keep 0.1/2 B; decide 0 decided B"},
      {"commit", ""},
      {"done", "0 decided B"}}},
    {"consensus needs no second round",
     debate,
     {{"credit 0 gpu 9", ""},
      {"add 0", "ask 0: 0.0 0.1"},
      {"answer 0 0.0 A", "keep 0.0 A"},
      {"answer 0 0.1 A", "keep 0.1 A; decide 0 decided A"}}},
    {"an error is a ballot",
     two,
     {{"credit 0 gpu 9", ""},
      {"add 0", "ask 0: 0.0 0.1"},
      {"answer 0 0.0 timeout", "keep 0.0 timeout"},
      {"answer 0 0.1 A", "keep 0.1 A; decide 0 abstained"}}},
    {"time is up: what is missing is an error",
     two,
     {{"credit 0 gpu 9", ""},
      {"add 0", "ask 0: 0.0 0.1"},
      {"tick 599999", ""},
      {"tick 600000", "decide 0 failed"},
      {"commit", "recall 0: 0.0 0.1"},
      {"done", "0 failed"}}},
    {"an item's time runs from its last question: to wait for a turn costs none",
     two,
     {{"credit 0 gpu 2", ""},
      {"add 0", "ask 0: 0.0 0.1"},
      {"add 1", ""},
      {"tick 500000", ""},
      {"answer 0 0.0 A", "keep 0.0 A"},
      {"answer 0 0.1 A", "keep 0.1 A; decide 0 decided A"},
      {"tick 600000", ""},
      {"credit 0 gpu 2", "ask 0: 1.0 1.1"},
      {"tick 1199999", ""},
      {"tick 1200000", "decide 1 failed"},
      {"credit 0 gpu 9", ""},
      {"commit", "recall 0: 1.0 1.1"},
      {"done", "0 decided A; 1 failed"}}},
    {"nor does it to wait beside a fast backend for a slow one's turn",
     split,
     {{"credit 0 gpu 1", ""},
      {"credit 0 api 1", ""},
      {"add 0", "ask 0: 0.0 0.1"},
      {"credit 0 gpu 1", ""},
      {"add 1", "ask 0: 1.0"},
      {"answer 0 1.0 A", "keep 1.0 A"},
      {"answer 0 0.0 A", "keep 0.0 A"},
      {"tick 500000", ""},
      {"answer 0 0.1 A", "keep 0.1 A; decide 0 decided A"},
      {"tick 700000", ""},
      {"credit 0 api 1", "ask 0: 1.1"},
      {"tick 1299999", ""},
      {"tick 1300000", "decide 1 abstained"}}},
    {"time is up while a round waits for the disk",
     debate,
     {{"credit 0 gpu 9", ""},
      {"add 0", "ask 0: 0.0 0.1"},
      {"answer 0 0.0 A", "keep 0.0 A"},
      {"answer 0 0.1 B", "keep 0.1 B"},
      {"tick 600000", ""},
      {"commit", "decide 0 abstained"}}},
    {"late, before the verdict is durable",
     two,
     {{"credit 0 gpu 9", ""},
      {"add 0", "ask 0: 0.0 0.1"},
      {"tick 600000", "decide 0 failed"},
      {"answer 0 0.0 A", "keep 0.0 A"},
      {"again 0 0.1 $1 x", ""}, /* nobody asks it again */
      {"credit 0 gpu 9", ""},
      {"commit", ""},
      {"done", "0 failed"}}},
    {"late, after the item has left",
     two,
     {{"credit 0 gpu 9", ""},
      {"add 0", "ask 0: 0.0 0.1"},
      {"tick 600000", "decide 0 failed"},
      {"commit", "recall 0: 0.0 0.1"},
      {"done", "0 failed"},
      {"answer 0 0.0 A", "keep 0.0 A"},
      {"again 0 0.1 $1 x", ""},
      {"answer 0 0.0 B", ""}}}, /* it holds no such question any more */
    {"what nobody was asked is not kept",
     two,
     {{"credit 0 gpu 1", ""},
      {"add 0", "ask 0: 0.0"},
      {"answer 0 7.0 A", ""},
      {"answer 0 0.1 A", ""},
      {"answer 1 0.0 A", ""},
      {"answer 0 0.99 A", ""},
      {"answer 0 0.0 B", "keep 0.0 B"},
      {"answer 0 0.0 A", ""}}},
    {"a peer goes: asked elsewhere",
     two,
     {{"credit 0 gpu 9", ""},
      {"add 0", "ask 0: 0.0 0.1"},
      {"answer 0 0.1 A", "keep 0.1 A"},
      {"gone 0", ""},
      {"credit 1 gpu 9", "ask 1: 0.0"},
      {"answer 1 0.0 A", "keep 0.0 A; decide 0 decided A"}}},
    {"a peer goes and comes back",
     two,
     {{"credit 0 gpu 2", ""},
      {"add 0", "ask 0: 0.0 0.1"},
      {"gone 0", ""},
      {"credit 0 gpu 1", "ask 0: 0.0"}}},
    {"a peer goes with calls of a decided item",
     two,
     {{"credit 0 gpu 9", ""},
      {"add 0", "ask 0: 0.0 0.1"},
      {"tick 600000", "decide 0 failed"},
      {"gone 0", ""},
      {"credit 1 gpu 9", ""},
      {"commit", ""},
      {"done", "0 failed"}}},
    {"a backend stops: its items stay open",
     split,
     {{"credit 0 gpu 9", ""},
      {"credit 0 api 1", ""},
      {"add 0", "ask 0: 0.0 0.1"},
      {"add 1", "ask 0: 1.0"},
      {"stopped 0 api", ""},
      {"again 0 0.1 $0 x", ""},
      {"done", ""},
      {"answer 0 0.0 A", "keep 0.0 A"},
      {"done", "0 open"},
      {"answer 0 1.0 A", "keep 1.0 A"},
      {"done", "1 open"}}},
    {"nor does their time close what nobody may be asked",
     split,
     {{"credit 0 gpu 9", ""},
      {"credit 0 api 9", ""},
      {"add 0", "ask 0: 0.0 0.1"},
      {"stopped 0 api", ""},
      {"again 0 0.1 $0 x", ""},
      {"tick 600000", "recall 0: 0.0"},
      {"done", "0 open"},
      {"answer 0 0.0 A", "keep 0.0 A"}}},
    {"a backend stops under what is lost and asked again",
     two,
     {{"credit 0 gpu 9", ""},
      {"credit 1 gpu 9", ""},
      {"add 0", "ask 0: 0.0 0.1"},
      {"stopped 1 gpu", ""}, /* peer 0 still serves it */
      {"again 0 0.0 $1 x", "ask 0: 0.0"},
      {"stopped 0 gpu", ""},
      {"gone 0", ""},
      {"done", "0 open"}}},
    {"the last worker that served it goes",
     two,
     {{"credit 0 gpu 9", ""},
      {"credit 1 gpu 9", ""},
      {"stopped 1 gpu", ""},
      {"add 0", "ask 0: 0.0 0.1"},
      {"gone 0", ""},
      {"done", "0 open"}}},
    {"a worker that serves it again lets it go on",
     two,
     {{"credit 0 gpu 1", ""},
      {"add 0", "ask 0: 0.0"},
      {"stopped 0 gpu", ""},
      {"credit 1 gpu 5", ""},
      {"add 1", "ask 1: 1.0 1.1"}}},
    {"who cannot use the panel is asked nothing more in this session",
     two,
     {{"credit 0 gpu 1", ""},
      {"add 0", "ask 0: 0.0"},
      {"unfit 0", ""},
      {"unfit 0", ""},
      {"credit 0 gpu 9", ""},
      {"credit 1 gpu 1", "ask 1: 0.0"},
      {"credit 1 gpu 1", "ask 1: 0.1"},
      {"gone 0", ""},
      {"add 1", ""},
      {"credit 0 gpu 1", "ask 0: 1.0"}}},
    {"a hello gives back what was held",
     two,
     {{"credit 0 gpu 9", ""},
      {"add 0", "ask 0: 0.0 0.1"},
      {"hello 0", ""},
      {"credit 0 gpu 1", "ask 0: 0.0"}}},
    {"cancelled: recalled, and late ballots are kept",
     two,
     {{"credit 0 gpu 1", ""},
      {"add 0", "ask 0: 0.0"},
      {"add 1", ""},
      {"cancel", "recall 0: 0.0"},
      {"done", "0 open; 1 open"},
      {"answer 0 0.0 A", "keep 0.0 A"}}},
    {"a backend stops after its item left",
     split,
     {{"credit 0 gpu 9", ""},
      {"credit 0 api 9", ""},
      {"add 0", "ask 0: 0.0 0.1"},
      {"tick 600000", "decide 0 failed"},
      {"commit", "recall 0: 0.0 0.1"},
      {"stopped 0 api", ""},
      {"answer 0 0.0 A", "keep 0.0 A"},
      {"done", "0 failed"}}},
    {"asked again with what was wrong",
     two,
     {{"credit 0 gpu 2", ""},
      {"add 0", "ask 0: 0.0 0.1"},
      {"again 0 0.1 $1 nonsense", ""},
      {"credit 0 gpu 1", "ask 0: 0.1"},
      {"answer 0 0.1 A", "keep 0.1 A"},
      {"answer 0 0.0 A", "keep 0.0 A; decide 0 decided A"}}},
    {"no more is asked after a stop",
     two,
     {{"credit 0 gpu 1", ""},
      {"add 0", "ask 0: 0.0"},
      {"stop", ""},
      {"credit 0 gpu 5", ""},
      {"answer 0 0.0 A", "keep 0.0 A"},
      {"commit", ""},
      {"done", ""}}},
};

static const struct {
    const char *name, *panel;
    struct scene_line lines[LINES];
} silences[] = {
    {"asked elsewhere, and a late answer is the first",
     two,
     {{"credit 0 gpu 1", ""},
      {"add 0", "ask 0: 0.0"},
      {"credit 1 gpu 1", "ask 1: 0.1"},
      {"tick 99999", ""},
      {"heard 1", ""},
      {"credit 1 gpu 5", ""},
      {"tick 100000", "ask 1: 0.0"},
      {"answer 0 0.0 A", "keep 0.0 A; recall 1: 0.0"},
      {"answer 1 0.0 B", ""}, /* paid for in vain */
      {"answer 1 0.1 A", "keep 0.1 A; decide 0 decided A"}}},
    {"back before anybody else was asked",
     two,
     {{"credit 0 gpu 9", ""},
      {"add 0", "ask 0: 0.0 0.1"},
      {"tick 100000", ""},
      {"heard 0", ""},
      {"answer 0 0.0 A", "keep 0.0 A"},
      {"answer 0 0.1 A", "keep 0.1 A; decide 0 decided A"}}},
    {"lost while its verdict is on its way",
     brisk,
     {{"credit 0 gpu 9", ""},
      {"add 0", "ask 0: 0.0 0.1"},
      {"tick 50000", "decide 0 failed"},
      {"tick 100000", ""},
      {"answer 0 0.0 A", "keep 0.0 A"}}},
    {"back too late",
     two,
     {{"credit 0 gpu 9", ""},
      {"add 0", "ask 0: 0.0 0.1"},
      {"tick 100000", ""},
      {"credit 1 gpu 1", "ask 1: 0.0"},
      {"heard 0", "recall 0: 0.0"},
      {"again 0 0.0 $0 x", ""},
      {"answer 1 0.0 A", "keep 0.0 A"},
      {"answer 0 0.1 A", "keep 0.1 A; decide 0 decided A"}}},
};

/* A worker is not heard for a hundred seconds. */
static void sched_silence(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(silences); i++) {
        struct scene s;
        scene_init_silent(&s, silences[i].panel, 0, 100000);
        scene_play(&s, silences[i].name, silences[i].lines);
        scene_release(&s);
    }
}

static void sched_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        struct scene s;
        scene_init(&s, cases[i].panel, 0);
        scene_play(&s, cases[i].name, cases[i].lines);
        if (az_docket_counts(s.docket).sent < 0)
            fail_msg("%s: counts", cases[i].name);
        scene_release(&s);
    }
}

/* The seven losses before it are asked again, the eighth is an error. */
static void sched_eighth_loss(void **state)
{
    (void)state;
    struct scene s;
    scene_init(&s, two, 0);
    scene_event(&s, "add 0");
    char event[32], want[64];
    for (int peer = 0; peer < AZ_LOST_MAX; peer++) {
        snprintf(event, sizeof(event), "credit %d gpu 2", peer);
        snprintf(want, sizeof(want), "ask %d: 0.0 0.1", peer);
        assert_string_equal(scene_event(&s, event), want);
        snprintf(event, sizeof(event), "gone %d", peer);
        const char *got = scene_event(&s, event);
        if (peer < AZ_LOST_MAX - 1)
            assert_string_equal(got, "");
        else
            assert_non_null(strstr(got, "0.0 lost"));
    }
    scene_event(&s, "commit");
    assert_string_equal(scene_event(&s, "done"), "0 failed");
    assert_true(az_docket_idle(s.docket));
    scene_release(&s);
}

/* After every script's like all that was under way has ended: it is idle. */
static void sched_idle_after_losses(void **state)
{
    (void)state;
    static const struct scene_line lines[] = {
        {"credit 0 gpu 9", ""},      {"credit 0 api 9", ""},
        {"add 0", "ask 0: 0.0 0.1"}, {"tick 600000", "decide 0 failed"},
        {"add 1", "ask 0: 1.0 1.1"}, {0}};
    static const char *const ends[] = {"gone 0", "stopped 0 api"};
    for (size_t i = 0; i < AZ_LEN(ends); i++) {
        for (int before = 0; before < 2; before++) { /* the verdict's commit */
            struct scene s;
            scene_init(&s, split, 0);
            scene_play(&s, "idle", lines);
            if (before)
                scene_event(&s, "commit");
            scene_event(&s, ends[i]);
            scene_event(&s, "again 0 0.1 $0 x");
            scene_event(&s, "again 0 1.1 $0 x");
            scene_event(&s, "answer 0 0.0 A");
            scene_event(&s, "answer 0 1.0 A");
            scene_event(&s, "gone 0");
            scene_event(&s, "tick 2000000");
            scene_event(&s, "commit");
            assert_int_equal(az_docket_counts(s.docket).sent, 0);
            az_docket_stop(s.docket); /* an item may wait for another worker */
            assert_true(az_docket_idle(s.docket));
            scene_release(&s);
        }
    }
}

static void sched_mistake_is_sent(void **state)
{
    (void)state;
    struct scene s;
    scene_init(&s, two, 0);
    scene_event(&s, "credit 0 gpu 2");
    scene_event(&s, "add 0");
    scene_event(&s, "again 0 0.1 $1 nonsense");
    assert_string_equal(scene_event(&s, "credit 0 gpu 1"), "ask 0: 0.1");
    assert_int_equal(s.last.mistake, AZ_BE_PARSE);
    assert_int_equal(s.last.attempts, 1);
    assert_string_equal(s.last_said, "nonsense");
    scene_release(&s);
}

/* The reason that a backend gave first is the one that a person reads. */
static void sched_first_reason_stays(void **state)
{
    (void)state;
    struct scene s;
    scene_init(&s, two, 0);
    struct az_msg msg = {.kind = AZ_MSG_STOPPED};
    msg.stopped.backend = AZ_STR("gpu");
    static const char *const why[] = {"401: no such key", "stopped before"};
    for (size_t i = 0; i < AZ_LEN(why); i++) {
        msg.stopped.why = az_str(why[i]);
        assert_int_equal(az_sched_on_stopped(s.sched, 0, &msg, 0, &s.fx, NULL), 0);
    }
    assert_string_equal(az_docket_counts(s.docket).stopped, "gpu");
    assert_string_equal(az_docket_counts(s.docket).stopped_why, why[0]);
    assert_false(az_docket_room(s.docket));
    scene_release(&s);
}

static struct az_docket *open_another(struct scene *s, const struct az_panel *panel)
{
    struct az_docket *d;
    struct az_docket_config config = {.number = 2,
                                      .panel = panel,
                                      .job = s,
                                      .window_items = 9,
                                      .window_bytes = 1 << 20,
                                      .weight = AZ_WEIGHT};
    assert_int_equal(az_sched_open(s->sched, &config, &d, NULL), 0);
    return d;
}

/* A job that is opened while a backend refuses gets no items, and says why. */
static void sched_opened_while_stopped(void **state)
{
    (void)state;
    struct scene s;
    scene_init(&s, split, 0);
    scene_event(&s, "credit 0 gpu 9");
    scene_event(&s, "credit 0 api 9");
    scene_event(&s, "stopped 0 api");
    struct az_docket *d = open_another(&s, s.panel);
    assert_false(az_docket_room(d));
    assert_string_equal(az_docket_counts(d).stopped, "api");
    assert_string_equal(az_docket_counts(d).stopped_why, "401");

    scene_event(&s, "gone 0"); /* nobody has it now, so nobody refuses */
    d = open_another(&s, s.panel);
    assert_true(az_docket_room(d));
    assert_null(az_docket_counts(d).stopped);
    scene_release(&s);
}

/* Whoever resumes or opens a job wants what refused tried again; what refuses again
 * says so again. */
static void sched_retried(void **state)
{
    (void)state;
    struct scene s;
    scene_init(&s, split, 0);
    scene_event(&s, "credit 0 gpu 9");
    scene_event(&s, "credit 0 api 9");
    assert_false(az_sched_retry(s.sched, "api"));
    assert_false(az_sched_retry(s.sched, "unheard of"));
    scene_event(&s, "stopped 0 api");
    assert_true(az_sched_retry(s.sched, "api"));
    assert_false(az_sched_retry(s.sched, "api"));
    assert_false(az_docket_room(s.docket)); /* it has stopped, and ends */
    assert_string_equal(az_docket_counts(s.docket).stopped, "api");

    struct az_docket *d = open_another(&s, s.panel);
    assert_true(az_docket_room(d));
    assert_null(az_docket_counts(d).stopped);
    scene_event(&s, "stopped 0 api");
    assert_false(az_docket_room(d));
    assert_string_equal(az_docket_counts(d).stopped, "api");
    scene_release(&s);
}

/* What a panel names and none of its judges has may stop as it likes. */
static void sched_stopped_and_not_asked(void **state)
{
    (void)state;
    struct scene s;
    scene_init(&s, two, 0);
    scene_event(&s, "credit 0 api 9");
    scene_event(&s, "stopped 0 api");
    assert_true(az_docket_room(s.docket));
    assert_null(az_docket_counts(s.docket).stopped);
    assert_null(az_docket_counts(open_another(&s, s.panel)).stopped);
    scene_release(&s);
}

/* Calls of lost leases that come back late would add up beyond the limit. */
static void sched_lost_attempts_are_apart(void **state)
{
    (void)state;
    struct scene s;
    scene_init_silent(&s, two, 0, 100000);
    scene_event(&s, "credit 0 gpu 2");
    scene_event(&s, "add 0");
    assert_string_equal(scene_event(&s, "tick 100000"), "");
    assert_string_equal(scene_event(&s, "credit 1 gpu 1"), "ask 1: 0.0");
    scene_event(&s, "heard 0");
    scene_event(&s, "again 0 0.0 $0 x");
    assert_string_equal(scene_event(&s, "again 1 0.0 $0 x"), "");
    assert_string_equal(scene_event(&s, "credit 1 gpu 1"), "ask 1: 0.0");
    assert_int_equal(s.last.attempts, 1);
    scene_release(&s);
}

/* What early stopping asks next rests on all ballots that it has seen: also on
 * one that came while others were on their way to the disk. */
static void sched_early_stop_waits_for_every_ballot(void **state)
{
    (void)state;
    struct scene s;
    scene_init(&s, early, 0);
    scene_event(&s, "credit 0 gpu 9");
    const char *asked = scene_event(&s, "add 0");
    char first[8], second[8], third[8] = "";
    assert_int_equal(sscanf(asked, "ask 0: %7s %7s %7s", first, second, third), 2);
    char event[64];
    snprintf(event, sizeof(event), "answer 0 %s A", first);
    scene_event(&s, event);
    uint64_t before = s.ticket;
    snprintf(event, sizeof(event), "answer 0 %s B", second);
    scene_event(&s, event);
    assert_true(s.ticket > before);
    /* Only the first is durable. */
    s.text[0] = '\0';
    assert_int_equal(az_docket_on_committed(s.docket, before, 0, &s.fx, NULL), 0);
    scene_run(&s);
    assert_string_equal(s.text, "");
    assert_non_null(strstr(scene_event(&s, "commit"), "ask 0: 0."));
    scene_release(&s);
}

static void sched_early_stop_decides(void **state)
{
    (void)state;
    struct scene s;
    scene_init(&s, early, 0);
    scene_event(&s, "credit 0 gpu 9");
    char first[8], second[8], event[64];
    assert_int_equal(sscanf(scene_event(&s, "add 0"), "ask 0: %7s %7s", first, second), 2);
    snprintf(event, sizeof(event), "answer 0 %s A", first);
    scene_event(&s, event);
    snprintf(event, sizeof(event), "answer 0 %s A", second);
    assert_non_null(strstr(scene_event(&s, event), "; decide 0 decided A"));
    scene_release(&s);
}

/* ---- money ---- */

static const char paid[] = HEAD "judges:\n"
                                "  - {name: a, backend: gpu, model: m, " PAID "}\n"
                                "limits: {usd: %s}\n";

static void scene_paid(struct scene *s, const char *usd, az_nusd spent)
{
    char yaml[1024];
    snprintf(yaml, sizeof(yaml), paid, usd);
    scene_init(s, yaml, spent);
}

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

/* Whoever is back goes on as it counts; what was tried elsewhere is apart. */
static void sched_found_counts_as_its_holder(void **state)
{
    (void)state;
    struct scene s;
    scene_init_silent(&s, two, 0, 100000);
    scene_event(&s, "credit 0 gpu 2");
    scene_event(&s, "add 0");
    scene_event(&s, "tick 100000");
    scene_event(&s, "credit 1 gpu 1");
    assert_string_equal(scene_event(&s, "again 1 0.0 $0 x"), "");
    scene_event(&s, "heard 0");
    scene_event(&s, "again 0 0.0 $0 x");
    assert_string_equal(scene_event(&s, "credit 0 gpu 1"), "ask 0: 0.0");
    assert_int_equal(s.last.attempts, 1);
    scene_release(&s);
}

/* Twice silent and twice back: charged once, and the true cost takes its place. */
static void sched_silent_twice_costs_once(void **state)
{
    (void)state;
    struct scene s;
    char yaml[1024];
    snprintf(yaml, sizeof(yaml), paid, "1000");
    scene_init_silent(&s, yaml, 0, 100000);
    scene_event(&s, "credit 0 gpu 9");
    scene_event(&s, "add 0");
    scene_event(&s, "commit");
    az_nusd worst = s.grant;
    static const char *const times[] = {"tick 100000", "tick 200000"};
    for (size_t i = 0; i < AZ_LEN(times); i++) {
        scene_event(&s, times[i]);
        assert_true(az_docket_counts(s.docket).settled == worst);
        scene_event(&s, "heard 0");
    }
    assert_string_equal(scene_event(&s, "answer 0 0.0 A $7"), "keep 0.0 A; decide 0 decided A");
    assert_true(az_docket_counts(s.docket).settled == 7000);
    scene_release(&s);
}

/* A peer that bills beyond all sense can't turn the sums around. */
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

/* ---- what is no answer ---- */

/* A worker is another's program: its ballot counts when the question has such an
 * answer, and else is an error. */
static void sched_checks_answers(void **state)
{
    (void)state;
    static const double half[] = {0.5, 0.5, 0};
    static const struct {
        const char *question;
        int label;
        size_t n_probs;
        double score;
        bool good;
    } answers[] = {
        {"{kind: choice, labels: [A, B]}", 1, 0, NAN, true},
        {"{kind: choice, labels: [A, B]}", 2, 0, NAN, false},
        {"{kind: choice, labels: [A, B]}", 0, 2, NAN, true},
        {"{kind: choice, labels: [A, B]}", 0, 3, NAN, false},
        {"{kind: choice, labels: [A, B]}", -1, 2, NAN, true}, /* shares */
        {"{kind: choice, labels: [A, B]}", -1, 0, 1, false},
        {"{kind: score, scale: [1, 5]}", -1, 0, 5, true},
        {"{kind: score, scale: [1, 5]}", 0, 0, 5, true}, /* proto3 knows no other none */
        {"{kind: score, scale: [1, 5]}", -1, 0, 5.5, false},
        {"{kind: score, scale: [1, 5]}", 0, 0, NAN, false},
        {"{kind: score, scale: [1, 5]}", -1, 2, 3, false},
        {"{kind: score, scale: [1, 3], step: 1}", -1, 3, 2, true},
        {"{kind: score, scale: [1, 3], step: 1}", -1, 2, 2, false},
    };
    for (size_t i = 0; i < AZ_LEN(answers); i++) {
        char yaml[256];
        struct scene s;
        snprintf(yaml, sizeof(yaml),
                 "question: %s\njudges: [{name: a, backend: gpu, model: m}]\n%s",
                 answers[i].question, "backends: [{name: gpu, kind: openai, url: \"http://x\"}]\n");
        scene_init(&s, yaml, 0);
        scene_event(&s, "credit 0 gpu 9");
        scene_event(&s, "add 0");
        struct az_msg_answer answer = {.panel = 1,
                                       .ballot = {.key = scene_key("0.0"),
                                                  .label = answers[i].label,
                                                  .has_score = !isnan(answers[i].score),
                                                  .score = answers[i].score,
                                                  .n_probs = answers[i].n_probs,
                                                  .probs = half,
                                                  .how = AZ_STR("mine"),
                                                  .attempts = 1}};
        struct az_msg msg = {.kind = AZ_MSG_ANSWERS};
        msg.answers.n = 1;
        msg.answers.v = &answer;
        assert_int_equal(az_sched_on_answers(s.sched, 0, &msg, 0, &s.fx, NULL), 0);
        assert_int_equal(s.fx.v[0].kind, AZ_FX_BALLOT);
        const struct az_ballot *kept = s.fx.v[0].ballot;
        if (kept->error != (answers[i].good ? AZ_BE_NONE : AZ_BE_OUTSIDE))
            fail_msg("case %zu: %s", i, az_ballot_error_name(kept->error));
        bool bare = kept->label == AZ_LABEL_NONE && !kept->has_score && !kept->n_probs;
        assert_true(answers[i].good || bare);
        assert_true(!kept->has_score || kept->label == AZ_LABEL_NONE);
        scene_release(&s);
    }
}

/* ---- the rest ---- */

/* Ballots of an earlier run are never asked again. */
static void sched_stored_ballots_count(void **state)
{
    (void)state;
    struct scene s;
    scene_init(&s, two, 0);
    struct az_ballot had[2] = {{.key = scene_key("0.0"), .label = 0, .how = AZ_STR("json")},
                               {.key = scene_key("0.1"), .label = 0, .how = AZ_STR("json")}};
    scene_event(&s, "credit 0 gpu 9");
    assert_int_equal(
        az_docket_add(s.docket, scene_item(0), (struct az_ballots){had, 1}, 0, &s.fx, NULL), 0);
    had[0] = (struct az_ballot){0}; /* copied */
    scene_run(&s);
    assert_string_equal(s.text, "ask 0: 0.1");
    s.text[0] = '\0';
    had[0] = (struct az_ballot){.key = scene_key("1.0"), .label = 0, .how = AZ_STR("json")};
    had[1].key.item = 1;
    assert_int_equal(
        az_docket_add(s.docket, scene_item(1), (struct az_ballots){had, 2}, 0, &s.fx, NULL), 0);
    scene_run(&s);
    assert_string_equal(s.text, "decide 1 decided A");
    scene_release(&s);
}

static void sched_window_is_bounded(void **state)
{
    (void)state;
    struct scene s;
    scene_init(&s, two, 0);
    for (int i = 0; i < 100; i++) {
        assert_true(az_docket_room(s.docket));
        assert_int_equal(
            az_docket_add(s.docket, scene_item(i), (struct az_ballots){0}, 0, &s.fx, NULL), 0);
        scene_run(&s);
    }
    assert_false(az_docket_room(s.docket));
    scene_event(&s, "credit 0 gpu 2");
    scene_event(&s, "answer 0 0.0 A");
    scene_event(&s, "answer 0 0.1 A");
    assert_false(az_docket_room(s.docket));
    scene_event(&s, "commit");
    assert_true(az_docket_room(s.docket));
    scene_release(&s);
}

/* A whole short job with the nth allocation failing: an error, and no leak. */
static int short_job(struct scene *s)
{
    struct az_credit credit = {.backend = AZ_STR("gpu"), .kind = AZ_STR("openai"), .credit = 2};
    struct az_credits credits = {1, &credit};
    struct az_msg_answer v[2] = {
        {.panel = 1, .ballot = {.key = scene_key("0.0"), .label = 0, .attempts = 1}},
        {.panel = 1, .ballot = {.key = scene_key("0.1"), .label = 0, .attempts = 1}}};
    struct az_msg msg = {.kind = AZ_MSG_ANSWERS};
    msg.answers.n = 2;
    msg.answers.v = v;
    struct az_error err = {0};
    struct az_sched_config config = {0};
    struct az_docket_config docket = {
        .number = 1, .panel = s->panel, .window_items = 9, .window_bytes = 1 << 20};
    int r = az_sched_new(&config, &s->sched, &err);
    if (r == 0)
        r = az_sched_open(s->sched, &docket, &s->docket, &err);
    if (r < 0)
        return r;
    struct az_item *item = az_item_new(512);
    if (!item)
        return AZ_ENOMEM;
    item->seq = 0;
    r = az_docket_add(s->docket, item, (struct az_ballots){0}, 0, &s->fx, &err);
    if (r == 0)
        r = az_sched_on_credit(s->sched, 0, &credits, 0, &s->fx, &err);
    az_effects_clear(&s->fx);
    if (r == 0)
        r = az_sched_on_answers(s->sched, 0, &msg, 0, &s->fx, &err);
    az_effects_clear(&s->fx);
    az_docket_submitted(s->docket, 1);
    return r < 0 ? r : az_docket_on_committed(s->docket, 1, 0, &s->fx, &err);
}

static void sched_without_memory(void **state)
{
    (void)state;
    int r = AZ_ENOMEM;
    int nth = 1;
    for (; r == AZ_ENOMEM; nth++) {
        struct scene s;
        scene_init(&s, two, 0);
        az_sched_free(AZ_TAKE(s.sched));
        az_fault_alloc(nth);
        r = short_job(&s);
        az_fault_alloc(0);
        scene_release(&s);
    }
    assert_int_equal(r, 0);
    assert_true(nth > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sched_table),
        cmocka_unit_test(sched_silence),
        cmocka_unit_test(sched_eighth_loss),
        cmocka_unit_test(sched_idle_after_losses),
        cmocka_unit_test(sched_mistake_is_sent),
        cmocka_unit_test(sched_first_reason_stays),
        cmocka_unit_test(sched_opened_while_stopped),
        cmocka_unit_test(sched_retried),
        cmocka_unit_test(sched_stopped_and_not_asked),
        cmocka_unit_test(sched_lost_attempts_are_apart),
        cmocka_unit_test(sched_early_stop_waits_for_every_ballot),
        cmocka_unit_test(sched_early_stop_decides),
        cmocka_unit_test(sched_raise_waits_for_the_commit),
        cmocka_unit_test(sched_money_ends),
        cmocka_unit_test(sched_one_dear_item_is_not_the_end),
        cmocka_unit_test(sched_counts_earlier_runs),
        cmocka_unit_test(sched_losses_and_late_answers_cost),
        cmocka_unit_test(sched_found_counts_as_its_holder),
        cmocka_unit_test(sched_silent_twice_costs_once),
        cmocka_unit_test(sched_sum_of_known_costs),
        cmocka_unit_test(sched_survives_absurd_costs),
        cmocka_unit_test(sched_checks_answers),
        cmocka_unit_test(sched_stored_ballots_count),
        cmocka_unit_test(sched_window_is_bounded),
        cmocka_unit_test(sched_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
