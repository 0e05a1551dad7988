#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>

#include "tests/unit/service_scene.h"

#define BAD "{\n"

static void submitted_judged_and_read(void **state)
{
    struct scene *s = *state;
    struct client c = come(s, "team");
    scene_worker(s);
    Assize__Submitted sub = submit(&c, "key", PANEL);
    assert_int_equal(sub.job, 1);
    assert_int_equal(sub.chunks, 0);
    assert_true(!sub.sealed && !sub.existed && sub.window > 0 && sub.chunk_bytes > 0);
    AZ_AUTO_MEM char *two = items_text(0, 2);
    AZ_AUTO_MEM char *more = items_text(1, 2); /* 1 again, and 2 */
    char first[512];
    snprintf(first, sizeof(first), "%s" BAD, two);
    const Assize__Chunked *told = chunk(&c, 1, 0, 1, first, false);
    assert_int_equal(told->chunks, 1);
    assert_int_equal(told->n_bad, 1);
    assert_int_equal(told->bad[0]->line, 3);
    assert_int_equal(told->bad_lines, 1);
    assert_false(told->sealed);
    told = chunk(&c, 1, 1, 4, more, true);
    assert_int_equal(told->chunks, 2);
    assert_true(told->sealed);

    assert_string_equal(results_text(&c, 1, 0, true, false), "0 1 2 open 0");
    const Assize__JobInfo *info = status(&c, 1);
    assert_int_equal(info->state, ASSIZE__JOB_STATE__DONE);
    assert_int_equal(info->items, 3);
    assert_int_equal(info->decided, 3);
    assert_int_equal(info->bad_lines, 1);
    assert_true(info->ended_s >= info->created_s && info->created_s > 0);
    assert_string_equal(info->owner, "team");
    assert_string_equal(info->name, "a name");
    assert_int_equal(info->limit_nusd, -1);
    assert_string_equal(results_text(&c, 1, 1, false, false), "1 2 open 0");
    assert_string_equal(results_text(&c, 1, 9, false, false), "open 0");
    leave(&c);
}

static void as_they_come(void **state)
{
    struct scene *s = *state;
    struct client c = come(s, "team");
    uint64_t job = submit_whole(&c, "key", PANEL, 200);
    ask_results(&c, job, 0, true, true, INT64_C(1) << 20);
    scene_worker(s);
    int64_t n = 0, next = 0;
    for (bool end = false; !end;) {
        const Assize__Verdicts *v = hear_kind(&c, AZ_MSG_VERDICTS)->verdicts;
        n += (int64_t)v->n_lines;
        next = v->next;
        end = v->end;
    }
    assert_int_equal(n, 200);
    assert_int_equal(next, 201); /* places count from 1 */
    results_text(&c, job, 151, false, true);
    ask_results(&c, job, 151, false, true, INT64_C(1) << 20);
    assert_int_equal(hear_kind(&c, AZ_MSG_VERDICTS)->verdicts->n_lines, 50);
    leave(&c);
}

/* One line for each bit of credit; then the client has had enough. */
static void slow_reader(void **state)
{
    struct scene *s = *state;
    struct client c = come(s, "team");
    scene_worker(s);
    uint64_t job = submit_whole(&c, "key", PANEL, 50);
    await_state(&c, job, ASSIZE__JOB_STATE__DONE);
    ask_results(&c, job, 0, false, false, 1);
    int64_t owed = -1; /* what the lines were longer than the credit */
    for (int i = 0; i < 10; i++) {
        const Assize__Verdicts *v = hear_kind(&c, AZ_MSG_VERDICTS)->verdicts;
        assert_int_equal(v->n_lines, 1);
        assert_int_equal(v->next, i + 1);
        owed = (int64_t)v->lines[0].len - 1;
        ask_more(&c, owed + 1, false);
    }
    hear_kind(&c, AZ_MSG_VERDICTS);
    ask_more(&c, 0, true);
    ask_more(&c, 1000, false); /* nobody is there for it */
    assert_int_equal(status(&c, job)->decided, 50);
    leave(&c);
}

