/* tests/unit/service_scene.h: a whole service in this process, with its state in a
 * directory that goes away; clients that speak raw messages over inproc; a worker
 * of lexical judges. */
#pragma once
#include <ftw.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "coordinator/acl.h"
#include "coordinator/io_service.h"
#include "core/mem.h"
#include "core/wire.h"
#include "protos/job.pb-c.h"
#include "workers/io_worker.h"

struct scene {
    char dir[64];
    struct az_net *net;
    struct az_service *service;
    pthread_t thread;
    bool running;
    int jobs_open;
    size_t intake_max;
    unsigned roles;
    struct az_worker *worker;
    struct az_error end;
};

struct client {
    struct scene *scene;
    const char *name;
    struct az_sock *sock;
    struct az_arena *arena;
    uint64_t seq, request;
    struct az_msg msg; /* heard last */
};

/* Those that a test that failed has left behind: the net waits for them. */
static struct az_sock *socks[16];

static const struct az_backend lexical = {.name = "lexical", .kind = "lexical", .slots = 4};

#define PANEL                  \
    "question: {kind: pair}\n" \
    "judges: [{name: overlap, backend: lexical, model: words}]\n"
/* No worker has this one. */
#define PANEL_OF_NOBODY        \
    "question: {kind: pair}\n" \
    "judges: [{name: one, backend: gpu, model: m}]\n"

static inline void *scene_thread(void *arg)
{
    struct scene *s = arg;
    az_service_run(s->service, &s->end);
    return NULL;
}

static inline int scene_try(struct scene *s, struct az_error *err)
{
    struct az_service_config config = {
        .dir = s->dir,
        .workers = {.net = s->net, .endpoint = "inproc://workers"},
        .clients = {.net = s->net,
                    .endpoint = "inproc://clients",
                    .trust_names = true,
                    .roles = s->roles},
        .intake_max = s->intake_max,
        .settings = {.jobs_open = s->jobs_open, .window_items = 64},
    };
    return az_service_new(&config, &s->service, err);
}

static inline void scene_start(struct scene *s)
{
    struct az_error err;
    int r;
    do { /* ZeroMQ lets go of an address on a thread of its own */
        err = (struct az_error){0};
        r = scene_try(s, &err);
    } while (r < 0 && strstr(err.what, "Address already in use"));
    if (r < 0)
        fail_msg("%s", err.what);
    s->end = (struct az_error){0};
    assert_int_equal(pthread_create(&s->thread, NULL, scene_thread, s), 0);
    s->running = true;
}

static inline void scene_no_worker(struct scene *s)
{
    az_worker_free(AZ_TAKE(s->worker));
}

static inline void scene_stop(struct scene *s)
{
    if (!s->running)
        return;
    az_service_stop(s->service);
    pthread_join(s->thread, NULL);
    s->running = false;
    if (s->end.code)
        fail_msg("%s", s->end.what);
    scene_no_worker(s);
    az_service_free(AZ_TAKE(s->service));
}

static inline void scene_restart(struct scene *s)
{
    scene_stop(s);
    scene_start(s);
}

static inline void scene_worker(struct scene *s)
{
    struct az_error err = {0};
    struct az_worker_config config = {
        .net = s->net, .endpoint = "inproc://workers", .name = "w", .service = true};
    if (az_worker_new(&lexical, 1, &s->worker, &err) < 0 ||
        az_worker_start(s->worker, &config, &err) < 0)
        fail_msg("%s", err.what);
}

static inline int scene_new(void **state)
{
    struct scene *s = az_zalloc(sizeof(*s));
    snprintf(s->dir, sizeof(s->dir), "/tmp/assize-service-XXXXXX");
    assert_non_null(mkdtemp(s->dir));
    assert_int_equal(az_net_new(&s->net, NULL), 0);
    s->jobs_open = 4;
    s->roles = AZ_ROLE_SUBMIT;
    scene_start(s);
    *state = s;
    return 0;
}

static inline int scene_remove(const char *path, const struct stat *st, int type, struct FTW *at)
{
    return remove(path);
}

static inline int scene_free(void **state)
{
    struct scene *s = *state;
    for (size_t i = 0; i < AZ_LEN(socks); i++)
        az_sock_free(AZ_TAKE(socks[i]));
    scene_stop(s);
    az_net_free(s->net);
    nftw(s->dir, scene_remove, 16, FTW_DEPTH | FTW_PHYS);
    free(s);
    return 0;
}

/* ---- clients ---- */

