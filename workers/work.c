#include "workers/work.h"

#include "core/mem.h"
#include "workers/lexical/lexical.h"
#include "workers/retry.h"
#include "workers/work_state.h"

enum {
    LOCAL_CREDIT = 4096, /* questions: what is answered at once */
    SLOTS_START = 16,    /* calls under way, where nobody said how many */
    SLOTS_CEILING = 256,
    BREAKER_FAILURES = 5, /* in a row */
    BREAKER_FIRST_MS = 5000,
    BREAKER_LAST_MS = 60000,
};

int az_wfxs_init(struct az_wfxs *fx, struct az_error *err)
{
    *fx = (struct az_wfxs){.arena = az_arena_new(16384)};
    return fx->arena ? 0 : az_oom(err);
}

void az_wfxs_release(struct az_wfxs *fx)
{
    free(fx->v);
    az_arena_free(fx->arena);
    *fx = (struct az_wfxs){0};
}

void az_wfxs_clear(struct az_wfxs *fx)
{
    fx->n = 0;
    az_arena_reset(fx->arena);
}

struct az_wfx *wfx_add(struct az_wfxs *fx, enum az_wfx_kind kind)
{
    if (az_grow(&fx->v, &fx->cap, fx->n + 1, sizeof(*fx->v)) < 0)
        return NULL;
    struct az_wfx *x = &fx->v[fx->n++];
    *x = (struct az_wfx){.kind = kind};
    return x;
}

/* ---- making ---- */

static int backend_init(struct az_work *w, size_t i, struct az_error *err)
{
    struct work_backend *b = &w->backends[i];
    const struct az_backend *backend = w->config.backends[i].backend;
    b->index = i;
    b->backend = backend;
    b->recorded = w->config.backends[i].recorded;
    b->wake = INT64_MAX;
    if (az_backend_is_local(backend))
        return 0;

    b->kind = az_backend_kind_find(backend->kind);
    if (!b->kind)
        return az_fail(err, AZ_EINVAL, "backend '%s': no kind '%s'", backend->name, backend->kind);
    b->busy = az_zalloc(AZ_MAX(backend->n_urls, (size_t)1) * sizeof(*b->busy));
    if (!b->busy)
        return az_oom(err);
    b->slots = backend->slots ? backend->slots : SLOTS_CEILING;
    if (w->config.slots)
        b->slots = AZ_MIN(b->slots, w->config.slots);
    int start = backend->slots ? b->slots : AZ_MIN(b->slots, SLOTS_START);
    az_window_init(&b->window, start, b->slots);
    az_limit_init(&b->limit, backend->rpm, backend->tpm, 0);
    az_breaker_init(&b->breaker, BREAKER_FAILURES, BREAKER_FIRST_MS, BREAKER_LAST_MS);
    return 0;
}

int az_work_new(const struct az_work_config *config, struct az_work **ret, struct az_error *err)
{
    AZ_AUTO(work) w = az_zalloc(sizeof(*w));
    if (!w)
        return az_oom(err);
    w->config = *config;
    w->rng = az_rng(config->seed);
    w->backends = az_zalloc(config->n_backends * sizeof(*w->backends));
    if (!w->backends)
        return az_oom(err);
    for (; w->n_backends < config->n_backends; w->n_backends++) {
        int r = backend_init(w, w->n_backends, err);
        if (r < 0)
            return r;
    }
    *ret = AZ_TAKE(w);
    return 0;
}

void az_work_free(struct az_work *w)
{
    if (!w)
        return;
    for (size_t i = 0; i < w->n_all; i++) {
        struct work_call *c = w->all[i];
        if (c->state != CALL_FREE)
            call_free(w, c);
        az_arena_free(c->arena);
        az_prompt_release(&c->prompt);
        az_buf_release(&c->body);
        free(c);
    }
    free(w->all);
    for (size_t b = 0; b < w->n_backends; b++)
        free(w->backends[b].busy);
    free(w->backends);
    free(w->learnt);
    free(w->of_judge);
    az_heap_release(&w->waiting);
    az_prompter_free(w->prompter);
    az_panel_free(w->panel);
    free(w);
}

uint32_t az_work_credit(const struct az_work *w, size_t backend)
{
    const struct work_backend *b = &w->backends[backend];
    if (b->kind) {
        int ahead = b->slots + b->slots / 2 + 1;
        double most = ahead;
        /* No more than a minute's worth waits here, where an item's time runs. */
        if (b->backend->rpm > 0)
            most = AZ_MAX(AZ_MIN(most, b->backend->rpm), 1.0);
        return (uint32_t)most;
    }
    /* Nothing queues here: what has come is under way. */
    return b->backend->slots ? (uint32_t)b->backend->slots : LOCAL_CREDIT;
}

