/* A service's backend that fails again and again: announced as away, tried by one
 * question at a time, and announced anew when it answers. */
#include "workers/work.h"

#include "core/mem.h"
#include "tests/unit/unit.h"
#include "tests/unit/work_scene.h"

static const char yaml[] = "question: {kind: choice, labels: [A, B], ask: Which?}\n"
                           "backends: [{name: gpu, kind: openai, url: 'http://gpu/v1', slots: 5}]\n"
                           "judges: [{name: a, backend: gpu, model: m}]\n";

#define FIVE_FAIL                                                                       \
    {"ask 0.0 1.0 2.0 3.0 4.0 #3", "call 0.0; call 1.0; call 2.0; call 3.0; call 4.0"}, \
        {"timeout 0.0", "answer 0.0 timeout"}, {"timeout 1.0", "answer 1.0 timeout"},   \
        {"timeout 2.0", "answer 2.0 timeout"}, {"timeout 3.0", "answer 3.0 timeout"},   \
    {                                                                                   \
        "timeout 4.0", "answer 4.0 timeout"                                             \
    }
#define PROBE_FAILS                                                                      \
    {"ask 5.0 6.0 7.0", ""}, {"tick 4999", ""}, {"tick 5000", "call 5.0"},               \
    {                                                                                    \
        "connect 5.0", "!announce gpu 0 down: it broke; again 6.0; again 7.0; again 5.0" \
    }

enum { LINES = 24 };
static const struct {
    const char *name;
    struct work_line lines[LINES];
} cases[] = {
    {"down: what waits and what comes goes back without a call",
     {FIVE_FAIL,
      PROBE_FAILS,
      {"ask 8.0", "again 8.0"},
      {"tick 14999", ""},
      {"ask 8.0", "again 8.0"}}},
    {"its pause over, one question tries it",
     {FIVE_FAIL,
      PROBE_FAILS,
      {"tick 15000", "announce gpu 1"},
      {"tick 99000", ""},
      {"ask 6.0 7.0", "call 6.0"},
      {"reply 6.0 A", "?announce gpu 8; answer 6.0 A; call 7.0"},
      {"reply 7.0 A", "answer 7.0 A"}}},
    {"each try that fails is a longer pause, and no news",
     {FIVE_FAIL,
      PROBE_FAILS,
      {"tick 15000", "announce gpu 1"},
      {"ask 6.0 7.0", "call 6.0"},
      {"connect 6.0", "announce gpu 0 down: it broke; again 7.0; again 6.0"},
      {"tick 34999", ""},
      {"tick 35000", "announce gpu 1"}}},
    {"attempts that are used up end as the error they had",
     {FIVE_FAIL,
      PROBE_FAILS,
      {"tick 15000", "announce gpu 1"},
      {"ask 6.0 #3", "call 6.0"},
      {"timeout 6.0", "announce gpu 0 down: it broke; answer 6.0 timeout"}}},
    {"a question alone that finds nobody goes back with all its attempts",
     {{"ask 0.0 #3", "call 0.0"},
      {"connect 0.0", ""},
      {"tick 1000", "call 0.0"},
      {"connect 0.0", ""},
      {"tick 3000", "call 0.0"},
      {"connect 0.0", ""},
      {"tick 7000", "call 0.0"},
      {"connect 0.0", ""},
      {"tick 15000", "call 0.0"},
      {"connect 0.0", ""},
      {"tick 19999", ""},
      {"tick 60000", "call 0.0"},
      {"connect 0.0", "!announce gpu 0 down: it broke; again 0.0"}}},
    {"nobody there costs the question that tries no attempt",
     {FIVE_FAIL,
      PROBE_FAILS,
      {"tick 15000", "announce gpu 1"},
      {"ask 6.0 #3", "call 6.0"},
      {"connect 6.0", "announce gpu 0 down: it broke; again 6.0"}}},
    {"a server's own words are not announced",
     {FIVE_FAIL,
      {"ask 5.0", ""},
      {"tick 5000", "call 5.0"},
      {"body 5.0 500 {\"error\":{\"message\":\"a prompt\"}}",
       "!announce gpu 0 down: HTTP status 500; again 5.0"}}},
    {"an answer to a call from before",
     {{"ask 8.0", "call 8.0"},
      {"ask 0.0 1.0 2.0 3.0 #3", "call 0.0; call 1.0; call 2.0; call 3.0"},
      {"timeout 0.0", "answer 0.0 timeout"},
      {"timeout 1.0", "answer 1.0 timeout"},
      {"timeout 2.0", "answer 2.0 timeout"},
      {"timeout 3.0", "answer 3.0 timeout"},
      {"ask 4.0 #3", "call 4.0"},
      {"timeout 4.0", "answer 4.0 timeout"},
      PROBE_FAILS,
      {"reply 8.0 A", "?announce gpu 8; answer 8.0 A"},
      {"tick 15000", ""}}},
    {"whoever runs the server knows better",
     {FIVE_FAIL,
      PROBE_FAILS,
      {"state 0 exit 1", "announce gpu 0 exit 1"},
      {"tick 15000", ""},
      {"state 0", "announce gpu 8"},
      {"ask 6.0 7.0", "call 6.0; call 7.0"}}},
    {"another session is told as well",
     {FIVE_FAIL,
      PROBE_FAILS,
      {"session", ""},
      {"panel 1", ""},
      {"ask 1/6.0", "again 1/6.0"},
      {"tick 15000", "announce gpu 1"}}},
    {"leaving", {FIVE_FAIL, PROBE_FAILS, {"drain", "announce gpu 0 leaving"}}},
};

