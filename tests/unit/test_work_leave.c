/* Questions that leave without an answer: recalled, given back by a worker that
 * ends or whose server is away, dropped with a session. */
#include "workers/work.h"

#include "core/mem.h"
#include "tests/unit/unit.h"
#include "tests/unit/work_scene.h"

static const char one_slot[] =
    "question: {kind: choice, labels: [A, B], ask: Which?}\n"
    "backends: [{name: gpu, kind: openai, url: 'http://gpu/v1', slots: 1}]\n"
    "judges: [{name: a, backend: gpu, model: m}]\n";

enum { LINES = 12 };
static const struct {
    const char *name;
    bool cache;
    struct work_line lines[LINES];
} cases[] = {
    {"recall: what is ready goes back, what is under way ends",
     false,
     {{"ask 0.0 1.0 2.0", "call 0.0"},
      {"recall 0.0 2.0", "again 2.0"},
      {"reply 0.0 A", "answer 0.0 A; call 1.0"}}},
    {"recall: a call that needs another one goes back",
     false,
     {{"ask 0.0 1.0", "call 0.0"},
      {"recall 0.0", ""},
      {"reply 0.0 Z", "again 0.0; call 1.0"},
      {"recall 1.0", ""},
      {"status 1.0 500", "again 1.0"}}},
    {"recall: what waits for its next try",
     false,
     {{"ask 0.0", "call 0.0"},
      {"status 0.0 500", ""},
      {"recall 0.0", "again 0.0"},
      {"tick 60000", ""}}},
    {"recall: what the cache is asked for",
     true,
     {{"ask 0.0 1.0", "lookup 0.0; lookup 1.0"},
      {"recall all", ""},
      {"cached 0.0 A", "answer 0.0 A"},
      {"cached 1.0 -", "again 1.0"}}},
    {"recall: all of one panel, nothing of another",
     false,
     {{"panel 7", ""},
      {"ask 0.0 1.0 7/0.0 7/1.0", "call 0.0"},
      {"recall 7/all", "again 7/0.0; again 7/1.0"},
      {"recall all", "again 1.0"},
      {"recall all", ""},
      {"reply 0.0 A", "answer 0.0 A"}}},
    {"recall: what is not here", false, {{"ask 0.0", "call 0.0"}, {"recall 3.0 9/4.0", ""}}},
    {"drain: nothing waits for a lease to run out",
     false,
     {{"ask 0.0 1.0", "call 0.0"},
      {"drain", "announce gpu 0 leaving; again 1.0"},
      {"ask 2.0", "again 2.0"},
      {"status 0.0 500", "again 0.0"}}},
    {"drain: an answer under way is an answer",
     true,
     {{"ask 0.0 1.0", "lookup 0.0; lookup 1.0"},
      {"cached 0.0 -", "call 0.0"},
      {"drain", "announce gpu 0 leaving"},
      {"cached 1.0 -", "again 1.0"},
      {"reply 0.0 A", "remember; answer 0.0 A"}}},
    {"session: what was paid for is remembered, and told to nobody",
     true,
     {{"ask 0.0 1.0 2.0", "lookup 0.0; lookup 1.0; lookup 2.0"},
      {"cached 0.0 -", "call 0.0"},
      {"cached 1.0 -", ""},
      {"session", ""},
      {"panel 0", ""},
      {"cached 2.0 A", ""},
      {"reply 0.0 A", "remember"},
      {"ask 0.0", "lookup 0.0"}}},
    {"session: a number means another panel; the slot is in use",
     false,
     {{"ask 0.0", "call 0.0"},
      {"session", ""},
      {"panel 0", ""},
      {"ask 1.0", ""},
      {"recall 0.0", ""},
      {"status 0.0 500", "call 1.0"},
      {"reply 1.0 B", "answer 1.0 B"}}},
    {"session: a backend that refused is tried once more",
     false,
     {{"ask 0.0", "call 0.0"},
      {"status 0.0 401", "stop gpu; again 0.0"},
      {"session", ""},
      {"panel 0", ""},
      {"ask 0.0", "call 0.0"},
      {"status 0.0 401", "stop gpu; again 0.0"}}},
    {"session: a refusal that the one before would have been told of",
     false,
     {{"ask 0.0", "call 0.0"},
      {"session", ""},
      {"status 0.0 401", ""},
      {"panel 0", ""},
      {"ask 0.0", "call 0.0"},
      {"status 0.0 401", "stop gpu; again 0.0"}}},
    {"session: a drained worker works again",
     false,
     {{"drain", "announce gpu 0 leaving"},
      {"session", ""},
      {"panel 0", ""},
      {"ask 0.0", "call 0.0"}}},
    {"away: all goes back until the server answers",
     false,
     {{"ask 0.0 1.0", "call 0.0"},
      {"state 0 exit 1", "announce gpu 0 exit 1; again 1.0"},
      {"connect 0.0", "again 0.0"},
      {"state 0 exit 1", ""}, /* no news */
      {"ask 1.0", "again 1.0"},
      {"state 0", "announce gpu 2"},
      {"ask 1.0", "call 1.0"},
      {"reply 1.0 A", "answer 1.0 A"}}},
    {"away: a call that may have killed it spends its attempt",
     false,
     {{"ask 0.0 #3", "call 0.0"},
      {"state 0 exit 1", "announce gpu 0 exit 1"},
      {"broken 0.0", "answer 0.0 broken"}}},
    {"away: a call that found nobody spends none",
     false,
     {{"ask 0.0 #3", "call 0.0"},
      {"state 0 exit 1", "announce gpu 0 exit 1"},
      {"connect 0.0", "again 0.0"}}},
    {"lease: what was not begun by its end goes back, what is under way ends",
     false,
     {{"lease 1000", ""},
      {"ask 0.0 1.0 2.0", "call 0.0"},
      {"tick 999", ""},
      {"tick 1000", "again 1.0; again 2.0"},
      {"ask 3.0", "again 3.0"}, /* it was on its way meanwhile */
      {"reply 0.0 A", "answer 0.0 A"},
      {"lease 5000", ""},
      {"ask 4.0", "call 4.0"}}},
    {"lease: a call that needs another one goes back",
     false,
     {{"lease 1000", ""},
      {"ask 0.0 1.0", "call 0.0"},
      {"late 1000", ""},
      {"status 0.0 500", "again 0.0; again 1.0"}}},
    {"lease: what waits for its next try, or for the cache",
     true,
     {{"lease 1000", ""},
      {"ask 0.0 1.0", "lookup 0.0; lookup 1.0"},
      {"cached 0.0 -", "call 0.0"},
      {"status 0.0 500", ""},
      {"late 1000", ""},
      {"cached 1.0 -", "again 1.0"},
      {"tick 60000", "again 0.0"}}},
    {"lease: an answer that the cache has costs nobody a call",
     true,
     {{"lease 1000", ""},
      {"ask 0.0", "lookup 0.0"},
      {"late 1000", ""},
      {"cached 0.0 A", "answer 0.0 A"}}},
    {"lease: it does not outlive its session",
     false,
     {{"lease 1000", ""},
      {"session", ""},
      {"panel 0", ""},
      {"tick 2000", ""},
      {"ask 0.0", "call 0.0"}}},
};

