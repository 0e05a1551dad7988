/* What one client or one job can take of a service, and what is counted of it:
 * beside a worker that speaks raw messages. */
#include <stdatomic.h>
#include <time.h>

#include "core/item.h"
#include "tests/unit/service_scene.h"

/* ---- a worker that speaks raw messages ---- */

static void send_raw(struct client *w, struct az_msg msg)
{
    struct az_buf b = az_buf(AZ_WIRE_FRAME_MAX);
    AZ_AUTO(arena) scratch = az_arena_new(4096);
    msg.seq = ++w->seq;
    assert_int_equal(az_wire_pack(&b, &msg, scratch, NULL), 0);
    size_t n = b.n;
    assert_int_equal(az_sock_send(w->sock, NULL, az_buf_take(&b), n, NULL), 0);
}

static struct client worker_comes(struct scene *s, const char *backend, uint32_t credit)
{
    struct client w = {.arena = az_arena_new(4096)};
    assert_int_equal(az_sock_connect(s->net, "inproc://workers", NULL, &w.sock, NULL), 0);
    size_t at = 0;
    while (socks[at])
        at++;
    socks[at] = w.sock;
    say(&w, AZ_MSG_HELLO, "raw");
    hear_kind(&w, AZ_MSG_WELCOME);
    struct az_credit offer = {.backend = az_str(backend), .kind = AZ_STR("raw"), .credit = credit};
    send_raw(&w, (struct az_msg){.kind = AZ_MSG_ANNOUNCE, .announce = {1, &offer}});
    return w;
}

/* The next questions; returns how many. */
static size_t hear_questions(struct client *w, struct az_msg_question *ret)
{
    const struct az_msg *msg = hear_kind(w, AZ_MSG_QUESTIONS);
    *ret = msg->questions.v[0];
    for (size_t i = 0; i < msg->questions.n_items; i++)
        az_item_free(msg->questions.items[i]);
    return msg->questions.n;
}

static void answer(struct client *w, const char *backend, const struct az_msg_question *q)
{
    struct az_credit back = {.backend = az_str(backend), .credit = 1};
    struct az_msg_answer a = {.panel = q->panel,
                              .ballot = {.key = q->key, .label = 0, .attempts = 1}};
    struct az_msg msg = {.kind = AZ_MSG_ANSWERS};
    msg.answers.n = 1;
    msg.answers.v = &a;
    msg.answers.credit = (struct az_credits){1, &back};
    send_raw(w, msg);
}

/* ---- what is bounded ---- */

#define ONE_ORDER "judges: [{name: one, backend: gpu, model: m, orders: one}]\n"

static bool has_queued(const Assize__JobInfo *info, int64_t n)
{
    return info->queued >= n;
}

static bool has_decided(const Assize__JobInfo *info, int64_t n)
{
    return info->decided >= n;
}

static void slots_of_a_job(void **state)
{
    struct scene *s = *state;
    struct client c = come(s, "team");
    uint64_t job =
        submit_whole(&c, "key", "question: {kind: pair}\n" ONE_ORDER "limits: {slots: 2}\n", 5);
    await_info(&c, job, has_queued, 5);
    struct client w = worker_comes(s, "gpu", 100);
    struct az_msg_question q;
    assert_int_equal(hear_questions(&w, &q), 2);
    answer(&w, "gpu", &q);
    assert_int_equal(hear_questions(&w, &q), 1);
    assert_int_equal(status(&c, job)->asked, 2);
    leave(&w);
    leave(&c);
}

static void budget_without_prices(void **state)
{
    struct scene *s = *state;
    struct client c = come(s, "team");
    uint64_t job = submit_whole(&c, "key", PANEL_OF_NOBODY, 1);
    await_state(&c, job, ASSIZE__JOB_STATE__RUNNING);
    ask_control(&c, job, ASSIZE__JOB_VERB__SET, "limits.usd=5");
    hear_failed(&c, AZ_EINVAL, "limits.usd is set, and the price of judge 'one' is not known");
    assert_int_equal(status(&c, job)->limit_nusd, -1);
    leave(&c);
}