static void down_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        struct work_scene s;
        work_scene_init_as(&s, yaml, false, 0, true);
        work_play(&s, cases[i].name, cases[i].lines);
        work_scene_release(&s);
    }
}

static void down_spends_no_attempt(void **state)
{
    (void)state;
    static const struct work_line lines[] = {
        FIVE_FAIL, PROBE_FAILS, {"tick 15000", "announce gpu 1"}, {"ask 6.0", "call 6.0"}, {0}};
    struct work_scene s;
    work_scene_init_as(&s, yaml, false, 0, true);
    work_play(&s, "down", lines);
    assert_true(s.last_again);
    assert_int_equal(s.last.attempts, 0);
    work_event(&s, "connect 6.0");
    assert_true(s.last_again);
    assert_int_equal(s.last.attempts, 0);
    work_scene_release(&s);
}

/* The question that tries it fails, or is answered. */
static int probe(struct work_scene *s, bool answered)
{
    struct az_error err = {0};
    char body[256];
    work_body(body, sizeof(body), "{\"rationale\":\"r\",\"label\":\"A\"}", -1);
    struct az_response response = {200, {0}, az_str(body)};
    struct az_call_result result = {.end = AZ_CALL_CONNECT, .why = "it broke"};
    if (answered)
        result = (struct az_call_result){.end = AZ_CALL_ANSWERED, .response = &response};
    struct work_call *c = work_call_of(s, answered ? "6.0" : "5.0");
    return az_work_on_response(s->work, c, &result, s->now, 0, &s->fx, &err);
}

static void down_without_memory(void **state)
{
    (void)state;
    static const struct work_line before[] = {
        FIVE_FAIL, {"ask 5.0 6.0 7.0", ""}, {"tick 5000", "call 5.0"}, {0}};
    static const struct work_line after[] = {
        {"tick 15000", "announce gpu 1"}, {"ask 6.0 7.0", "call 6.0"}, {0}};
    for (int answered = 0; answered < 2; answered++) {
        int r = AZ_ENOMEM;
        for (int nth = 1; r == AZ_ENOMEM; nth++) {
            struct work_scene s;
            work_scene_init_as(&s, yaml, false, 0, true);
            work_play(&s, "down", before);
            if (answered) {
                assert_int_equal(probe(&s, false), 0);
                work_effects(&s);
                work_play(&s, "tried", after);
            }
            az_fault_alloc(nth);
            r = probe(&s, answered);
            az_fault_alloc(0);
            work_scene_release(&s);
        }
        assert_int_equal(r, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(down_table),
        cmocka_unit_test(down_spends_no_attempt),
        cmocka_unit_test(down_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
