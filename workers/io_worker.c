#include "workers/io_worker.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include "core/io_clock.h"
#include "core/io_file.h"
#include "core/io_loop.h"
#include "core/io_thread.h"
#include "core/mem.h"
#include "workers/io_cache.h"
#include "workers/io_http.h"
#include "workers/io_key.h"
#include "workers/io_recorded.h"
#include "workers/work.h"

enum {
    RECEIVE_MAX = 64,
    CONNECTIONS_MAX = 4096,
    ANSWERS_MAX = 512, /* a message */
    ANSWER_BYTES_MAX = 1 << 20,
};

/* What belongs to one backend of the config. */
struct reach {
    const struct az_backend *backend;
    const struct az_backend_kind *kind; /* NULL: local */
    struct az_secret_key *key;
    struct az_recorded *recorded;
    size_t n_urls;
    char **urls; /* with the kind's path */
};

struct az_worker {
    struct az_worker_config config;
    size_t n_backends;
    const struct az_backend *backends; /* with urls, keys, slots, files */
    struct az_thread *thread;
    struct az_loop *loop;
    struct az_sock *sock;
    struct az_http *http;
    struct az_cache *cache;
    struct az_work *work;
    struct reach *reach;
    struct az_wfxs fx;
    struct az_arena *in, *out; /* of the message read, of the message written */
    size_t n_answers, answer_bytes;
    struct az_msg_answer *answers;
    uint64_t seq;
    int gone;               /* eventfd: the thread has ended */
    int code;               /* negative: the loop is left, and `failed` says why */
    struct az_error failed; /* scratch until then */
};

static void give_up(struct az_worker *w, int r)
{
    if (r >= 0 || w->code < 0)
        return;
    w->code = r;
    az_loop_stop(w->loop);
}

/* ---- to the coordinator ---- */

static int send_msg(struct az_worker *w, struct az_msg *msg, struct az_error *err)
{
    struct az_buf b = az_buf(AZ_WIRE_FRAME_MAX);
    msg->seq = ++w->seq;
    int r = az_wire_pack(&b, msg, w->out, err);
    az_arena_reset(w->out);
    if (r < 0) {
        az_buf_release(&b);
        return r;
    }
    size_t n = b.n;
    char *p = az_buf_take(&b);
    return p ? az_sock_send(w->sock, NULL, p, n, err) : az_oom(err);
}

static int send_hello(struct az_worker *w, struct az_error *err)
{
    struct az_msg hello = {.kind = AZ_MSG_HELLO};
    hello.hello.name = az_str(w->config.name);
    hello.hello.software = AZ_STR("assize " ASSIZE_VERSION);
    return send_msg(w, &hello, err);
}

static int send_announce(struct az_worker *w, size_t first, size_t n, struct az_error *err)
{
    struct az_msg msg = {.kind = AZ_MSG_ANNOUNCE};
    msg.announce.v = az_arena_zalloc(w->out, n * sizeof(*msg.announce.v));
    if (!msg.announce.v)
        return az_oom(err);
    for (size_t b = first; b < first + n; b++) {
        msg.announce.v[msg.announce.n++] = az_work_announce(w->work, b);
    }
    return send_msg(w, &msg, err);
}

static int flush_answers(struct az_worker *w, struct az_error *err)
{
    if (!w->n_answers)
        return 0;
    struct az_msg msg = {.kind = AZ_MSG_ANSWERS};
    msg.answers.n = w->n_answers;
    msg.answers.v = w->answers;
    msg.answers.credit.v = az_arena_zalloc(w->fx.arena, w->n_backends * sizeof(struct az_credit));
    if (!msg.answers.credit.v)
        return az_oom(err);
    for (size_t b = 0; b < w->n_backends; b++) {
        uint32_t credit = az_work_credit(w->work, b);
        if (credit)
            msg.answers.credit.v[msg.answers.credit.n++] =
                (struct az_credit){.backend = az_str(w->backends[b].name),
                                   .kind = az_str(w->backends[b].kind),
                                   .credit = credit};
    }
    w->n_answers = w->answer_bytes = 0;
    return send_msg(w, &msg, err);
}

static int queue_answer(struct az_worker *w, const struct az_wfx *x, struct az_error *err)
{
    w->answers[w->n_answers++] = x->answer.answer;
    const struct az_ballot *b = &x->answer.answer.ballot;
    w->answer_bytes += b->raw.n + b->rationale.n + b->params.n + x->answer.answer.said.n;
    bool full = w->n_answers == ANSWERS_MAX || w->answer_bytes > ANSWER_BYTES_MAX;
    return full ? flush_answers(w, err) : 0;
}