/* Refused when it is set, and not when the job is opened next. */
static void budget_of_a_job_that_is_closed(void **state)
{
    struct scene *s = *state;
    struct client c = come(s, "team");
    uint64_t job = submit_whole(&c, "key", PANEL_OF_NOBODY, 1);
    uint64_t local = submit_whole(&c, "another", PANEL, 1);
    control(&c, job, ASSIZE__JOB_VERB__PAUSE, NULL);
    control(&c, local, ASSIZE__JOB_VERB__PAUSE, NULL);
    leave(&c);
    scene_restart(s);
    c = come(s, "team");
    ask_control(&c, job, ASSIZE__JOB_VERB__SET, "limits.usd=5");
    hear_failed(&c, AZ_EINVAL, "limits.usd is set, and the price of judge 'one' is not known");
    ask_control(&c, job, ASSIZE__JOB_VERB__SET, "limits.usd=much");
    hear_failed(&c, AZ_EINVAL, "'limits.usd=much': expected dollars");
    assert_int_equal(status(&c, job)->limit_nusd, -1);
    control(&c, job, ASSIZE__JOB_VERB__SET, "limits.item_s=9");
    control(&c, job, ASSIZE__JOB_VERB__RESUME, NULL);
    await_state(&c, job, ASSIZE__JOB_STATE__RUNNING);

    control(&c, local, ASSIZE__JOB_VERB__SET, "limits.usd=5"); /* it costs nothing */
    assert_int_equal(status(&c, local)->limit_nusd, INT64_C(5000000000));
    control(&c, local, ASSIZE__JOB_VERB__RESUME, NULL);
    await_state(&c, local, ASSIZE__JOB_STATE__RUNNING);
    leave(&c);
}

/* Send chunks as fast as they go; true: one of them found no room. */
static bool burst(struct client *c, const uint64_t *jobs, int n, int index, const char *text)
{
    bool busy = false;
    for (int j = 0; j < n; j++)
        ask_chunk(c, jobs[j], (uint64_t)index, 1 + 100 * index, text, false);
    for (int j = 0; j < n;) {
        const struct az_msg *m = hear(c);
        if (m->kind == AZ_MSG_FAILED) {
            assert_int_equal(m->failed->code, -AZ_EBUSY);
            assert_string_equal(m->failed->what, "too much that was submitted waits for the disk");
            busy = true;
        }
        j += m->kind == AZ_MSG_FAILED || m->kind == AZ_MSG_CHUNKED;
    }
    return busy;
}

/* A submitter that sends more than its share is told to come again; others, and what
 * else it asks itself, are heard as before. */
static void a_greedy_submitter(void **state)
{
    enum { JOBS = 12 }; /* as many as are kept open */
    struct scene *s = *state;
    scene_stop(s);
    s->intake_max = 48 << 10;
    scene_start(s);
    struct client greedy = come(s, "greedy"), other = come(s, "other");
    uint64_t jobs[JOBS];
    char key[16];
    for (int j = 0; j < JOBS; j++) {
        snprintf(key, sizeof(key), "k%d", j);
        jobs[j] = submit(&greedy, key, PANEL_OF_NOBODY).job;
    }
    AZ_AUTO_MEM char *text = items_text(0, 100);
    int index = 0;
    while (!burst(&greedy, jobs, JOBS, index, text)) /* the disk may be fast once */
        index++;
    submit_whole(&other, "key", PANEL_OF_NOBODY, 5);
    assert_int_equal(status(&greedy, jobs[0])->state, ASSIZE__JOB_STATE__RECEIVING);

    /* What was refused may be sent again, and is taken in the end. */
    while (burst(&greedy, jobs, JOBS, index, text))
        continue;
    leave(&greedy);
    leave(&other);
}

