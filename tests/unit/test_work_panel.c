/* Several panels at once: questions and answers name theirs, what a server was
 * found not to take outlives them. */
#include "workers/work.h"

#include "core/mem.h"
#include "tests/unit/unit.h"
#include "tests/unit/work_scene.h"

static const char plain[] =
    "question: {kind: choice, labels: [A, B], ask: Which?}\n"
    "backends: [{name: gpu, kind: openai, url: 'http://gpu/v1', slots: 1}]\n"
    "judges:\n"
    "  - {name: a, backend: gpu, model: m}\n";

#define NO_HEAT                                                                  \
    "body 0.0 400 {\"error\":{\"message\":\"Unsupported value: 'temperature'\"," \
    "\"param\":\"temperature\",\"code\":\"unsupported_value\"}}"

enum { LINES = 12 };
static const struct {
    const char *name;
    struct work_line lines[LINES];
} cases[] = {
    {"two panels, the same key",
     {{"panel 7", ""},
      {"ask 0.0 7/0.0", "call 0.0"},
      {"reply 0.0 A", "answer 0.0 A; call 7/0.0"},
      {"reply 7/0.0 B", "answer 7/0.0 B"}}},
    {"a panel that is forgotten answers what it holds",
     {{"panel 7", ""},
      {"ask 7/0.0 7/1.0", "call 7/0.0"},
      {"forget 7", ""},
      {"reply 7/0.0 A", "answer 7/0.0 A; call 7/1.0"},
      {"reply 7/1.0 A", "answer 7/1.0 A"}}},
    {"its number may come again",
     {{"ask 0.0", "call 0.0"},
      {"forget 0", ""},
      {"panel 0", ""},
      {"reply 0.0 A", "answer 0.0 A"},
      {"ask 1.0", "call 1.0"}}},
    {"what is asked about one that cannot be used is answered by nobody",
     {{"unfit 7", ""},
      {"ask 7/0.0 0.0", "call 0.0"},
      {"recall 7/all", ""},
      {"reply 0.0 A", "answer 0.0 A"},
      {"forget 7", ""},
      {"panel 7", ""},
      {"ask 7/0.0", "call 7/0.0"}}},
    {"a panel that is not here is forgotten easily", {{"forget 9", ""}}},
    {"what the server does not take is known under the next panel",
     {{"ask 0.0", "call 0.0"},
      {NO_HEAT, "call 0.0"},
      {"reply 0.0 A", "answer 0.0 A"},
      {"forget 0", ""},
      {"panel 1", ""},
      {"ask 1/0.0", "call 1/0.0"},
      {"reply 1/0.0 A", "answer 1/0.0 A"}}},
    {"one call may be made: what needs another goes back after its pause",
     {{"ask 0.0 *1", "call 0.0"},
      {"status 0.0 500", ""},
      {"tick 60000", "again 0.0"},
      {"ask 0.0 #1 *1", "call 0.0"},
      {"reply 0.0 A", "answer 0.0 A"}}},
    {"and at once where it is asked again at once",
     {{"ask 0.0 *1", "call 0.0"}, {"reply 0.0 Z", "again 0.0"}}},
    {"a lesson is a call too",
     {{"ask 0.0 *1", "call 0.0"}, {NO_HEAT, "again 0.0"}, {"ask 0.0 *2", "call 0.0"}}},
    {"two calls", {{"ask 0.0 *2", "call 0.0"}, {"reply 0.0 Z", "call 0.0"}}},
};

static void panel_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        struct work_scene s;
        work_scene_init(&s, plain, false, 0);
        work_play(&s, cases[i].name, cases[i].lines);
        work_scene_release(&s);
    }
}

static void panel_lessons_are_known(void **state)
{
    (void)state;
    struct work_scene s;
    work_scene_init(&s, plain, false, 0);
    work_event(&s, "ask 0.0");
    work_event(&s, NO_HEAT);
    work_event(&s, "session");
    work_event(&s, "panel 3");
    work_event(&s, "reply 0.0 A"); /* of the session before; makes room */
    work_event(&s, "ask 3/0.0");
    assert_true(work_call_of(&s, "3/0.0")->ask.caps.no_temperature);
    work_scene_release(&s);
}

/* A worker need not have every judge's backend; it is not asked for those. */
static void panel_with_a_backend_that_is_not_here(void **state)
{
    (void)state;
    static const char two[] = "question: {kind: choice, labels: [A, B], ask: Which?}\n"
                              "backends:\n"
                              "  - {name: gpu, kind: openai, url: 'http://gpu/v1', slots: 4}\n"
                              "  - {name: far, kind: openai, url: 'http://far/v1', slots: 4}\n"
                              "judges:\n"
                              "  - {name: a, backend: gpu, model: m}\n"
                              "  - {name: b, backend: far, model: m}\n";
    static const unsigned char secret[AZ_SECRET_BYTES];
    struct work_scene s;
    struct az_error err = {0};
    work_scene_init(&s, plain, false, 0);
    assert_int_equal(az_work_on_panel(s.work, 5, work_panel(two), secret, &err), 0);
    assert_string_equal(work_event(&s, "ask 5/0.0"), "call 5/0.0");
    assert_int_equal(work_ask(&s, "5/0.1", &err), AZ_EPROTO);
    assert_non_null(strstr(err.what, "'far'"));
    work_scene_release(&s);
}

static void panel_without_memory(void **state)
{
    (void)state;
    static const unsigned char secret[AZ_SECRET_BYTES];
    int r = AZ_ENOMEM;
    for (int nth = 1; r == AZ_ENOMEM; nth++) {
        struct work_scene s;
        struct az_error err = {0};
        work_scene_init(&s, plain, false, 0);
        struct az_panel *panel = work_panel(plain);
        az_fault_alloc(nth);
        r = az_work_on_panel(s.work, 5, panel, secret, &err);
        az_fault_alloc(0);
        assert_true(r == 0 || *err.what);
        work_scene_release(&s);
    }
    assert_int_equal(r, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(panel_table),
        cmocka_unit_test(panel_lessons_are_known),
        cmocka_unit_test(panel_with_a_backend_that_is_not_here),
        cmocka_unit_test(panel_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
