/* Backends that refuse for good, and what is asked again after that. */
#include "coordinator/sched.h"

#include "tests/unit/unit.h"
// clang-format off
#include "tests/unit/sched_panels.h"
// clang-format on

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sched_first_reason_stays),
        cmocka_unit_test(sched_opened_while_stopped),
        cmocka_unit_test(sched_retried),
        cmocka_unit_test(sched_stopped_and_not_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