static void answer_at_length(struct client *w, const struct az_msg_question *q, int order,
                             struct az_str rationale)
{
    struct az_msg_answer a = {.panel = q->panel,
                              .ballot = {.key = q->key,
                                         .label = 0,
                                         .attempts = 1,
                                         .how = AZ_STR("json"),
                                         .rationale = rationale}};
    a.ballot.key.order = order;
    struct az_msg msg = {.kind = AZ_MSG_ANSWERS};
    msg.answers.n = 1;
    msg.answers.v = &a;
    send_raw(w, msg);
}

/* Two reasons that each fit a frame, and a verdict with both that does not: whoever
 * reads it is told so and keeps its session; without ballots it can be read. */
static void a_verdict_too_large_to_send(void **state)
{
    enum { LONG = 33 << 20 };
    struct scene *s = *state;
    struct client c = come(s, "team"), w = worker_comes(s, "gpu", 4);
    struct az_msg_question q;
    uint64_t job = submit_whole(&c, "key", PANEL_OF_NOBODY, 1);
    assert_int_equal(hear_questions(&w, &q), 2);
    AZ_AUTO_MEM char *reason = az_alloc(LONG);
    assert_non_null(reason);
    memset(reason, 'x', LONG);
    for (int order = 0; order < 2; order++)
        answer_at_length(&w, &q, order, (struct az_str){reason, LONG});
    await_state(&c, job, ASSIZE__JOB_STATE__DONE);

    Assize__Results m = ASSIZE__RESULTS__INIT;
    m.request = ++c.request;
    m.job = job;
    m.credit = INT64_C(1) << 40;
    say(&c, AZ_MSG_RESULTS, &m);
    while (hear(&c)->kind != AZ_MSG_FAILED)
        assert_int_equal(c.msg.kind, AZ_MSG_HEARTBEAT);
    assert_int_equal(c.msg.failed->request, m.request);
    assert_int_equal(c.msg.failed->code, -AZ_ELIMIT);
    assert_int_equal(status(&c, job)->decided, 1);
    ask_results(&c, job, 0, false, false, 1 << 20);
    assert_int_equal(hear_kind(&c, AZ_MSG_VERDICTS)->verdicts->n_lines, 1);
    leave(&w);
    leave(&c);
}

static void followers_of_a_client(void **state)
{
    struct scene *s = *state;
    struct client c = come(s, "team");
    uint64_t job = submit_whole(&c, "key", PANEL_OF_NOBODY, 1);
    for (int i = 0; i < 65; i++)
        ask_status(&c, job, true);
    while (hear(&c)->kind != AZ_MSG_FAILED)
        assert_true(c.msg.kind == AZ_MSG_STATUS_REPLY || c.msg.kind == AZ_MSG_HEARTBEAT);
    assert_string_equal(c.msg.failed->what, "you follow 64 jobs at once already");
    leave(&c);
}

/* A deadline that is put off while calls under way are waited for holds. */
static void deadline_put_off(void **state)
{
    struct scene *s = *state;
    struct client c = come(s, "team");
    struct client w = worker_comes(s, "gpu", 1);
    AZ_AUTO_MEM char *text = items_text(0, 2);
    ask_submit(&c, "key", "question: {kind: pair}\n" ONE_ORDER, 0, 1);
    uint64_t job = hear_kind(&c, AZ_MSG_SUBMITTED)->submitted->job;
    chunk(&c, job, 0, 1, text, true);
    struct az_msg_question q;
    assert_int_equal(hear_questions(&w, &q), 1);
    int64_t past = status(&c, job)->created_s + 3;
    while (time(NULL) < past) /* it has been told to stop by then */
        status(&c, job);
    control(&c, job, ASSIZE__JOB_VERB__SET, "deadline=1000");
    answer(&w, "gpu", &q);
    assert_int_equal(hear_questions(&w, &q), 1);
    answer(&w, "gpu", &q);
    assert_string_equal(results_text(&c, job, 0, true, false), "0 1 open 0");
    leave(&w);
    leave(&c);
}

enum { LOUD = 4 };

struct flood {
    struct az_net *net;
    pthread_t threads[LOUD];
    atomic_bool stop;
};

