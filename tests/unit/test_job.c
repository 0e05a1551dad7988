#include "coordinator/job.h"

#include "core/mem.h"
#include "tests/unit/unit.h"

static char owner[] = "team", key[] = "aa";

/* A record in this state, as it would be after what led there. */
static struct az_job_record in_state(enum az_job_state state)
{
    struct az_job_record job = {
        .id = 7,
        .owner = az_strdup(owner),
        .key = az_strdup(key),
        .state = state,
        .priority = 100,
        .created_s = 1000,
        .sealed = state != AZ_IS_RECEIVING,
    };
    if (state == AZ_IS_STOPPED) {
        job.cause = AZ_CAUSE_BUDGET;
        job.why = az_strdup("limits.usd is spent");
    }
    if (az_job_has_ended(&job))
        job.ended_s = 2000;
    assert_null(az_job_broken(&job));
    return job;
}

/* For each state (receiving, waiting, running, paused, stopped, done, cancelled)
 * its first letter after the event, C for cancelled, or - where it is refused. */
static const struct {
    enum az_job_event event;
    const char *name, *want;
} rows[] = {
    {AZ_ON_CANCEL, "cancel", "CCCCC-C"},
    {AZ_ON_PAUSE, "pause", "-pppp--"},
    {AZ_ON_RESUME, "resume", "-wrww--"},
    {AZ_ON_SET, "set", "Rwrps--"},
    {AZ_ON_RAISED, "the limit is raised", "Rwrpw--"},
    {AZ_ON_RETRY, "retry", "-wrwww-"},
    {AZ_ON_SEALED, "sealed", "wwrpsdC"},
    {AZ_ON_OPENED, "opened", "-r-----"},
    {AZ_ON_RESTART, "restart", "RwwpsdC"},
    {AZ_ON_DONE, "ended: done", "-dddddC"},
    {AZ_ON_LEFT, "ended: told to stop", "-wwpsdC"},
    {AZ_ON_BACKEND, "ended: a backend stopped", "-sspsdC"},
    {AZ_ON_BUDGET, "ended: the budget is spent", "-sspsdC"},
    {AZ_ON_TIME, "ended: its time is up", "-sspsdC"},
    {AZ_ON_FAILED, "ended: its store failed", "RssssdC"},
};

static void moves(void **state)
{
    (void)state;
    static const char letters[] = "RwrpsdC";
    assert_int_equal(AZ_LEN(rows), AZ_JOB_EVENTS);
    for (size_t i = 0; i < AZ_LEN(rows); i++) {
        char got[AZ_JOB_STATES + 1] = "";
        for (int from = 0; from < AZ_JOB_STATES; from++) {
            struct az_job_record job = in_state((enum az_job_state)from);
            struct az_error err = {0};
            int r = az_job_on(&job, rows[i].event, "the reason", 3000, &err);
            assert_null(az_job_broken(&job));
            assert_true(r == 0 || (r == AZ_EINVAL && *err.what && (int)job.state == from));
            got[from] = r < 0 ? '-' : letters[job.state];
            az_job_record_release(&job);
        }
        if (strcmp(got, rows[i].want))
            fail_msg("%s: got '%s', want '%s'", rows[i].name, got, rows[i].want);
    }
}

static void what_goes_with_it(void **state)
{
    (void)state;
    struct az_job_record job = in_state(AZ_IS_RUNNING);
    assert_int_equal(az_job_on(&job, AZ_ON_BUDGET, "limits.usd is spent", 3000, NULL), 0);
    assert_int_equal(job.cause, AZ_CAUSE_BUDGET);
    assert_string_equal(job.why, "limits.usd is spent");
    assert_true(az_job_rests(&job) && !az_job_has_ended(&job) && !job.ended_s);
    assert_int_equal(az_job_on(&job, AZ_ON_RAISED, NULL, 3000, NULL), 0);
    assert_null(job.why);
    assert_int_equal(az_job_on(&job, AZ_ON_CANCEL, NULL, 3000, NULL), 0);
    assert_int_equal(job.ended_s, 3000);
    assert_int_equal(az_job_on(&job, AZ_ON_CANCEL, NULL, 4000, NULL), 0);
    assert_int_equal(job.ended_s, 3000); /* again changes nothing */
    az_job_record_release(&job);
}

/* Wanted until a run has begun with it; so long the job isn't done. */
static void opens_again_what_failed(void **state)
{
    (void)state;
    struct az_job_record job = in_state(AZ_IS_DONE);
    job.figures.failed = 3;
    assert_int_equal(az_job_on(&job, AZ_ON_RETRY, NULL, 3000, NULL), 0);
    assert_true(job.retry && job.state == AZ_IS_WAITING && !job.ended_s);
    assert_int_equal(az_job_on(&job, AZ_ON_RESTART, NULL, 3000, NULL), 0);
    assert_true(job.retry);
    assert_int_equal(az_job_on(&job, AZ_ON_OPENED, NULL, 3000, NULL), 0);
    assert_true(!job.retry && job.state == AZ_IS_RUNNING);

    assert_int_equal(az_job_on(&job, AZ_ON_RETRY, NULL, 3000, NULL), 0);
    assert_true(job.retry && job.state == AZ_IS_RUNNING);
    assert_int_equal(az_job_on(&job, AZ_ON_DONE, NULL, 3000, NULL), 0);
    assert_true(job.retry && job.state == AZ_IS_WAITING);
    assert_int_equal(az_job_on(&job, AZ_ON_CANCEL, NULL, 3000, NULL), 0);
    assert_true(!job.retry && az_job_has_ended(&job));
    az_job_record_release(&job);
}