static bool holds_questions(const struct az_work *w)
{
    for (size_t i = 0; i < w->n_all; i++) {
        if (w->all[i]->state != CALL_FREE)
            return true;
    }
    return false;
}

int az_work_on_panel(struct az_work *w, struct az_panel *panel,
                     const unsigned char secret[AZ_SECRET_BYTES], az_ms now, struct az_error *err)
{
    if (holds_questions(w)) { /* they are about the panel before */
        az_panel_free(panel);
        return az_fail(err, AZ_EPROTO, "another panel while questions are held");
    }
    w->n_learnt = 0; /* its names are the panel's */
    az_prompter_free(w->prompter);
    w->prompter = NULL;
    az_panel_free(w->panel);
    w->panel = panel;
    int r = az_prompter_new(panel, &w->prompter, err);
    if (r < 0)
        return r;
    memcpy(w->secret, secret, sizeof(w->secret));
    free(w->of_judge);
    w->of_judge = az_zalloc(panel->n_judges * sizeof(struct work_backend *));
    if (!w->of_judge)
        return az_oom(err);
    for (size_t j = 0; j < panel->n_judges; j++) {
        for (size_t b = 0; b < w->n_backends; b++) {
            if (!strcmp(w->backends[b].backend->name, panel->judges[j].backend))
                w->of_judge[j] = &w->backends[b];
        }
        if (!w->of_judge[j])
            return az_fail(err, AZ_EINVAL, "judge '%s': this worker has no backend '%s'",
                           panel->judges[j].name, panel->judges[j].backend);
    }
    return 0;
}

/* ---- questions ---- */

static void shared_unref(struct shared_item *s)
{
    if (s && --s->refs == 0) {
        az_item_free(s->item);
        free(s);
    }
}

static int answer_local(struct az_work *w, struct work_call *c, struct az_wfxs *fx,
                        struct az_error *err)
{
    struct az_ballot ballot = call_ballot(c);
    int r = c->backend->recorded
                ? az_recorded_find(c->backend->recorded, w->panel, &c->ask.key, c->item->item,
                                   fx->arena, &ballot)
                : az_lexical_judge(w->panel, &c->ask.key, c->item->item, fx->arena, &ballot);
    if (r < 0)
        return az_oom(err);
    ballot.cost_known = true;
    return call_end(w, c, &ballot, fx) < 0 ? az_oom(err) : 0;
}

static int take_question(struct az_work *w, struct work_call *c, const struct az_msg_question *q,
                         az_ms now, struct az_wfxs *fx, struct az_error *err)
{
    struct work_backend *b = c->backend;
    if (!b->kind && !b->backend->delay_ms)
        return answer_local(w, c, fx, err);
    if (!b->kind)
        return wait_until(w, c, now + b->backend->delay_ms) < 0 ? az_oom(err) : 0;

    c->mistake = q->mistake;
    c->asked_again = q->mistake != AZ_BE_NONE;
    c->grant = q->grant;
    c->attempts_before = q->attempts;
    struct az_seen *seen = az_arena_zalloc(c->arena, q->view.n * sizeof(*seen));
    if (!seen)
        return az_oom(err);
    for (size_t i = 0; i < q->view.n; i++) {
        seen[i] = q->view.seen[i];
        seen[i].rationale = az_arena_str(c->arena, q->view.seen[i].rationale);
        if (!seen[i].rationale.p)
            return az_oom(err);
    }
    c->view = (struct az_view){q->view.n, seen};
    if (q->said.p) {
        c->ask.said = az_arena_str(c->arena, q->said);
        if (!c->ask.said.p)
            return az_oom(err);
    }
    int r = call_prepare(w, c, fx, err);
    if (r != 0)
        return AZ_MIN(r, 0);
    /* It came back for want of money after a failure, before its pause. */
    if (q->attempts && q->grant != AZ_NUSD_MAX && !c->asked_again) {
        c->failures = q->attempts;
        az_ms at = now + az_retry_delay(c->failures, -1, &w->rng);
        return wait_until(w, c, at) < 0 ? az_oom(err) : 0;
    }
    return call_go(w, c, fx) < 0 ? az_oom(err) : 0;
}