/* It has no session, and says so without end. */
static void *flood_thread(void *arg)
{
    struct flood *f = arg;
    struct az_sock *sock = NULL;
    if (az_sock_connect(f->net, "inproc://workers", NULL, &sock, NULL) < 0)
        return NULL;
    while (!atomic_load(&f->stop)) {
        char *bytes = az_zalloc(8);
        if (bytes)
            (void)az_sock_send(sock, NULL, bytes, 8, NULL); /* as much as goes in */
    }
    az_sock_free(sock);
    return NULL;
}

/* Time passes, however much is said. */
static void time_beside_a_loud_peer(void **state)
{
    struct scene *s = *state;
    struct client c = come(s, "team");
    struct client w = worker_comes(s, "gpu", 1);
    struct flood f = {.net = s->net};
    for (int i = 0; i < LOUD; i++)
        assert_int_equal(pthread_create(&f.threads[i], NULL, flood_thread, &f), 0);
    uint64_t job = submit_whole(
        &c, "key", "question: {kind: pair}\n" ONE_ORDER "limits: {item_s: 1, timeout_s: 1}\n", 1);
    struct az_msg_question q;
    assert_int_equal(hear_questions(&w, &q), 1);
    const Assize__JobInfo *info;
    int64_t late = time(NULL) + 15;
    do
        info = status(&c, job);
    while (!info->failed && !info->abstained && time(NULL) < late);
    int64_t decided = info->failed + info->abstained;
    atomic_store(&f.stop, true);
    for (int i = 0; i < LOUD; i++)
        pthread_join(f.threads[i], NULL);
    assert_int_equal(decided, 1);
    leave(&w);
    leave(&c);
}

/* It is made anew each second; nobody is told, so the loop is kept turning. */
static void await_metric(struct scene *s, struct client *c, uint64_t job, const char *line)
{
    AZ_AUTO_BUF text = az_buf(1 << 20);
    while (!text.p || !strstr(text.p, line)) {
        az_buf_clear(&text);
        az_service_metrics(s->service, &text);
        status(c, job);
    }
    /* What came to be before the start does not count. */
    assert_non_null(strstr(text.p, "\nassize_items_decided_total 0\n"));
    assert_non_null(strstr(text.p, "\nassize_ballots_total 0\n"));
}

/* A job with verdicts of an earlier start, which cannot be opened. */
static void counted_since_the_start(void **state)
{
    struct scene *s = *state;
    struct client c = come(s, "team");
    struct client w = worker_comes(s, "gpu", 1);
    struct az_msg_question q;
    uint64_t job = submit_whole(&c, "key", "question: {kind: pair}\n" ONE_ORDER, 3);
    assert_int_equal(hear_questions(&w, &q), 1);
    control(&c, job, ASSIZE__JOB_VERB__PAUSE, NULL);
    answer(&w, "gpu", &q);
    await_info(&c, job, has_decided, 1);
    leave(&w);
    leave(&c);
    scene_restart(s);
    c = come(s, "team");
    char path[128];
    snprintf(path, sizeof(path), "%s/jobs/1/panel.yaml", s->dir);
    assert_int_equal(remove(path), 0);
    control(&c, job, ASSIZE__JOB_VERB__RESUME, NULL);
    await_state(&c, job, ASSIZE__JOB_STATE__STOPPED);
    assert_int_equal(status(&c, job)->decided, 1);
    await_metric(s, &c, job, "assize_jobs{state=\"stopped\"} 1");
    leave(&c);
}

/* Nobody waits for what a raw worker still holds. */
static int free_at_once(void **state)
{
    struct scene *s = *state;
    if (s->running)
        az_service_stop(s->service);
    return scene_free(state);
}

#define SCENE(test) cmocka_unit_test_setup_teardown(test, scene_new, free_at_once)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(slots_of_a_job),
        SCENE(a_greedy_submitter),
        SCENE(a_verdict_too_large_to_send),
        SCENE(budget_without_prices),
        SCENE(budget_of_a_job_that_is_closed),
        SCENE(followers_of_a_client),
        SCENE(deadline_put_off),
        SCENE(time_beside_a_loud_peer),
        SCENE(counted_since_the_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