static int send_stopped(struct az_worker *w, const struct az_wfx *x, struct az_error *err)
{
    struct az_msg msg = {.kind = AZ_MSG_STOPPED};
    msg.stopped.backend = az_str(w->backends[x->stopped.backend].name);
    msg.stopped.why = x->stopped.why;
    return send_msg(w, &msg, err);
}

/* ---- effects ---- */

static int start_call(struct az_worker *w, const struct az_wfx *x, struct az_error *err)
{
    const struct reach *reach = &w->reach[x->call.backend];
    const char *url = reach->urls[0];
    for (size_t i = 0; i < reach->backend->n_urls; i++) {
        if (reach->backend->urls[i] == x->call.url)
            url = reach->urls[i];
    }
    struct az_http_call call = {.url = url,
                                .headers = x->call.kind->headers,
                                .extra_headers = reach->backend->headers,
                                .key = reach->key,
                                .auth = x->call.kind->auth,
                                .body = x->call.body,
                                .timeout_ms = x->call.timeout_ms,
                                .call = x->call.call};
    return az_http_start(w->http, &call, err);
}

/* A cache that is too busy is gone without. Adds to the effects being run. */
static int look_up(struct az_worker *w, struct work_call *call, const struct az_hash *hash,
                   struct az_error *err)
{
    int r = az_cache_ask(w->cache, hash, call);
    if (r != AZ_EAGAIN)
        return r < 0 ? az_oom(err) : 0;
    return az_work_on_cached(w->work, call, (struct az_str){0}, az_loop_now(w->loop), &w->fx, err);
}

static int run_effects(struct az_worker *w, struct az_error *err)
{
    int r = 0;
    for (size_t i = 0; i < w->fx.n && r == 0; i++) {
        const struct az_wfx *x = &w->fx.v[i];
        switch (x->kind) {
        case AZ_WFX_CALL:
            r = start_call(w, x, err);
            break;
        case AZ_WFX_LOOKUP:
            r = look_up(w, x->lookup.call, &x->lookup.hash, err);
            break;
        case AZ_WFX_REMEMBER:
            az_cache_put(w->cache, &x->remember.hash, x->remember.reply);
            break;
        case AZ_WFX_ANSWER:
            r = queue_answer(w, x, err);
            break;
        case AZ_WFX_STOPPED:
            r = flush_answers(w, err);
            r = r < 0 ? r : send_stopped(w, x, err);
            break;
        case AZ_WFX_ANNOUNCE:
            r = flush_answers(w, err);
            r = r < 0 ? r : send_announce(w, x->announce.backend, 1, err);
            break;
        }
    }
    if (r == 0)
        r = flush_answers(w, err);
    az_wfxs_clear(&w->fx);
    return r;
}

/* ---- events ---- */

static enum az_call_end call_end_of(enum az_http_end end)
{
    switch (end) {
    case AZ_HTTP_ANSWERED:
        return AZ_CALL_ANSWERED;
    case AZ_HTTP_CONNECT:
        return AZ_CALL_CONNECT;
    case AZ_HTTP_TIMEOUT:
        return AZ_CALL_TIMEOUT;
    default:
        return AZ_CALL_BROKEN;
    }
}

static void on_response(void *arg, void *call, enum az_http_end end,
                        const struct az_response *response, const char *why, int64_t ms)
{
    struct az_worker *w = arg;
    struct az_call_result result = {.end = call_end_of(end),
                                    .response = end == AZ_HTTP_ANSWERED ? response : NULL,
                                    .why = why,
                                    .ms = ms};
    give_up(w, az_work_on_response(w->work, call, &result, az_loop_now(w->loop), az_clock_wall_ms(),
                                   &w->fx, &w->failed));
}

static void on_cache(void *arg, int fd, unsigned events)
{
    struct az_worker *w = arg;
    struct az_cache_answer *answer;
    while (!w->code && (answer = az_cache_next(w->cache))) {
        give_up(w, az_work_on_cached(w->work, answer->token, answer->bytes, az_loop_now(w->loop),
                                     &w->fx, &w->failed));
        free(answer);
    }
}

static int on_panel(struct az_worker *w, const struct az_msg *msg)
{
    struct az_panel_source source = {.portable = true};
    struct az_panel *panel;
    AZ_AUTO_MEM char *yaml = az_alloc(msg->panel.yaml.n + 1);
    if (!yaml)
        return az_oom(&w->failed);
    memcpy(yaml, msg->panel.yaml.p, msg->panel.yaml.n);
    yaml[msg->panel.yaml.n] = '\0';
    int r = az_panel_parse(yaml, "panel from the coordinator", &source, &panel, &w->failed);
    return r < 0
               ? r
               : az_work_on_panel(w->work, msg->panel.panel, panel, msg->panel.secret, &w->failed);
}