static void leave_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        struct work_scene s;
        work_scene_init(&s, one_slot, cases[i].cache, 0);
        work_play(&s, cases[i].name, cases[i].lines);
        assert_int_equal(az_work_under_way(s.work) <= 1, 1);
        work_scene_release(&s);
    }
}

/* Whoever asks next goes on from here: cost, attempts, and what was wrong. */
static void leave_with_all_that_was_spent(void **state)
{
    (void)state;
    static const char paid[] =
        "question: {kind: choice, labels: [A, B], ask: Which?}\n"
        "backends: [{name: gpu, kind: openai, url: 'http://gpu/v1', slots: 1}]\n"
        "judges: [{name: a, backend: gpu, model: m, usd_per_mtok: {input: 1, output: 1}}]\n";
    struct work_scene s;
    work_scene_init(&s, paid, false, 0);
    work_event(&s, "ask 0.0 #1");
    work_event(&s, "recall all");
    assert_string_equal(work_event(&s, "reply 0.0 Z $10"), "again 0.0");
    assert_int_equal(s.last.attempts, 1);
    assert_int_equal(s.last.cost, 20 * 1000);
    assert_true(s.last.cost_known);
    assert_int_equal(s.last.error, AZ_BE_OUTSIDE);
    assert_non_null(strstr(s.said, "Z"));
    work_scene_release(&s);
}

/* A question that goes back unasked keeps the mistake that it came with. */
static void leave_with_what_it_came_with(void **state)
{
    (void)state;
    struct work_scene s;
    work_scene_init(&s, one_slot, false, 0);
    work_event(&s, "drain");
    struct az_item *item = work_item(0);
    struct az_msg_question q = {.key = work_key("0.0"),
                                .grant = AZ_NUSD_MAX,
                                .mistake = AZ_BE_PARSE,
                                .said = AZ_STR("well, it depends")};
    struct az_msg msg = {.kind = AZ_MSG_QUESTIONS};
    msg.questions.items = &item;
    msg.questions.v = &q;
    msg.questions.n = msg.questions.n_items = 1;
    assert_int_equal(az_work_on_questions(s.work, &msg, 0, &s.fx, NULL), 0);
    assert_string_equal(work_effects(&s), "again 0.0");
    assert_int_equal(s.last.error, AZ_BE_PARSE);
    assert_string_equal(s.said, "well, it depends");
    work_scene_release(&s);
}

static int story(struct work_scene *s)
{
    struct az_key key = work_key("1.0");
    struct az_error err = {0};
    int r = az_work_on_recall(s->work, 0, &key, 1, false, &s->fx, &err);
    if (r == 0)
        r = az_work_on_state(s->work, 0, "gone", 0, &s->fx, &err);
    if (r == 0)
        r = az_work_drain(s->work, &s->fx, &err);
    return r < 0 ? r : az_work_on_session(s->work, &s->fx, &err);
}

static void leave_without_memory(void **state)
{
    (void)state;
    int r = AZ_ENOMEM;
    for (int nth = 1; r == AZ_ENOMEM; nth++) {
        struct work_scene s;
        work_scene_init(&s, one_slot, false, 0);
        work_event(&s, "ask 0.0 1.0 2.0 3.0");
        az_fault_alloc(nth);
        r = story(&s);
        az_fault_alloc(0);
        work_scene_release(&s);
    }
    assert_int_equal(r, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leave_table),
        cmocka_unit_test(leave_with_all_that_was_spent),
        cmocka_unit_test(leave_with_what_it_came_with),
        cmocka_unit_test(leave_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
