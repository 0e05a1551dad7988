/* Workers that fall silent, are gone, or come back: what they held. */
#include "coordinator/sched.h"

#include "tests/unit/unit.h"
// clang-format off
#include "tests/unit/sched_panels.h"
// clang-format on

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sched_silence),
        cmocka_unit_test(sched_eighth_loss),
        cmocka_unit_test(sched_idle_after_losses),
        cmocka_unit_test(sched_lost_attempts_are_apart),
        cmocka_unit_test(sched_found_counts_as_its_holder),
        cmocka_unit_test(sched_silent_twice_costs_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