/* What was acknowledged is there after a restart, and the rest follows. */
static void broken_off_and_submitted_again(void **state)
{
    struct scene *s = *state;
    struct client c = come(s, "team");
    AZ_AUTO_MEM char *one = items_text(0, 2);
    AZ_AUTO_MEM char *two = items_text(2, 2);
    uint64_t job = submit(&c, "key", PANEL).job;
    chunk(&c, job, 0, 1, one, false);
    leave(&c);
    scene_restart(s);

    c = come(s, "team");
    scene_worker(s);
    Assize__Submitted again = submit(&c, "key", PANEL);
    assert_int_equal(again.job, job);
    assert_int_equal(again.chunks, 1);
    assert_int_equal(again.last_line, 2);
    assert_true(again.existed && !again.sealed);
    ask_chunk(&c, job, 2, 5, two, true);
    hear_failed(&c, AZ_EINVAL, "chunk 2, and chunk 1 has not come");
    assert_int_equal(chunk(&c, job, 0, 1, one, false)->chunks, 1); /* once more */
    assert_true(chunk(&c, job, 1, 3, two, true)->sealed);
    assert_string_equal(results_text(&c, job, 0, true, false), "0 1 2 3 open 0");
    again = submit(&c, "key", PANEL);
    assert_true(again.existed && again.sealed && again.chunks == 2);
    assert_true(chunk(&c, job, 1, 3, two, true)->sealed);
    ask_chunk(&c, job, 2, 5, two, true);
    hear_failed(&c, AZ_EINVAL, "job 1 has all its items");
    leave(&c);
}

static void a_key_is_one_job(void **state)
{
    struct scene *s = *state;
    struct client c = come(s, "team"), d = come(s, "others");
    assert_int_equal(submit(&c, "key", PANEL).job, 1);
    ask_submit(&c, "key", PANEL "limits: {attempts: 2}\n", 0, 0);
    hear_failed(&c, AZ_ECHANGED, "this key is that of job 1: the panel changed: attempts: 2");
    assert_int_equal(submit(&c, "kez", PANEL).job, 2);
    assert_int_equal(submit(&d, "key", PANEL).job, 3); /* another owner's */
    leave(&c);
    leave(&d);
}

static void bad_submissions(void **state)
{
    struct scene *s = *state;
    struct client c = come(s, "team");
    ask_submit(&c, "key", "question: {kind: pair}\n", 0, 0);
    assert_int_equal(hear(&c)->kind, AZ_MSG_FAILED);
    assert_non_null(strstr(c.msg.failed->what, "judges"));
    ask_submit(&c, "key", PANEL "backends: [{name: g, kind: openai, url: \"http://host:1\"}]\n", 0,
               0);
    assert_int_equal(hear(&c)->kind, AZ_MSG_FAILED);
    assert_non_null(strstr(c.msg.failed->what, "url"));
    ask_chunk(&c, 7, 0, 1, BAD, true);
    hear_failed(&c, AZ_ENOENT, "no job 7");
    assert_int_equal(submit(&c, "key", PANEL).existed, false); /* the key is free */
    leave(&c);
}

static void list_text(struct client *c, char text[256])
{
    Assize__List m = ASSIZE__LIST__INIT;
    m.request = ++c->request;
    say(c, AZ_MSG_LIST, &m);
    const Assize__Jobs *jobs = hear_kind(c, AZ_MSG_JOBS)->jobs;
    size_t n = 0;
    text[0] = '\0';
    for (size_t i = 0; i < jobs->n_jobs; i++)
        n += (size_t)snprintf(text + n, 256 - n, "%llu ", (unsigned long long)jobs->jobs[i]->job);
}

static void another_owner(void **state)
{
    struct scene *s = *state;
    struct client c = come(s, "team"), d = come(s, "others");
    char text[256];
    submit_whole(&c, "key", PANEL_OF_NOBODY, 1);
    list_text(&c, text);
    assert_string_equal(text, "1 ");
    list_text(&d, text);
    assert_string_equal(text, "");
    ask_status(&d, 1, true);
    hear_failed(&d, AZ_ENOENT, "no job 1");
    ask_results(&d, 1, 0, false, false, 1000);
    hear_failed(&d, AZ_ENOENT, "no job 1");
    ask_control(&d, 1, ASSIZE__JOB_VERB__CANCEL, NULL);
    hear_failed(&d, AZ_ENOENT, "no job 1");
    ask_chunk(&d, 1, 0, 1, BAD, true);
    hear_failed(&d, AZ_ENOENT, "no job 1");
    Assize__SetBackend m = ASSIZE__SET_BACKEND__INIT;
    say(&d, AZ_MSG_SET_BACKEND, &m);
    hear_failed(&d, AZ_EINVAL, "only an admin may set a backend's limits");
    leave(&c);
    leave(&d);
}