static inline void say(struct client *c, enum az_msg_kind kind, const void *job)
{
    struct az_msg msg = {.kind = kind, .seq = ++c->seq};
    struct az_error err = {0};
    struct az_buf b = az_buf(AZ_WIRE_FRAME_MAX);
    AZ_AUTO(arena) scratch = az_arena_new(4096);
    msg.job = job;
    if (kind == AZ_MSG_HELLO)
        msg.hello.name = az_str(job);
    if (az_wire_pack(&b, &msg, scratch, &err) < 0)
        fail_msg("%s", err.what);
    size_t n = b.n;
    assert_int_equal(az_sock_send(c->sock, NULL, az_buf_take(&b), n, NULL), 0);
}

/* The next message; waits for it. Borrowed until the next. */
static inline const struct az_msg *hear(struct client *c)
{
    struct pollfd p = {.fd = az_sock_fd(c->sock), .events = POLLIN};
    struct az_str frame;
    struct az_error err = {0};
    int r;
    while ((r = az_sock_recv(c->sock, NULL, &frame, &err)) == AZ_EAGAIN) {
        if (poll(&p, 1, 20000) == 0)
            fail_msg("nothing was heard for 20 s");
    }
    az_arena_reset(c->arena);
    if (r < 0 || az_wire_unpack(frame, c->arena, &c->msg, &err) < 0)
        fail_msg("%s", err.what);
    return &c->msg;
}

/* The next of this kind; a Failed instead of it fails the test. */
static inline const struct az_msg *hear_kind(struct client *c, enum az_msg_kind kind)
{
    while (hear(c)->kind != kind) {
        if (c->msg.kind == AZ_MSG_FAILED)
            fail_msg("%s", c->msg.failed->what);
    }
    return &c->msg;
}

static inline void hear_failed(struct client *c, int code, const char *what)
{
    while (hear(c)->kind != AZ_MSG_FAILED) {
        if (c->msg.kind != AZ_MSG_HEARTBEAT)
            fail_msg("a message of kind %d, and '%s' was expected", c->msg.kind, what);
    }
    assert_string_equal(c->msg.failed->what, what);
    assert_int_equal(c->msg.failed->code, -code);
}

static inline struct client come(struct scene *s, const char *name)
{
    struct client c = {.scene = s, .name = name, .arena = az_arena_new(4096)};
    assert_int_equal(az_sock_connect(s->net, "inproc://clients", NULL, &c.sock, NULL), 0);
    size_t at = 0;
    while (socks[at])
        at++;
    socks[at] = c.sock;
    say(&c, AZ_MSG_HELLO, name);
    hear_kind(&c, AZ_MSG_WELCOME);
    return c;
}

static inline void leave(struct client *c)
{
    for (size_t i = 0; i < AZ_LEN(socks); i++)
        socks[i] = socks[i] == c->sock ? NULL : socks[i];
    az_sock_free(AZ_TAKE(c->sock));
    az_arena_free(AZ_TAKE(c->arena));
}

static inline void ask_submit(struct client *c, const char *key, const char *yaml,
                              uint32_t priority, int64_t deadline_s)
{
    Assize__Submit m = ASSIZE__SUBMIT__INIT;
    m.request = ++c->request;
    m.key = (ProtobufCBinaryData){strlen(key), (uint8_t *)key};
    m.yaml = (char *)yaml;
    m.name = (char *)"a name";
    m.priority = priority;
    m.deadline_s = deadline_s;
    say(c, AZ_MSG_SUBMIT, &m);
}

static inline Assize__Submitted submit(struct client *c, const char *key, const char *yaml)
{
    ask_submit(c, key, yaml, 0, 0);
    return *hear_kind(c, AZ_MSG_SUBMITTED)->submitted;
}

/* Lines from one text, numbered from `from`. */
static inline void ask_chunk(struct client *c, uint64_t job, uint64_t index, int64_t from,
                             const char *text, bool last)
{
    enum { MAX = 256 };
    Assize__Chunk__Line lines[MAX], *at[MAX];
    Assize__Chunk m = ASSIZE__CHUNK__INIT;
    struct az_str rest = az_str(text), line;
    m.job = job;
    m.index = index;
    m.last = last;
    m.lines = at;
    while (az_str_line(&rest, &line)) {
        assize__chunk__line__init(&lines[m.n_lines]);
        lines[m.n_lines].text = (ProtobufCBinaryData){line.n, (uint8_t *)line.p};
        lines[m.n_lines].number = from + (int64_t)m.n_lines;
        at[m.n_lines] = &lines[m.n_lines];
        m.n_lines++;
    }
    say(c, AZ_MSG_CHUNK, &m);
}

static inline const Assize__Chunked *chunk(struct client *c, uint64_t job, uint64_t index,
                                           int64_t from, const char *text, bool last)
{
    ask_chunk(c, job, index, from, text, last);
    return hear_kind(c, AZ_MSG_CHUNKED)->chunked;
}