static int on_message(struct az_worker *w, struct az_msg *msg)
{
    switch (msg->kind) {
    case AZ_MSG_WELCOME:
        return send_announce(w, 0, w->n_backends, &w->failed);
    case AZ_MSG_PANEL:
        return on_panel(w, msg);
    case AZ_MSG_QUESTIONS:
        return az_work_on_questions(w->work, msg, az_loop_now(w->loop), &w->fx, &w->failed);
    case AZ_MSG_STOP:
        az_loop_stop(w->loop);
        return 0;
    case AZ_MSG_REFUSE:
        return az_fail(&w->failed, AZ_EPROTO, "the coordinator refused: " AZ_STR_FMT,
                       AZ_STR_ARG(msg->refuse.what));
    default:
        return 0;
    }
}

/* A bounded batch, so that answers are not kept waiting behind questions. */
static bool receive(struct az_worker *w)
{
    for (int i = 0; i < RECEIVE_MAX; i++) {
        struct az_str frame;
        struct az_msg msg;
        int r = az_sock_recv(w->sock, NULL, &frame, &w->failed);
        if (r == AZ_EAGAIN)
            return false;
        if (r == 0)
            r = az_wire_unpack(frame, w->in, &msg, &w->failed);
        if (r == 0)
            r = on_message(w, &msg);
        if (r == 0)
            r = run_effects(w, &w->failed);
        az_arena_reset(w->in);
        give_up(w, r);
        if (r < 0)
            return false;
    }
    return true;
}

static az_ms before_sleep(void *arg)
{
    struct az_worker *w = arg;
    for (;;) {
        az_ms now = az_clock_ms();
        if (az_work_deadline(w->work) <= now)
            give_up(w, az_work_on_tick(w->work, now, &w->fx, &w->failed));
        if (!w->code)
            give_up(w, run_effects(w, &w->failed));
        /* After sending, which may eat the socket's edge, and before sleeping. */
        bool more = !w->code && receive(w);
        az_ms http = az_http_before_sleep(w->http);
        if (w->code || more)
            return 0;
        if (!w->fx.n)
            return AZ_MIN(http, az_work_deadline(w->work));
    }
}

static void on_readable(void *arg, int fd, unsigned events)
{
    /* The hook before the next sleep receives. */
}

static void on_stop(void *arg, int fd, unsigned events)
{
    struct az_worker *w = arg;
    az_loop_stop(w->loop);
}

/* ---- setting up ---- */

static int reach_urls(struct reach *reach, struct az_error *err)
{
    const struct az_backend *b = reach->backend;
    reach->n_urls = AZ_MAX(b->n_urls, (size_t)1);
    reach->urls = az_zalloc(reach->n_urls * sizeof(char *));
    if (!reach->urls)
        return az_oom(err);
    for (size_t i = 0; i < reach->n_urls; i++) {
        AZ_AUTO_BUF url = az_buf(8192);
        az_buf_z(&url, b->n_urls ? b->urls[i] : reach->kind->url);
        az_buf_z(&url, reach->kind->path);
        reach->urls[i] = az_buf_take(&url);
        if (!reach->urls[i])
            return az_oom(err);
    }
    return 0;
}

static int reach_init(struct az_worker *w, size_t i, struct az_error *err)
{
    struct reach *reach = &w->reach[i];
    const struct az_backend *b = &w->backends[i];
    reach->backend = b;
    if (!strcmp(b->kind, "recorded")) {
        int r = az_recorded_load(b->file, &reach->recorded, err);
        return r < 0 ? (az_wrap(err, "backend '%s'", b->name), r) : 0;
    }
    if (az_backend_is_local(b))
        return 0;
    reach->kind = az_backend_kind_find(b->kind);
    if (!reach->kind)
        return az_fail(err, AZ_EINVAL, "backend '%s': no kind '%s'", b->name, b->kind);
    int r = az_secret_key_read(b->key, &reach->key, err);
    if (r < 0)
        return az_wrap(err, "backend '%s'", b->name);
    return reach_urls(reach, err);
}

static int open_cache(struct az_worker *w, struct az_error *err)
{
    if (!w->config.cache)
        return 0;
    int r = az_cache_open(w->config.cache, &w->cache, err);
    return r < 0 ? r
                 : az_loop_watch(w->loop, az_cache_fd(w->cache), AZ_LOOP_READ, on_cache, w, err);
}