static void admin_sees_all(void **state)
{
    struct scene *s = *state;
    struct client c = come(s, "team");
    char text[256];
    submit_whole(&c, "key", PANEL_OF_NOBODY, 1);
    leave(&c);
    scene_stop(s);
    s->roles = AZ_ROLE_ADMIN;
    scene_start(s);
    struct client d = come(s, "root");
    list_text(&d, text);
    assert_string_equal(text, "1 ");
    control(&d, 1, ASSIZE__JOB_VERB__CANCEL, NULL);
    assert_int_equal(status(&d, 1)->state, ASSIZE__JOB_STATE__CANCELLED);
    leave(&d);
}

static void paused_resumed_cancelled(void **state)
{
    struct scene *s = *state;
    struct client c = come(s, "team");
    uint64_t job = submit_whole(&c, "key", PANEL_OF_NOBODY, 3);
    const Assize__JobInfo *info = await_state(&c, job, ASSIZE__JOB_STATE__RUNNING);
    assert_int_equal(info->n_judges, 1);
    assert_int_equal(info->n_trouble, 1);
    assert_string_equal(info->trouble[0], "No worker is connected.");
    control(&c, job, ASSIZE__JOB_VERB__PAUSE, NULL);
    assert_int_equal(status(&c, job)->state, ASSIZE__JOB_STATE__PAUSED);
    control(&c, job, ASSIZE__JOB_VERB__PAUSE, NULL);
    scene_restart(s);
    leave(&c);
    c = come(s, "team");
    assert_int_equal(status(&c, job)->state, ASSIZE__JOB_STATE__PAUSED);
    control(&c, job, ASSIZE__JOB_VERB__RESUME, NULL);
    await_state(&c, job, ASSIZE__JOB_STATE__RUNNING);
    control(&c, job, ASSIZE__JOB_VERB__CANCEL, NULL);
    assert_int_equal(status(&c, job)->state, ASSIZE__JOB_STATE__CANCELLED);
    ask_control(&c, job, ASSIZE__JOB_VERB__RESUME, NULL);
    hear_failed(&c, AZ_EINVAL, "job 1 cannot be resumed: it is cancelled");
    assert_string_equal(results_text(&c, job, 0, true, false), "open 3");
    leave(&c);
}

static void settings(void **state)
{
    struct scene *s = *state;
    struct client c = come(s, "team");
    uint64_t job = submit_whole(&c, "key", PANEL_OF_NOBODY, 3);
    await_state(&c, job, ASSIZE__JOB_STATE__RUNNING);
    ask_control(&c, job, ASSIZE__JOB_VERB__SET, "judges.one.model=n");
    hear_failed(&c, AZ_EINVAL, "'judges.one.model' of a job that is there cannot be changed");
    ask_control(&c, job, ASSIZE__JOB_VERB__SET, "limits.item_s=5");
    hear_failed(&c, AZ_EINVAL, "'limits.item_s' cannot be changed while the job runs");
    ask_control(&c, job, ASSIZE__JOB_VERB__SET, NULL);
    hear_failed(&c, AZ_EINVAL, "nothing to set");
    control(&c, job, ASSIZE__JOB_VERB__SET, "priority=500");
    control(&c, job, ASSIZE__JOB_VERB__SET, "name=another");
    leave(&c);
    scene_restart(s);
    c = come(s, "team");
    const Assize__JobInfo *info = status(&c, job);
    assert_int_equal(info->priority, 500);
    assert_string_equal(info->name, "another");
    leave(&c);
}

