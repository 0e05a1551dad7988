/* What happens to a worker: responses, messages, time, the end of a session and its
 * own. */
#include <sys/eventfd.h>

#include "core/io_clock.h"
#include "core/log.h"
#include "core/mem.h"
#include "workers/io_worker_state.h"

enum {
    RECEIVE_MAX = 64, /* messages, before all else has its turn */
    LINGER_MS = 5000,
};

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

void worker_on_response(void *arg, void *call, enum az_http_end end,
                        const struct az_response *response, const char *why, int64_t ms)
{
    struct az_worker *w = arg;
    struct az_call_result result = {.end = call_end_of(end),
                                    .response = end == AZ_HTTP_ANSWERED ? response : NULL,
                                    .why = why,
                                    .ms = ms};
    worker_give_up(w, az_work_on_response(w->work, call, &result, az_loop_now(w->loop),
                                          az_clock_wall_ms(), &w->fx, &w->failed));
}

void worker_on_cache(void *arg, int fd, unsigned events)
{
    struct az_worker *w = arg;
    struct az_cache_answer *answer;
    while (!w->code && (answer = az_cache_next(w->cache))) {
        worker_give_up(w, az_work_on_cached(w->work, answer->token, answer->bytes,
                                            az_loop_now(w->loop), &w->fx, &w->failed));
        free(answer);
    }
}

void worker_on_serves(void *arg, int fd, unsigned events)
{
    struct az_worker *w = arg;
    size_t backend;
    char state[AZ_SERVER_STATE_MAX];
    while (!w->code && az_serves_next(w->serves, &backend, state))
        worker_give_up(
            w, az_work_on_state(w->work, backend, state, az_loop_now(w->loop), &w->fx, &w->failed));
}

static int on_welcome(struct az_worker *w, const struct az_msg *msg)
{
    az_info("connected to the coordinator", KV("endpoint", w->config.endpoint),
            KV("silence_ms", msg->hello.silence_ms));
    return worker_announce(w, 0, w->n_backends, &w->failed);
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
    struct az_error why = {0};
    int r = az_panel_parse(yaml, "panel from the coordinator", &source, &panel, &why);
    if (r == 0)
        r = az_work_on_panel(w->work, msg->panel.panel, panel, msg->panel.secret, &why);
    if (r == 0)
        return 0;
    w->failed = why;
    /* A newer coordinator may say what this worker does not know: that is one job's
     * matter. `run` has no other worker. */
    if (r == AZ_ENOMEM || r == AZ_EPROTO || !w->config.service)
        return r;
    r = az_work_on_unfit(w->work, msg->panel.panel, &w->failed);
    if (r == 0)
        worker_tell_unfit(w, msg->panel.panel, &why);
    return r;
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
    az_work_on_lease(w->work, az_link_lease(w->link));
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
        worker_session_trouble(w, r);
        worker_run_effects(w);
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
        az_warn("no session with the coordinator, trying again", KV("why", &w->failed),
                KV("in_ms", again - now));
    w->broken = w->parting = false;
    w->n_answers = w->answer_bytes = 0;
    worker_give_up(w, az_work_on_session(w->work, &w->fx, &w->failed));
    worker_run_effects(w);
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
        worker_give_up(w, az_work_on_tick(w->work, now, &w->fx, &w->failed));
}

/* True: something may have been sent. */
static bool tick_link(struct az_worker *w)
{
    az_ms now = az_clock_ms();
    if (w->broken || stays_apart(w) || az_link_deadline(w->link) > now)
        return false;
    worker_session_trouble(w, az_link_tick(w->link, now, &w->failed));
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

az_ms worker_before_sleep(void *arg)
{
    struct az_worker *w = arg;
    az_ms again = beat(w);
    for (;;) {
        tick(w);
        if (!w->code)
            worker_run_effects(w);
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

void worker_on_drain(void *arg, int fd, unsigned events)
{
    struct az_worker *w = arg;
    az_loop_unwatch(w->loop, fd);
    w->leaving = true;
    worker_give_up(w, az_work_drain(w->work, &w->fx, &w->failed));
}

/* The next limits that were told, none of which is heeded twice. */
static struct az_worker_limits take_limits(struct az_worker *w, size_t backend)
{
    pthread_mutex_lock(&w->lock);
    struct az_worker_limits l = w->limits[backend];
    w->limits[backend] = (struct az_worker_limits){0};
    pthread_mutex_unlock(&w->lock);
    return l;
}

void worker_on_tune(void *arg, int fd, unsigned events)
{
    struct az_worker *w = arg;
    eventfd_t n;
    eventfd_read(fd, &n);
    for (size_t i = 0; i < w->n_backends && !w->code; i++) {
        struct az_worker_limits l = take_limits(w, i);
        if (l.slots || l.rpm > 0 || l.tpm > 0)
            worker_give_up(w,
                           az_work_on_tune(w->work, az_str(w->backends[i].name), (uint32_t)l.slots,
                                           l.rpm, l.tpm, az_loop_now(w->loop), &w->fx, &w->failed));
    }
    az_link_hurry(w->link, az_loop_now(w->loop));
}
