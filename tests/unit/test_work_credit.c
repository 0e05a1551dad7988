/* How many questions a backend takes at once, and what changes that. */
#include <stdlib.h>

#include "core/model.h"
#include "core/panel.h"
#include "tests/unit/unit.h"
#include "tests/unit/work_scene.h"
#include "workers/work.h"

static const struct {
    const char *name, *kind;
    int slots;
    double rpm;
    uint32_t want;
} cases[] = {
    {"a recorded judge answers at once: many", "recorded", 0, 0, 4096},
    {"and keeps to its slots where it has a delay and slots", "recorded", 3, 0, 3},
    {"a lexical one too", "lexical", 0, 0, 4096},
    {"an API has some to come beyond its slots", "openai", 4, 0, 7},
    {"an API without slots has room to grow", "openai", 0, 0, 385},
    {"but holds no more than a minute's worth", "openai", 0, 20, 20},
    {"and one at the least", "openai", 4, 0.5, 1},
};

static void credit_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        struct az_backend backend = {
            .name = "b", .kind = cases[i].kind, .slots = cases[i].slots, .rpm = cases[i].rpm};
        struct az_work_backend seated = {.backend = &backend};
        struct az_work_config config = {.n_backends = 1, .backends = &seated};
        AZ_AUTO(work) w = NULL;
        struct az_error err;
        assert_int_equal(az_work_new(&config, &w, &err), 0);
        uint32_t got = az_work_credit(w, 0);
        if (got != cases[i].want)
            fail_msg("%s: %u, want %u", cases[i].name, got, cases[i].want);
    }
}

static const char four[] = "question: {kind: choice, labels: [A, B], ask: Which?}\n"
                           "backends: [{name: gpu, kind: openai, url: 'http://gpu/v1', slots: 4}]\n"
                           "judges: [{name: a, backend: gpu, model: m}]\n";

/* What is announced beyond what was announced and not used up by answers. */
static void credit_follows_the_limits(void **state)
{
    (void)state;
    static const struct work_line lines[] = {
        {"tune 0 6 0 0", "announce gpu 3"}, /* from 7 to 10 */
        {"ask 0.0 1.0 2.0 3.0 4.0 5.0 6.0",
         "call 0.0; call 1.0; call 2.0; call 3.0; call 4.0; call 5.0"},
        {"tune 0 1 0 0", "announce gpu 0"}, /* 2 fit, 10 are out */
        {"reply 0.0 A", "answer 0.0 A"},    /* five are under way, one may be */
        {"reply 1.0 A", "answer 1.0 A"},
        {"reply 2.0 A", "answer 2.0 A"},
        {"reply 3.0 A", "answer 3.0 A"},
        {"reply 4.0 A", "answer 4.0 A"},
        {"reply 5.0 A", "answer 5.0 A; call 6.0"},
        {0}};
    struct work_scene s;
    work_scene_init(&s, four, false, 0);
    assert_int_equal(az_work_credit(s.work, 0), 7);
    assert_int_equal(az_work_credit(s.work, 0), 0);
    work_play(&s, "credit", lines);
    assert_int_equal(az_work_credit(s.work, 0), 0); /* 4 are out */
    work_event(&s, "reply 6.0 A");
    assert_int_equal(az_work_credit(s.work, 0), 0);
    assert_string_equal(work_event(&s, "tune 0 2 0 0"), "announce gpu 1"); /* 4 fit, 3 are out */
    work_scene_release(&s);
}

static void credit_is_given_back_by_answers(void **state)
{
    (void)state;
    struct work_scene s;
    work_scene_init(&s, four, false, 0);
    assert_int_equal(az_work_credit(s.work, 0), 7);
    work_event(&s, "ask 0.0 1.0");
    work_event(&s, "reply 0.0 A");
    assert_int_equal(az_work_credit(s.work, 0), 1);
    work_event(&s, "session");
    assert_int_equal(az_work_credit(s.work, 0), 7);
    work_event(&s, "reply 1.0 A"); /* of the session before */
    assert_int_equal(az_work_credit(s.work, 0), 0);
    work_scene_release(&s);
}

/* A minute's worth, and what was taken before still counts. */
static void credit_keeps_to_new_rates(void **state)
{
    (void)state;
    struct work_scene s;
    work_scene_init(&s, four, false, 0);
    assert_int_equal(az_work_credit(s.work, 0), 7);
    assert_string_equal(work_event(&s, "tune 0 0 2 0"), "announce gpu 0");
    assert_string_equal(work_event(&s, "ask 0.0 1.0"), "call 0.0");
    az_ms at = az_work_deadline(s.work);
    assert_true(at > 30000 && at <= 60000);
    assert_string_equal(work_event(&s, "tune 0 0 60 0"), "announce gpu 0");
    assert_true(az_work_deadline(s.work) <= 2000);
    work_scene_release(&s);
}

static void credit_of_a_stranger(void **state)
{
    (void)state;
    struct work_scene s;
    work_scene_init(&s, four, false, 0);
    assert_int_equal(az_work_on_tune(s.work, AZ_STR("far"), 1, 1, 1, 0, &s.fx, NULL), 0);
    assert_string_equal(work_effects(&s), "");
    work_scene_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(credit_table),
        cmocka_unit_test(credit_follows_the_limits),
        cmocka_unit_test(credit_is_given_back_by_answers),
        cmocka_unit_test(credit_keeps_to_new_rates),
        cmocka_unit_test(credit_of_a_stranger),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
