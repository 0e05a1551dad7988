/* A service whose disk is full: what it tells, and how it stops. */
#include <signal.h>
#include <sys/resource.h>

#include "tests/unit/service_scene.h"

/* No file grows from now on, or they do again. */
static void disk_full(bool full)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = full ? 1 : limit.rlim_max;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* A running job whose every change so far is durable: the one told done is the last of
 * them, so a disk that is full from now on is first met by the next. */
static uint64_t running_job(struct client *c)
{
    uint64_t job = submit_whole(c, "key", PANEL_OF_NOBODY, 3);
    await_state(c, job, ASSIZE__JOB_STATE__RUNNING);
    ask_control(c, job, ASSIZE__JOB_VERB__SET, "priority=100");
    hear_kind(c, AZ_MSG_DONE);
    return job;
}

/* Waits until the service knows it. Nothing that is asked meanwhile is told to be done. */
static void await_unwell(struct scene *s, struct client *c)
{
    while (az_service_well(s->service))
        status(c, 1);
}

static void stops_with_a_full_disk(void **state)
{
    struct scene *s = *state;
    struct az_error err = {0};
    struct client c = come(s, "team");
    uint64_t job = running_job(&c);
    disk_full(true);
    ask_control(&c, job, ASSIZE__JOB_VERB__SET, "priority=500");
    await_unwell(s, &c);
    ask_control(&c, job, ASSIZE__JOB_VERB__SET, "priority=600");
    while (hear(&c)->kind != AZ_MSG_FAILED)
        assert_int_not_equal(c.msg.kind, AZ_MSG_DONE);
    assert_int_equal(c.msg.failed->code, -AZ_EOUTPUT);
    leave(&c);
    az_service_stop(s->service);
    pthread_join(s->thread, NULL);
    s->running = false;
    assert_int_equal(s->end.code, 0);
    assert_int_equal(az_service_close(AZ_TAKE(s->service), &err), AZ_EOUTPUT);
    assert_non_null(strstr(err.what, "catalog.db"));
    disk_full(false);
    scene_start(s);
    c = come(s, "team");
    assert_int_equal(status(&c, job)->priority, 100); /* as was last told */
    await_state(&c, job, ASSIZE__JOB_STATE__RUNNING);
    leave(&c);
}

static void goes_on_when_there_is_room(void **state)
{
    struct scene *s = *state;
    struct client c = come(s, "team");
    uint64_t job = running_job(&c);
    disk_full(true);
    ask_control(&c, job, ASSIZE__JOB_VERB__SET, "priority=500");
    await_unwell(s, &c);
    disk_full(false);
    hear_kind(&c, AZ_MSG_DONE);
    assert_int_equal(status(&c, job)->priority, 500);
    leave(&c);
    scene_restart(s);
    c = come(s, "team");
    assert_int_equal(status(&c, job)->priority, 500);
    leave(&c);
}

static int free_with_room(void **state)
{
    disk_full(false);
    return scene_free(state);
}

#define SCENE(test) cmocka_unit_test_setup_teardown(test, scene_new, free_with_room)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(goes_on_when_there_is_room),
        SCENE(stops_with_a_full_disk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