static void cache_warning(struct az_worker *w)
{
    struct az_error why;
    if (w->cache && az_cache_warning(w->cache, &why))
        w->config.warn(w->config.warn_arg, &why);
}

static int set_up(struct az_worker *w, struct az_thread *t, struct az_error *err)
{
    size_t n = w->n_backends;
    w->in = az_arena_new(65536);
    w->out = az_arena_new(65536);
    w->answers = az_zalloc(ANSWERS_MAX * sizeof(*w->answers));
    if (!w->in || !w->out || !w->answers)
        return az_oom(err);
    AZ_AUTO_MEM struct az_work_backend *backends = az_zalloc(n * sizeof(*backends));
    if (!backends)
        return az_oom(err);
    for (size_t i = 0; i < n; i++)
        backends[i] = (struct az_work_backend){&w->backends[i], w->reach[i].recorded};

    int r = az_wfxs_init(&w->fx, err);
    if (r == 0)
        r = az_loop_new(&w->loop, err);
    if (r == 0)
        r = open_cache(w, err);
    struct az_work_config config = {.n_backends = n,
                                    .backends = backends,
                                    .slots = w->config.slots,
                                    .cache = w->cache,
                                    .seed = w->config.seed};
    if (r == 0)
        r = az_work_new(&config, &w->work, err);
    if (r == 0)
        r = az_http_new(w->loop, CONNECTIONS_MAX, on_response, w, &w->http, err);
    if (r == 0)
        r = az_sock_connect(w->config.net, w->config.endpoint, &w->sock, err);
    if (r == 0)
        r = az_loop_before_sleep(w->loop, before_sleep, w, err);
    if (r == 0)
        r = az_loop_watch(w->loop, az_sock_fd(w->sock), AZ_LOOP_READ, on_readable, w, err);
    if (r == 0)
        r = az_loop_watch(w->loop, az_thread_stop_fd(t), AZ_LOOP_READ, on_stop, w, err);
    return r < 0 ? r : send_hello(w, err);
}

static void tear_down(struct az_worker *w)
{
    az_http_free(w->http);
    az_work_free(w->work);
    az_cache_close(w->cache);
    az_sock_free(w->sock);
    az_loop_free(w->loop);
    az_wfxs_release(&w->fx);
    az_arena_free(w->in);
    az_arena_free(w->out);
    free(w->answers);
}

static int worker_main(struct az_thread *t, void *arg, struct az_error *err)
{
    struct az_worker *w = arg;
    int r = set_up(w, t, err);
    if (r == 0) {
        az_thread_ready(t);
        r = az_loop_run(w->loop, err);
    }
    cache_warning(w);
    if (r == 0 && w->code < 0) {
        *err = w->failed;
        r = w->code;
    }
    tear_down(w);
    eventfd_write(w->gone, 1);
    return r;
}

int az_worker_new(const struct az_backend *backends, size_t n_backends, struct az_worker **ret,
                  struct az_error *err)
{
    AZ_AUTO(worker) w = az_zalloc(sizeof(*w));
    if (!w)
        return az_oom(err);
    w->backends = backends;
    w->n_backends = n_backends;
    w->gone = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (w->gone < 0)
        return az_fail(err, AZ_EIO, "no eventfd for the worker");
    w->reach = az_zalloc(n_backends * sizeof(*w->reach));
    if (!w->reach)
        return az_oom(err);
    for (size_t i = 0; i < n_backends; i++) {
        int r = reach_init(w, i, err);
        if (r < 0)
            return r;
    }
    *ret = AZ_TAKE(w);
    return 0;
}

int az_worker_start(struct az_worker *w, const struct az_worker_config *config,
                    struct az_error *err)
{
    az_assert(!w->thread);
    w->config = *config;
    return az_thread_start("worker", worker_main, w, &w->thread, err);
}

int az_worker_stop(struct az_worker *w, struct az_error *err)
{
    return az_thread_stop(AZ_TAKE(w->thread), err);
}

int az_worker_gone_fd(const struct az_worker *w)
{
    return w->gone;
}

void az_worker_free(struct az_worker *w)
{
    if (!w)
        return;
    az_thread_free(w->thread);
    for (size_t i = 0; w->reach && i < w->n_backends; i++) {
        struct reach *reach = &w->reach[i];
        az_secret_key_free(reach->key);
        az_recorded_free(reach->recorded);
        for (size_t u = 0; reach->urls && u < reach->n_urls; u++)
            free(reach->urls[u]);
        free(reach->urls);
    }
    free(w->reach);
    if (w->gone >= 0)
        close(w->gone);
    free(w);
}