static void says_what_is_wrong(void **state)
{
    (void)state;
    static const struct {
        enum az_job_state state;
        enum az_job_event event;
        const char *what;
    } cases[] = {
        {AZ_IS_RECEIVING, AZ_ON_PAUSE, "job 7 cannot be paused: its items are not all there"},
        {AZ_IS_DONE, AZ_ON_RESUME, "job 7 cannot be resumed: it is done"},
        {AZ_IS_CANCELLED, AZ_ON_RETRY, "job 7 cannot be resumed: it is cancelled"},
        {AZ_IS_RECEIVING, AZ_ON_RETRY, "job 7 cannot be resumed: its items are not all there"},
        {AZ_IS_CANCELLED, AZ_ON_SET, "job 7 cannot be changed: it is cancelled"},
        {AZ_IS_DONE, AZ_ON_CANCEL, "job 7 cannot be cancelled: it is done"},
    };
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        struct az_job_record job = in_state(cases[i].state);
        struct az_error err = {0};
        assert_int_equal(az_job_on(&job, cases[i].event, NULL, 1, &err), AZ_EINVAL);
        assert_string_equal(err.what, cases[i].what);
        assert_true(*err.hint);
        az_job_record_release(&job);
    }
}

static void who_is_first(void **state)
{
    (void)state;
    struct az_job_record old = {.id = 3, .priority = 100}, young = {.id = 9, .priority = 100},
                         urgent = {.id = 12, .priority = 500};
    assert_true(az_job_order(&old, &young) < 0);
    assert_true(az_job_order(&young, &old) > 0);
    assert_true(az_job_order(&urgent, &old) < 0);
    assert_int_equal(az_job_order(&old, &old), 0);
}

/* What each asker may do with a job of "team": s sees, c changes, - neither. */
static const struct {
    struct az_asker asker;
    const char *want;
} askers[] = {
    {{.principal = "team", .submits = true}, "sc"},
    {{.principal = "team"}, "s-"},
    {{.principal = "others", .submits = true}, "--"},
    {{.principal = "others", .submits = true, .reads = true}, "s-"},
    {{.principal = "others", .admin = true}, "sc"},
    {{.principal = ""}, "--"},
};

static void who_may_do_what(void **state)
{
    (void)state;
    struct az_job_record job = in_state(AZ_IS_DONE);
    for (size_t i = 0; i < AZ_LEN(askers); i++) {
        struct az_error err = {0};
        const struct az_asker *a = &askers[i].asker;
        int sees = az_job_access(&job, 7, a, false, &err);
        int changes = az_job_access(&job, 7, a, true, &err);
        char got[3] = {sees == 0 ? 's' : '-', changes == 0 ? 'c' : '-', '\0'};
        assert_string_equal(got, askers[i].want);
        assert_true((sees == 0) == az_job_is_seen(&job, a));
        assert_true(sees == 0 || (sees == AZ_ENOENT && changes == AZ_ENOENT));
        assert_true(sees < 0 || changes == 0 || changes == AZ_EINVAL);
    }
    struct az_error hidden = {0}, absent = {0};
    az_job_access(&job, 7, &askers[2].asker, true, &hidden);
    az_job_access(NULL, 7, &askers[2].asker, true, &absent);
    assert_string_equal(hidden.what, "no job 7");
    assert_string_equal(hidden.what, absent.what); /* one can't be told from the other */
    assert_string_equal(hidden.hint, absent.hint);
    az_job_record_release(&job);
}

/* Each way in which a record can be broken is told from a good one. */
static void broken_records(void **state)
{
    (void)state;
    for (int i = 0; i < 9; i++) {
        struct az_job_record job = in_state(i == 4 ? AZ_IS_STOPPED : AZ_IS_WAITING);
        struct az_job_record bad = job;
        char *why = job.why, text[] = "x";
        bad.id = i == 0 ? 0 : bad.id;
        bad.state = i == 1 ? AZ_JOB_STATES : bad.state;
        bad.owner = i == 2 ? NULL : bad.owner;
        bad.why = i == 3 ? text : i == 4 ? NULL : why;
        bad.ended_s = i == 5;
        bad.sealed = i != 6;
        bad.priority = i == 7 ? 0 : i == 8 ? 1001 : bad.priority;
        assert_non_null(az_job_broken(&bad));
        az_job_record_release(&job);
    }
}

static void without_memory(void **state)
{
    (void)state;
    struct az_job_record job = in_state(AZ_IS_STOPPED), copy = {0};
    job.name = az_strdup("n");
    job.sets = az_strdup("priority=3\n");
    int r = AZ_ENOMEM;
    for (int nth = 1; r == AZ_ENOMEM; nth++) {
        az_fault_alloc(nth);
        r = az_job_record_copy(&job, &copy, NULL);
        az_fault_alloc(0);
        assert_true(r == 0 || !copy.owner);
    }
    assert_string_equal(copy.why, job.why);
    assert_string_equal(copy.sets, job.sets);
    az_job_record_release(&copy);
    az_job_record_release(&job);

    job = in_state(AZ_IS_RUNNING);
    az_fault_alloc(1);
    assert_int_equal(az_job_on(&job, AZ_ON_BACKEND, "gone", 1, NULL), AZ_ENOMEM);
    az_fault_alloc(0);
    assert_int_equal(job.state, AZ_IS_RUNNING);
    assert_int_equal(az_job_on(&job, AZ_ON_BACKEND, "", 1, NULL), 0);
    assert_string_equal(job.why, "no reason was given");
    az_job_record_release(&job);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moves),
        cmocka_unit_test(what_goes_with_it),
        cmocka_unit_test(opens_again_what_failed),
        cmocka_unit_test(says_what_is_wrong),
        cmocka_unit_test(who_is_first),
        cmocka_unit_test(who_may_do_what),
        cmocka_unit_test(broken_records),
        cmocka_unit_test(without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