/* Takes the items, whatever becomes of it. */
static struct shared_item **share_items(struct az_msg *msg, struct az_arena *a)
{
    size_t n = msg->questions.n_items, i = 0;
    struct shared_item **shared = az_arena_zalloc(a, (n + 1) * sizeof(struct shared_item *));
    for (; shared && i < n; i++) {
        shared[i] = az_zalloc(sizeof(*shared[i]));
        if (!shared[i])
            break;
        *shared[i] = (struct shared_item){.item = msg->questions.items[i], .refs = 1};
    }
    msg->questions.n_items = 0;
    if (shared && i == n)
        return shared;
    for (size_t k = 0; k < n; k++) {
        az_item_free(msg->questions.items[k]);
        if (k < i)
            free(shared[k]);
    }
    return NULL;
}

int az_work_on_questions(struct az_work *w, struct az_msg *msg, az_ms now, struct az_wfxs *fx,
                         struct az_error *err)
{
    size_t n_items = msg->questions.n_items;
    struct shared_item **shared = share_items(msg, fx->arena);
    if (!shared)
        return az_oom(err);
    int r = w->panel ? 0 : az_fail(err, AZ_EPROTO, "questions before a panel");
    for (size_t i = 0; i < msg->questions.n && r == 0; i++) {
        const struct az_msg_question *q = &msg->questions.v[i];
        if ((size_t)q->key.judge >= w->panel->n_judges || q->item >= n_items) {
            r = az_fail(err, AZ_EPROTO, "a question to judge %d about item %u of %zu", q->key.judge,
                        q->item, n_items);
            break;
        }
        struct work_call *c = call_new(w);
        if (!c) {
            r = az_oom(err);
            break;
        }
        c->backend = w->of_judge[q->key.judge];
        c->item = shared[q->item];
        c->item->refs++;
        c->ask = (struct az_ask){.panel = w->panel,
                                 .backend = c->backend->backend,
                                 .judge = &w->panel->judges[q->key.judge],
                                 .item = c->item->item,
                                 .key = q->key,
                                 .prompt = &c->prompt};
        if (c->backend->stopped)
            r = give_back(w, c, fx) < 0 ? az_oom(err) : 0;
        else
            r = take_question(w, c, q, now, fx, err);
    }
    for (size_t i = 0; i < n_items; i++)
        shared_unref(shared[i]);
    for (size_t b = 0; b < w->n_backends && r == 0; b++)
        r = backend_pump(w, &w->backends[b], now, fx, err);
    return r;
}

/* ---- other events ---- */

int az_work_on_cached(struct az_work *w, struct work_call *c, struct az_str reply, az_ms now,
                      struct az_wfxs *fx, struct az_error *err)
{
    struct work_backend *b = c->backend;
    int r = reply.p ? call_on_cached(w, c, reply, fx, err) : 0;
    if (r != 0)
        return AZ_MIN(r, 0);
    if (b->stopped)
        return give_back(w, c, fx) < 0 ? az_oom(err) : 0;
    ready_push(c);
    return backend_pump(w, b, now, fx, err);
}

int az_work_on_response(struct az_work *w, struct work_call *c, const struct az_call_result *result,
                        az_ms now, int64_t now_wall_ms, struct az_wfxs *fx, struct az_error *err)
{
    struct work_backend *b = c->backend;
    az_assert(c->state == CALL_OUT);
    b->busy[c->url]--;
    w->under_way--;
    c->ms = result->ms;
    int r = result->end == AZ_CALL_ANSWERED
                ? call_on_reply(w, c, result->response, now, now_wall_ms, fx, err)
                : call_on_no_reply(w, c, result, now, fx, err);
    /* A bound over all backends may hold another queue back. */
    for (size_t i = 0; i < w->n_backends && r == 0; i++) {
        if (&w->backends[i] == b || w->config.slots)
            r = backend_pump(w, &w->backends[i], now, fx, err);
    }
    return r;
}

int az_work_on_tick(struct az_work *w, az_ms now, struct az_wfxs *fx, struct az_error *err)
{
    int r = 0;
    for (struct work_call *c; r == 0 && (c = az_heap_pop(&w->waiting, now));) {
        if (!c->backend->kind)
            r = answer_local(w, c, fx, err);
        else if (c->backend->stopped)
            r = give_back(w, c, fx) < 0 ? az_oom(err) : 0;
        else
            ready_push(c);
    }
    for (size_t b = 0; b < w->n_backends && r == 0; b++)
        r = backend_pump(w, &w->backends[b], now, fx, err);
    return r;
}

az_ms az_work_deadline(const struct az_work *w)
{
    az_ms at = az_heap_first(&w->waiting);
    for (size_t b = 0; b < w->n_backends; b++)
        at = AZ_MIN(at, w->backends[b].wake);
    return at;
}

void az_work_stop(struct az_work *w)
{
    w->stopping = true;
}

size_t az_work_under_way(const struct az_work *w)
{
    return w->under_way;
}