/* Items of two answers each, "0", "1" …; the caller frees. */
static inline char *items_text(int from, int n)
{
    struct az_buf b = az_buf(1 << 20);
    for (int i = from; i < from + n; i++)
        az_buf_fmt(&b, "{\"id\":\"%d\",\"prompt\":\"p\",\"responses\":[\"one two\",\"one\"]}\n", i);
    return az_buf_take(&b);
}

/* A whole job of n items. */
static inline uint64_t submit_whole(struct client *c, const char *key, const char *yaml, int n)
{
    uint64_t job = submit(c, key, yaml).job;
    AZ_AUTO_MEM char *text = items_text(0, n);
    assert_true(chunk(c, job, 0, 1, text, true)->sealed);
    return job;
}

static inline void ask_status(struct client *c, uint64_t job, bool follow)
{
    Assize__Status m = ASSIZE__STATUS__INIT;
    m.request = ++c->request;
    m.job = job;
    m.follow = follow;
    say(c, AZ_MSG_STATUS, &m);
}

static inline const Assize__JobInfo *status(struct client *c, uint64_t job)
{
    ask_status(c, job, false);
    return hear_kind(c, AZ_MSG_STATUS_REPLY)->status_reply->info;
}

typedef bool is_fn(const Assize__JobInfo *info, int64_t n);

/* Follow it, beside what this client says, until it is so. */
static inline const Assize__JobInfo *await_info(struct client *c, uint64_t job, is_fn *is,
                                                int64_t n)
{
    struct client f = come(c->scene, c->name);
    ask_status(&f, job, true);
    while (!is(hear_kind(&f, AZ_MSG_STATUS_REPLY)->status_reply->info, n)) {
        if (f.msg.status_reply->end)
            fail_msg("job %llu ended in state %d", (unsigned long long)job,
                     (int)f.msg.status_reply->info->state);
    }
    struct az_arena *arena = c->arena; /* what was heard is this client's to keep */
    c->arena = f.arena;
    c->msg = f.msg;
    f.arena = arena;
    leave(&f);
    return c->msg.status_reply->info;
}

static inline bool has_state(const Assize__JobInfo *info, int64_t state)
{
    return info->state == (Assize__JobState)state;
}

static inline const Assize__JobInfo *await_state(struct client *c, uint64_t job,
                                                 Assize__JobState state)
{
    return await_info(c, job, has_state, state);
}

static inline void ask_control(struct client *c, uint64_t job, Assize__JobVerb verb,
                               const char *set)
{
    Assize__Control m = ASSIZE__CONTROL__INIT;
    m.request = ++c->request;
    m.job = job;
    m.verb = verb;
    m.n_set = set != NULL;
    m.set = (char **)&set;
    say(c, AZ_MSG_CONTROL, &m);
}

static inline void control(struct client *c, uint64_t job, Assize__JobVerb verb, const char *set)
{
    ask_control(c, job, verb, set);
    hear_kind(c, AZ_MSG_DONE);
}

static inline void ask_results(struct client *c, uint64_t job, int64_t from, bool follow,
                               bool as_they_come, int64_t credit)
{
    Assize__Results m = ASSIZE__RESULTS__INIT;
    m.request = ++c->request;
    m.job = job;
    m.from = from;
    m.follow = follow;
    m.as_they_come = as_they_come;
    m.brief = true;
    m.credit = credit;
    say(c, AZ_MSG_RESULTS, &m);
}

static inline void ask_more(struct client *c, int64_t credit, bool stop)
{
    Assize__More m = ASSIZE__MORE__INIT;
    m.request = c->request;
    m.credit = credit;
    m.stop = stop;
    say(c, AZ_MSG_MORE, &m);
}

/* Ids of verdicts until the end, "0 1 2 "; then how many were passed over. */
static inline const char *results_text(struct client *c, uint64_t job, int64_t from, bool follow,
                                       bool as_they_come)
{
    static char text[1 << 16];
    size_t n = 0;
    int64_t open = 0;
    ask_results(c, job, from, follow, as_they_come, 1 << 20);
    for (bool end = false; !end;) {
        const Assize__Verdicts *v = hear_kind(c, AZ_MSG_VERDICTS)->verdicts;
        for (size_t i = 0; i < v->n_lines; i++) {
            int id = -1;
            sscanf((const char *)v->lines[i].data, "{\"id\":\"%d\"", &id);
            n += (size_t)snprintf(text + n, sizeof(text) - n, "%d ", id);
        }
        open += v->open;
        end = v->end;
    }
    snprintf(text + n, sizeof(text) - n, "open %lld", (long long)open);
    return text;
}