/* One at a time, by priority, then by age. */
static void whose_turn(void **state)
{
    struct scene *s = *state;
    scene_stop(s);
    s->jobs_open = 1;
    scene_start(s);
    struct client c = come(s, "team");
    for (int i = 0; i < 3; i++) {
        char key[2] = {(char)('a' + i)};
        submit_whole(&c, key, PANEL_OF_NOBODY, 1);
    }
    control(&c, 3, ASSIZE__JOB_VERB__SET, "priority=200");
    await_state(&c, 1, ASSIZE__JOB_STATE__RUNNING);
    assert_int_equal(status(&c, 2)->state, ASSIZE__JOB_STATE__WAITING);
    assert_int_equal(status(&c, 3)->state, ASSIZE__JOB_STATE__WAITING);
    control(&c, 1, ASSIZE__JOB_VERB__CANCEL, NULL);
    await_state(&c, 3, ASSIZE__JOB_STATE__RUNNING);
    assert_int_equal(status(&c, 2)->state, ASSIZE__JOB_STATE__WAITING);
    control(&c, 3, ASSIZE__JOB_VERB__PAUSE, NULL);
    await_state(&c, 2, ASSIZE__JOB_STATE__RUNNING);
    leave(&c);
}

static void deadline(void **state)
{
    struct scene *s = *state;
    struct client c = come(s, "team");
    AZ_AUTO_MEM char *text = items_text(0, 2);
    ask_submit(&c, "key", PANEL, 0, 1);
    uint64_t job = hear_kind(&c, AZ_MSG_SUBMITTED)->submitted->job;
    chunk(&c, job, 0, 1, text, true);
    ask_status(&c, job, true);
    while (!hear_kind(&c, AZ_MSG_STATUS_REPLY)->status_reply->end)
        continue;
    const Assize__JobInfo *info = c.msg.status_reply->info;
    assert_int_equal(info->state, ASSIZE__JOB_STATE__STOPPED);
    assert_string_equal(info->why, "its deadline has passed");
    ask_control(&c, job, ASSIZE__JOB_VERB__RESUME, NULL);
    hear_failed(&c, AZ_EINVAL, "the deadline of job 1 has passed");
    control(&c, job, ASSIZE__JOB_VERB__SET, "deadline=1000");
    scene_worker(s);
    assert_string_equal(results_text(&c, job, 0, true, false), "0 1 open 0");
    leave(&c);
}

static int64_t prune(struct client *c, int64_t older_than_s)
{
    Assize__Prune m = ASSIZE__PRUNE__INIT;
    m.request = ++c->request;
    m.older_than_s = older_than_s;
    say(c, AZ_MSG_PRUNE, &m);
    return hear_kind(c, AZ_MSG_DONE)->done->n;
}

static void pruned(void **state)
{
    struct scene *s = *state;
    struct client c = come(s, "team");
    char path[128];
    scene_worker(s);
    submit_whole(&c, "a", PANEL, 2);
    submit_whole(&c, "b", PANEL_OF_NOBODY, 2);
    await_state(&c, 1, ASSIZE__JOB_STATE__DONE);
    snprintf(path, sizeof(path), "%s/jobs/1/summary.json", s->dir);
    while (access(path, F_OK) < 0)
        status(&c, 1); /* it is written after the end */
    assert_int_equal(prune(&c, 1000), 0);
    while (!prune(&c, 0))
        continue; /* not while its files are written */
    ask_status(&c, 1, false);
    hear_failed(&c, AZ_ENOENT, "no job 1");
    await_state(&c, 2, ASSIZE__JOB_STATE__RUNNING);
    leave(&c);
    scene_restart(s);
    snprintf(path, sizeof(path), "%s/jobs/1", s->dir);
    assert_int_equal(access(path, F_OK), -1);
    c = come(s, "team");
    assert_int_equal(submit(&c, "a", PANEL).job, 3);
    leave(&c);
}

/* Jobs that ran go on at the next start. */
static void restarted(void **state)
{
    struct scene *s = *state;
    struct client c = come(s, "team");
    uint64_t job = submit_whole(&c, "key", PANEL, 100);
    await_state(&c, job, ASSIZE__JOB_STATE__RUNNING);
    leave(&c);
    scene_restart(s);
    scene_worker(s);
    c = come(s, "team");
    ask_status(&c, job, true);
    while (!hear_kind(&c, AZ_MSG_STATUS_REPLY)->status_reply->end)
        continue;
    assert_int_equal(c.msg.status_reply->info->state, ASSIZE__JOB_STATE__DONE);
    assert_int_equal(c.msg.status_reply->info->decided, 100);
    assert_int_equal(c.msg.status_reply->info->ballots, 100);
    leave(&c);
}

