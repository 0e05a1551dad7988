#include "workers/io_worker.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include "core/io_clock.h"
#include "core/io_file.h"
#include "core/io_loop.h"
#include "core/io_thread.h"
#include "core/log.h"
#include "core/mem.h"
#include "workers/io_cache.h"
#include "workers/io_http.h"
#include "workers/io_link.h"
#include "workers/io_reach.h"
#include "workers/io_serve.h"
#include "workers/work.h"

enum {
    RECEIVE_MAX = 64,
    CONNECTIONS_MAX = 4096,
    ANSWERS_MAX = 512, /* a message */
    ANSWER_BYTES_MAX = 1 << 20,
    LINGER_MS = 5000,
};

struct az_worker {
    struct az_worker_config config;
    size_t n_backends;
    const struct az_backend *backends; /* with urls, keys, slots, files */
    struct az_reach *reach;
    struct az_thread *thread;
    struct az_loop *loop;
    struct az_link *link;
    struct az_http *http;
    struct az_cache *cache;
    struct az_work *work;
    struct az_serves *serves; /* NULL: it runs none */
    struct az_wfxs fx;
    size_t n_answers, answer_bytes;
    struct az_msg_answer *answers;
    bool broken;            /* the session can't go on: `failed` says why */
    bool parting;           /* the coordinator stops: the session ends with the last answer */
    bool leaving;           /* told to: the worker ends with the last answer */
    int drain;              /* eventfd: told to leave */
    az_ms beat_at;          /* the next */
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

/* What a coordinator did, or does not do any more, ends a session and no service;
 * `run` has only this one. */
static void session_trouble(struct az_worker *w, int r)
{
    if (r < 0 && w->config.service && r != AZ_ENOMEM)
        w->broken = true;
    else
        give_up(w, r);
}

/* ---- to the coordinator ---- */

static bool can_tell(const struct az_worker *w)
{
    return az_link_open(w->link) && !w->broken && !w->code;
}

static void tell(struct az_worker *w, struct az_msg *msg)
{
    session_trouble(w, az_link_send(w->link, msg, az_loop_now(w->loop), &w->failed));
}

static int send_announce(struct az_worker *w, size_t first, size_t n, struct az_error *err)
{
    if (!can_tell(w))
        return 0;
    struct az_msg msg = {.kind = AZ_MSG_ANNOUNCE};
    msg.announce.v = az_arena_zalloc(az_link_scratch(w->link), n * sizeof(*msg.announce.v));
    if (!msg.announce.v)
        return az_oom(err);
    for (size_t b = first; b < first + n; b++)
        msg.announce.v[msg.announce.n++] = az_work_announce(w->work, b);
    tell(w, &msg);
    return 0;
}

static int flush_answers(struct az_worker *w, struct az_error *err)
{
    if (!w->n_answers || !can_tell(w)) {
        w->n_answers = w->answer_bytes = 0;
        return 0;
    }
    struct az_msg msg = {.kind = AZ_MSG_ANSWERS};
    msg.answers.n = w->n_answers;
    msg.answers.v = w->answers;
    msg.answers.credit.v =
        az_arena_zalloc(az_link_scratch(w->link), w->n_backends * sizeof(struct az_credit));
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
    tell(w, &msg);
    return 0;
}

static int queue_answer(struct az_worker *w, const struct az_wfx *x, struct az_error *err)
{
    w->answers[w->n_answers++] = x->answer.answer;
    const struct az_ballot *b = &x->answer.answer.ballot;
    w->answer_bytes += b->raw.n + b->rationale.n + b->params.n + x->answer.answer.said.n;
    bool full = w->n_answers == ANSWERS_MAX || w->answer_bytes > ANSWER_BYTES_MAX;
    return full ? flush_answers(w, err) : 0;
}

static void send_stopped(struct az_worker *w, const struct az_wfx *x)
{
    struct az_msg msg = {.kind = AZ_MSG_STOPPED};
    msg.stopped.backend = az_str(w->backends[x->stopped.backend].name);
    msg.stopped.why = x->stopped.why;
    if (can_tell(w))
        tell(w, &msg);
}

/* ---- effects ---- */

static int start_call(struct az_worker *w, const struct az_wfx *x, struct az_error *err)
{
    struct az_http_call call = az_reach_call(w->reach, x);
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

static int run_effect(struct az_worker *w, const struct az_wfx *x, struct az_error *err)
{
    int r;
    switch (x->kind) {
    case AZ_WFX_CALL:
        return start_call(w, x, err);
    case AZ_WFX_LOOKUP:
        return look_up(w, x->lookup.call, &x->lookup.hash, err);
    case AZ_WFX_REMEMBER:
        az_cache_put(w->cache, &x->remember.hash, x->remember.reply);
        return 0;
    case AZ_WFX_ANSWER:
        return queue_answer(w, x, err);
    case AZ_WFX_STOPPED:
        r = flush_answers(w, err);
        send_stopped(w, x);
        return r;
    case AZ_WFX_ANNOUNCE:
        r = flush_answers(w, err);
        return r < 0 ? r : send_announce(w, x->announce.backend, 1, err);
    }
    return 0;
}

static void run_effects(struct az_worker *w)
{
    int r = 0;
    for (size_t i = 0; i < w->fx.n && r == 0; i++)
        r = run_effect(w, &w->fx.v[i], &w->failed);
    if (r == 0)
        r = flush_answers(w, &w->failed);
    az_wfxs_clear(&w->fx);
    give_up(w, r);
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

static void on_serves(void *arg, int fd, unsigned events)
{
    struct az_worker *w = arg;
    size_t backend;
    char state[AZ_SERVER_STATE_MAX];
    while (!w->code && az_serves_next(w->serves, &backend, state))
        give_up(
            w, az_work_on_state(w->work, backend, state, az_loop_now(w->loop), &w->fx, &w->failed));
}

static int on_welcome(struct az_worker *w, const struct az_msg *msg)
{
    az_info("connected to the coordinator", KV("endpoint", w->config.endpoint),
            KV("silence_ms", msg->hello.silence_ms));
    return send_announce(w, 0, w->n_backends, &w->failed);
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

/* A coordinator that stops is left with nothing that its end would lose; `run`
 * has no other. */
static int on_stop_message(struct az_worker *w)
{
    if (!w->config.service) {
        az_loop_stop(w->loop);
        return 0;
    }
    w->parting = true;
    return az_work_drain(w->work, &w->fx, &w->failed);
}

static int on_message(struct az_worker *w, struct az_msg *msg)
{
    az_ms now = az_loop_now(w->loop);
    switch (msg->kind) {
    case AZ_MSG_WELCOME:
        return on_welcome(w, msg);
    case AZ_MSG_PANEL:
        return on_panel(w, msg);
    case AZ_MSG_FORGET:
        az_work_on_forget(w->work, msg->forget.panel);
        return 0;
    case AZ_MSG_QUESTIONS:
        return az_work_on_questions(w->work, msg, now, &w->fx, &w->failed);
    case AZ_MSG_RECALL:
        return az_work_on_recall(w->work, msg->recall.panel, msg->recall.keys, msg->recall.n,
                                 msg->recall.all, &w->fx, &w->failed);
    case AZ_MSG_TUNE:
        return az_work_on_tune(w->work, msg->tune.backend, msg->tune.slots, msg->tune.rpm,
                               msg->tune.tpm, now, &w->fx, &w->failed);
    case AZ_MSG_STOP:
        return on_stop_message(w);
    default:
        return 0;
    }
}

/* A bounded batch, so that answers are not kept waiting behind questions. */
static bool receive(struct az_worker *w)
{
    for (int i = 0; i < RECEIVE_MAX; i++) {
        struct az_msg msg;
        int r = az_link_recv(w->link, &msg, az_loop_now(w->loop), &w->failed);
        if (r == AZ_EAGAIN)
            return false;
        if (r == 0)
            r = on_message(w, &msg);
        session_trouble(w, r);
        run_effects(w);
        if (w->broken || w->code)
            return false;
    }
    return true;
}

/* ---- the session's end, and the worker's ---- */

static void part(struct az_worker *w)
{
    az_ms now = az_loop_now(w->loop);
    bool was_open = az_link_open(w->link);
    if (w->parting) { /* its last answers are on their way */
        az_link_linger(w->link, LINGER_MS);
        az_info("the coordinator stops");
    }
    az_ms again = az_link_lose(w->link, now);
    if (w->broken && was_open)
        az_warn("the session with the coordinator ended, connecting again", KV("why", &w->failed),
                KV("in_ms", again - now));
    else if (w->broken)
        az_warn("the coordinator is not there, trying again", KV("why", &w->failed),
                KV("in_ms", again - now));
    w->broken = w->parting = false;
    w->n_answers = w->answer_bytes = 0;
    give_up(w, az_work_on_session(w->work, &w->fx, &w->failed));
    run_effects(w);
}

/* Is all told that there is to tell? */
static void end_if_done(struct az_worker *w)
{
    if (az_work_held(w->work) || w->fx.n)
        return;
    if (w->leaving) {
        az_link_linger(w->link, LINGER_MS);
        az_loop_stop(w->loop);
    } else if (w->parting) {
        part(w);
    }
}

/* Whoever leaves finds no new coordinator. */
static bool stays_apart(const struct az_worker *w)
{
    return w->leaving && !az_link_open(w->link);
}

static az_ms deadline(const struct az_worker *w)
{
    az_ms link = stays_apart(w) ? INT64_MAX : az_link_deadline(w->link);
    return AZ_MIN(link, az_work_deadline(w->work));
}

static void tick(struct az_worker *w)
{
    az_ms now = az_clock_ms();
    if (az_work_deadline(w->work) <= now)
        give_up(w, az_work_on_tick(w->work, now, &w->fx, &w->failed));
}

/* True: something may have been sent. */
static bool tick_link(struct az_worker *w)
{
    az_ms now = az_clock_ms();
    if (w->broken || stays_apart(w) || az_link_deadline(w->link) > now)
        return false;
    session_trouble(w, az_link_tick(w->link, now, &w->failed));
    return true;
}

static az_ms beat(struct az_worker *w)
{
    if (!w->config.beat_ms)
        return INT64_MAX;
    az_ms now = az_clock_ms();
    if (now >= w->beat_at) {
        w->config.beat();
        w->beat_at = now + w->config.beat_ms;
    }
    return w->beat_at;
}

static az_ms before_sleep(void *arg)
{
    struct az_worker *w = arg;
    az_ms again = beat(w);
    for (;;) {
        tick(w);
        if (!w->code)
            run_effects(w);
        /* After sending, which may eat the socket's edge, and before sleeping. What
         * has come counts, before its sender is said to be silent. */
        bool more = !w->code && receive(w);
        bool sent = !w->code && !more && tick_link(w);
        if (!w->code && w->broken)
            part(w);
        az_ms http = az_http_before_sleep(w->http);
        if (!w->code)
            end_if_done(w);
        if (w->code || more)
            return 0;
        if (!w->fx.n && !sent)
            return AZ_MIN(again, AZ_MIN(http, deadline(w)));
    }
}

static void on_drain(void *arg, int fd, unsigned events)
{
    struct az_worker *w = arg;
    az_loop_unwatch(w->loop, fd);
    w->leaving = true;
    give_up(w, az_work_drain(w->work, &w->fx, &w->failed));
}

static void on_stop(void *arg, int fd, unsigned events)
{
    struct az_worker *w = arg;
    az_loop_stop(w->loop);
}

/* ---- setting up ---- */

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

static int open_work(struct az_worker *w, struct az_error *err)
{
    size_t n = w->n_backends;
    AZ_AUTO_MEM struct az_work_backend *backends = az_zalloc(n * sizeof(*backends));
    if (!backends)
        return az_oom(err);
    for (size_t i = 0; i < n; i++)
        backends[i] = (struct az_work_backend){&w->backends[i], az_reach_recorded(w->reach, i)};
    struct az_work_config config = {.n_backends = n,
                                    .backends = backends,
                                    .slots = w->config.slots,
                                    .cache = w->cache,
                                    .seed = w->config.seed};
    return az_work_new(&config, &w->work, err);
}

/* Nothing is asked of a server before it has said that it answers. */
static int open_serves(struct az_worker *w, struct az_error *err)
{
    int r = az_serves_start(w->backends, w->n_backends, w->config.seed, &w->serves, err);
    if (r < 0 || !w->serves)
        return r;
    for (size_t b = 0; b < w->n_backends && r == 0; b++) {
        if (w->backends[b].serve)
            r = az_work_on_state(w->work, b, "starting", az_loop_now(w->loop), &w->fx, err);
    }
    return r < 0 ? r
                 : az_loop_watch(w->loop, az_serves_fd(w->serves), AZ_LOOP_READ, on_serves, w, err);
}

static int open_link(struct az_worker *w, struct az_error *err)
{
    struct az_link_config config = {.net = w->config.net,
                                    .endpoint = w->config.endpoint,
                                    .name = w->config.name,
                                    .options = w->config.options,
                                    .seed = w->config.seed};
    int r = az_link_new(&config, w->loop, &w->link, err);
    /* An endpoint that is none is known before the worker is there. */
    return r < 0 ? r : az_link_tick(w->link, az_loop_now(w->loop), err);
}

static int set_up(struct az_worker *w, struct az_thread *t, struct az_error *err)
{
    w->answers = az_zalloc(ANSWERS_MAX * sizeof(*w->answers));
    if (!w->answers)
        return az_oom(err);
    int r = az_wfxs_init(&w->fx, err);
    if (r == 0)
        r = az_loop_new(&w->loop, err);
    if (r == 0)
        r = open_cache(w, err);
    if (r == 0)
        r = open_work(w, err);
    if (r == 0)
        r = az_http_new(w->loop, CONNECTIONS_MAX, on_response, w, &w->http, err);
    if (r == 0)
        r = az_loop_before_sleep(w->loop, before_sleep, w, err);
    if (r == 0)
        r = az_loop_watch(w->loop, w->drain, AZ_LOOP_READ, on_drain, w, err);
    if (r == 0)
        r = az_loop_watch(w->loop, az_thread_stop_fd(t), AZ_LOOP_READ, on_stop, w, err);
    if (r == 0)
        r = open_link(w, err);
    return r < 0 ? r : open_serves(w, err);
}

static void tear_down(struct az_worker *w)
{
    az_http_free(w->http);
    az_work_free(w->work);
    az_cache_close(w->cache);
    az_link_free(w->link);
    az_serves_stop(w->serves);
    az_loop_free(w->loop);
    az_wfxs_release(&w->fx);
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
    w->drain = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (w->gone < 0 || w->drain < 0)
        return az_fail(err, AZ_EIO, "no eventfd for the worker");
    int r = az_reach_new(backends, n_backends, &w->reach, err);
    if (r < 0)
        return r;
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

void az_worker_drain(struct az_worker *w)
{
    eventfd_write(w->drain, 1);
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
    az_reach_free(w->reach);
    if (w->gone >= 0)
        close(w->gone);
    if (w->drain >= 0)
        close(w->drain);
    free(w);
}
