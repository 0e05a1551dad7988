/* The queues of a worker: what is ready, what waits, and when a call may start. */
#include "core/mem.h"
#include "workers/work_state.h"

/* A first outage is waited out; a probe that fails too is no hiccup. */
enum {
    DOWN_AFTER_OPENED = 2,
    BREAKER_FAILURES = 5, /* in a row */
    BREAKER_FIRST_MS = 5000,
    BREAKER_LAST_MS = 60000,
};

void breaker_reset(struct work_backend *b)
{
    az_breaker_init(&b->breaker, BREAKER_FAILURES, BREAKER_FIRST_MS, BREAKER_LAST_MS);
}

bool breaker_says_down(const struct work_backend *b)
{
    return b->breaker.state == AZ_BREAKER_OPEN && b->breaker.opened >= DOWN_AFTER_OPENED;
}

void ready_push(struct work_call *c)
{
    struct work_backend *b = c->backend;
    c->state = CALL_READY;
    c->next = NULL;
    *(b->head ? &b->tail->next : &b->head) = c;
    b->tail = c;
}

static struct work_call *ready_pop(struct work_backend *b)
{
    struct work_call *c = b->head;
    if (c)
        b->head = c->next;
    return c;
}

int wait_until(struct az_work *w, struct work_call *c, az_ms at)
{
    c->state = CALL_WAITING;
    return az_heap_push(&w->waiting, at, c);
}

/* One at which nobody is would always be: those that are there come first. */
static size_t least_busy(const struct work_backend *b, az_ms now)
{
    size_t best = 0;
    for (size_t i = 1; i < b->backend->n_urls; i++) {
        bool away = b->urls[i].away_until > now, best_away = b->urls[best].away_until > now;
        if (away != best_away ? best_away : b->urls[i].busy < b->urls[best].busy)
            best = i;
    }
    return best;
}

/* Tokens as a provider counts them against its limit: an estimate of the prompt
 * (4 bytes a token) and all that may come. */
static int64_t tokens_estimate(const struct work_call *c)
{
    return (int64_t)c->body.n / 4 + c->ask.max_tokens;
}

static int call_start(struct az_work *w, struct work_call *c, az_ms now, struct az_wfxs *fx)
{
    struct work_backend *b = c->backend;
    struct az_wfx *x = wfx_add(fx, AZ_WFX_CALL);
    if (!x)
        return AZ_ENOMEM;
    c->state = CALL_OUT;
    c->url = least_busy(b, now);
    c->started = now;
    c->attempts++;
    c->calls++;
    b->urls[c->url].busy++;
    w->under_way++;
    az_window_start(&b->window);
    x->call.call = c;
    x->call.backend = b->index;
    x->call.kind = b->kind;
    x->call.url = b->backend->n_urls ? b->backend->urls[c->url] : b->kind->url;
    x->call.body = az_buf_view(&c->body);
    x->call.timeout_ms = (int64_t)c->ask.panel->limits.timeout_s * 1000;
    return 0;
}

int call_is_down(struct az_work *w, struct work_call *c, struct az_wfxs *fx)
{
    char why[256];
    const struct work_backend *b = c->backend;
    snprintf(why, sizeof(why), "backend '%s' is down: %s", b->backend->name, b->failure);
    return call_error(w, c, AZ_BE_DOWN, why, fx);
}

/* A backend that is down answers at once, with an error; a service has announced
 * it as away instead. */
static int fail_all_ready(struct az_work *w, struct work_backend *b, struct az_wfxs *fx)
{
    for (struct work_call *c; (c = ready_pop(b));) {
        if (call_is_down(w, c, fx) < 0)
            return AZ_ENOMEM;
    }
    return 0;
}

/* A backend that refuses for good keeps no question, nor one that is away: each
 * goes back with what it has cost, those that were under way when they ask for
 * another call. */
int give_back(struct az_work *w, struct work_call *c, struct az_wfxs *fx)
{
    return call_again(w, c, c->mistake, c->ask.said, fx);
}

static int give_back_ready(struct az_work *w, struct work_backend *b, struct az_wfxs *fx)
{
    for (struct work_call *c; (c = ready_pop(b));) {
        if (give_back(w, c, fx) < 0)
            return AZ_ENOMEM;
    }
    return 0;
}

int backend_stop(struct az_work *w, struct work_call *c, const char *why, struct az_wfxs *fx)
{
    struct work_backend *b = c->backend;
    if (c->orphan) /* nobody would be told, and whoever asks next finds out */
        return give_back(w, c, fx);
    if (!b->stopped) { /* the first reason is the one that is told */
        struct az_wfx *x = wfx_add(fx, AZ_WFX_STOPPED);
        if (!x)
            return AZ_ENOMEM;
        b->stopped = true;
        x->stopped.backend = b->index;
        x->stopped.why = az_arena_str(fx->arena, az_str(why));
        if (!x->stopped.why.p)
            return AZ_ENOMEM;
    }
    return give_back(w, c, fx) < 0 ? AZ_ENOMEM : give_back_ready(w, b, fx);
}

/* Others have learnt what the server takes since the first one was prepared. */
static int prepare_again(struct az_work *w, struct work_backend *b, struct az_wfxs *fx,
                         struct az_error *err)
{
    struct work_call *c = ready_pop(b);
    int r = call_prepare(w, c, fx, err);
    if (r != 0)
        return AZ_MIN(r, 0);
    return call_go(w, c, fx) < 0 ? az_oom(err) : 0;
}

int backend_pump(struct az_work *w, struct work_backend *b, az_ms now, struct az_wfxs *fx,
                 struct az_error *err)
{
    b->wake = INT64_MAX;
    az_ms left = b->down ? az_breaker_wait(&b->breaker, now) : 0;
    if (left > 0)
        b->wake = now + left;
    else if (b->down && backend_try(b, fx, err) < 0)
        return AZ_ENOMEM;
    if (b->stopped || *b->state || w->draining || w->lapsed)
        return give_back_ready(w, b, fx) < 0 ? az_oom(err) : 0;
    while (b->head) {
        if (!az_window_room(&b->window))
            return 0;
        if (w->config.slots && w->under_way >= (size_t)w->config.slots)
            return 0;
        az_ms down = b->breaker.state == AZ_BREAKER_OPEN ? az_breaker_wait(&b->breaker, now) : 0;
        if (down > 0 && breaker_says_down(b))
            return fail_all_ready(w, b, fx) < 0 ? az_oom(err) : 0;
        if (down > 0) {
            b->wake = now + down;
            return 0;
        }
        struct work_call *c = b->head;
        struct az_caps *caps = call_caps(w, c);
        if (!caps)
            return az_oom(err);
        if (!az_caps_same(caps, &c->ask.caps)) {
            int r = prepare_again(w, b, fx, err);
            if (r < 0)
                return r;
            continue;
        }
        int64_t tokens = tokens_estimate(c);
        az_ms wait = az_limit_wait(&b->limit, tokens, now);
        if (wait > 0) {
            b->wake = now + wait;
            return 0;
        }
        if (!az_breaker_ask(&b->breaker, now))
            return 0; /* the probe will tell */
        if (!az_limit_reserve(&b->limit, tokens, now)) {
            az_breaker_cancelled(&b->breaker);
            b->wake = now + 1;
            return 0;
        }
        c->tokens_reserved = tokens;
        ready_pop(b);
        if (call_start(w, c, now, fx) < 0)
            return az_oom(err);
    }
    return 0;
}