/* Behind the back of a service that is stopped. */
static void in_catalog(struct scene *s, const char *sql)
{
    char path[128];
    sqlite3 *db = NULL;
    snprintf(path, sizeof(path), "%s/catalog.db", s->dir);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

/* Killed between the last chunk's commit and the catalog's. */
static void sealed_and_not_known(void **state)
{
    struct scene *s = *state;
    struct client c = come(s, "team");
    uint64_t job = submit_whole(&c, "key", PANEL, 3);
    leave(&c);
    scene_stop(s);
    in_catalog(s, "UPDATE jobs SET state = 0, sealed = 0");
    scene_start(s);
    scene_worker(s);
    c = come(s, "team");
    assert_string_equal(results_text(&c, job, 0, true, false), "0 1 2 open 0");
    assert_int_equal(status(&c, job)->items, 3);
    leave(&c);
}

/* Killed between the directory and the catalog: its number was never told. */
static void made_and_not_known(void **state)
{
    struct scene *s = *state;
    struct client c = come(s, "team");
    char path[128];
    assert_int_equal(submit(&c, "key", PANEL).job, 1);
    leave(&c);
    scene_stop(s);
    in_catalog(s, "DELETE FROM jobs; UPDATE next SET id = 1");
    scene_start(s);
    snprintf(path, sizeof(path), "%s/jobs/1", s->dir);
    assert_int_equal(access(path, F_OK), -1);
    c = come(s, "team");
    assert_int_equal(submit(&c, "key", PANEL).chunks, 0);
    leave(&c);
}

/* The catalog is an older one, from a copy. */
static void not_in_the_catalog(void **state)
{
    struct scene *s = *state;
    struct client c = come(s, "team");
    char path[128];
    for (int i = 0; i < 3; i++) {
        char key[2] = {(char)('a' + i)};
        submit_whole(&c, key, PANEL_OF_NOBODY, 3);
    }
    leave(&c);
    scene_stop(s);
    in_catalog(s, "DELETE FROM jobs; UPDATE next SET id = 2");
    scene_start(s);
    for (int id = 1; id <= 3; id++) { /* the first had been pruned */
        snprintf(path, sizeof(path), "%s/jobs/%d/state.db", s->dir, id);
        assert_int_equal(access(path, F_OK), id == 1 ? -1 : 0);
    }
    c = come(s, "team");
    assert_int_equal(submit(&c, "key", PANEL).job, 4);
    leave(&c);
}

static void cannot_be_opened(void **state)
{
    struct scene *s = *state;
    struct client c = come(s, "team");
    char path[128], away[128];
    uint64_t job = submit_whole(&c, "key", PANEL, 3);
    await_state(&c, job, ASSIZE__JOB_STATE__RUNNING); /* it is not opened just now */
    control(&c, job, ASSIZE__JOB_VERB__PAUSE, NULL);
    snprintf(path, sizeof(path), "%s/jobs/1/panel.yaml", s->dir);
    snprintf(away, sizeof(away), "%s/jobs/1/away.yaml", s->dir);
    assert_int_equal(rename(path, away), 0);
    control(&c, job, ASSIZE__JOB_VERB__RESUME, NULL);
    const Assize__JobInfo *info = await_state(&c, job, ASSIZE__JOB_STATE__STOPPED);
    assert_non_null(strstr(info->why, "panel.yaml"));
    assert_int_equal(rename(away, path), 0);
    scene_worker(s);
    control(&c, job, ASSIZE__JOB_VERB__RESUME, NULL);
    assert_string_equal(results_text(&c, job, 0, true, false), "0 1 2 open 0");
    leave(&c);
}

/* A change that cannot be kept is told to nobody; those after it are refused. */
static void full_disk(void **state)
{
    struct scene *s = *state;
    struct client c = come(s, "team");
    uint64_t job = submit(&c, "key", PANEL).job; /* and nothing else is written */
    struct rlimit before, low;
    void (*old)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    low = before;
    low.rlim_cur = 1;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
    ask_control(&c, job, ASSIZE__JOB_VERB__SET, "name=kept");
    uint64_t kept = c.request;
    do {
        ask_control(&c, job, ASSIZE__JOB_VERB__SET, "name=refused"); /* once it is known */
        ask_status(&c, job, false);
        while (hear(&c)->kind != AZ_MSG_FAILED && c.msg.kind != AZ_MSG_STATUS_REPLY)
            assert_int_not_equal(c.msg.kind, AZ_MSG_DONE);
    } while (c.msg.kind != AZ_MSG_FAILED);
    assert_int_equal(c.msg.failed->code, -AZ_EOUTPUT);
    assert_non_null(strstr(c.msg.failed->what, "catalog.db"));
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, old);
    assert_int_equal(hear_kind(&c, AZ_MSG_DONE)->done->request, kept);
    leave(&c);
}

