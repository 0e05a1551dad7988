#include "coordinator/sched.h"

#include "tests/unit/unit.h"
// clang-format off
#include "tests/unit/sched_panels.h"
// clang-format on

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
        cmocka_unit_test(sched_stored_ballots_count),
        cmocka_unit_test(sched_window_is_bounded),
        cmocka_unit_test(sched_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