static void too_many_chunks(void **state)
{
    struct scene *s = *state;
    struct client c = come(s, "team");
    AZ_AUTO_MEM char *text = items_text(0, 100);
    uint64_t job = submit(&c, "key", PANEL).job;
    for (uint64_t index = 0; index < 200; index++)
        ask_chunk(&c, job, index, 1 + 100 * (int64_t)index, text, false);
    uint64_t chunks = 0;
    int told = 0, refused = 0;
    for (; told + refused < 200; told += c.msg.kind == AZ_MSG_CHUNKED) {
        if (hear(&c)->kind == AZ_MSG_FAILED)
            refused++;
        else if (c.msg.kind == AZ_MSG_CHUNKED)
            chunks = c.msg.chunked->chunks;
    }
    assert_true(told >= 16 && (uint64_t)told == chunks); /* without a gap */
    leave(&c);
}

static void workers(void **state)
{
    struct scene *s = *state;
    struct client c = come(s, "team");
    scene_worker(s);
    Assize__Workers m = ASSIZE__WORKERS__INIT;
    for (;;) {
        m.request = ++c.request;
        say(&c, AZ_MSG_WORKERS, &m);
        const Assize__WorkerList *list = hear_kind(&c, AZ_MSG_WORKER_LIST)->worker_list;
        if (!list->n_workers || !list->workers[0]->n_backends)
            continue;
        assert_string_equal(list->workers[0]->name, "w");
        assert_string_equal(list->workers[0]->backends[0]->name, "lexical");
        assert_false(list->workers[0]->silent);
        break;
    }
    AZ_AUTO_BUF text = az_buf(1 << 20);
    while (!text.p || !strstr(text.p, "assize_")) {
        az_buf_clear(&text);
        az_service_metrics(s->service, &text);
    }
    assert_true(az_service_well(s->service));
    leave(&c);
}

static void one_coordinator_a_state(void **state)
{
    struct scene *s = *state;
    struct scene other = *s;
    struct az_error err = {0};
    assert_int_equal(scene_try(&other, &err), AZ_EBUSY);
    assert_non_null(strstr(err.what, "another coordinator has"));
}

static void set_up_without_memory(void **state)
{
    struct scene *s = *state;
    scene_stop(s);
    int r = AZ_ENOMEM;
    for (int nth = 1; r == AZ_ENOMEM; nth++) {
        struct az_error err = {0};
        az_fault_alloc(nth);
        r = scene_try(s, &err);
        az_fault_alloc(0);
        if (r < 0 && strstr(err.what, "Address already in use")) {
            r = AZ_ENOMEM; /* ZeroMQ lets go of it on a thread of its own */
            nth--;
        }
        if (r < 0 && r != AZ_ENOMEM)
            fail_msg("%d: %s", nth, err.what);
    }
    az_service_free(AZ_TAKE(s->service));
}

#define SCENE(test) cmocka_unit_test_setup_teardown(test, scene_new, scene_free)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(submitted_judged_and_read),
        SCENE(as_they_come),
        SCENE(slow_reader),
        SCENE(broken_off_and_submitted_again),
        SCENE(a_key_is_one_job),
        SCENE(bad_submissions),
        SCENE(another_owner),
        SCENE(admin_sees_all),
        SCENE(paused_resumed_cancelled),
        SCENE(settings),
        SCENE(whose_turn),
        SCENE(deadline),
        SCENE(pruned),
        SCENE(restarted),
        SCENE(sealed_and_not_known),
        SCENE(made_and_not_known),
        SCENE(not_in_the_catalog),
        SCENE(cannot_be_opened),
        SCENE(full_disk),
        SCENE(too_many_chunks),
        SCENE(workers),
        SCENE(one_coordinator_a_state),
        SCENE(set_up_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
