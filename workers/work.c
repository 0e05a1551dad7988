#include "workers/work.h"

#include "core/mem.h"
#include "workers/lexical/lexical.h"
#include "workers/retry.h"
#include "workers/work_state.h"

enum {
    SLOTS_START = 16, /* calls under way, where nobody said how many */
    SLOTS_CEILING = 256,
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
    b->slots = backend->slots;
    b->slots_stated = backend->slots;
    b->rpm = backend->rpm;
    b->tpm = backend->tpm;
    b->models = az_zalloc(AZ_MAX(backend->n_models, (size_t)1) * sizeof(*b->models));
    if (!b->models)
        return az_oom(err);
    for (size_t m = 0; m < backend->n_models; m++)
        b->models[m] = az_str(backend->models[m]);
    if (az_backend_is_local(backend))
        return 0;

    b->kind = az_backend_kind_find(backend->kind);
    if (!b->kind)
        return az_fail(err, AZ_EINVAL, "backend '%s': no kind '%s'", backend->name, backend->kind);
    b->urls = az_zalloc(AZ_MAX(backend->n_urls, (size_t)1) * sizeof(*b->urls));
    if (!b->urls)
        return az_oom(err);
    b->slots = backend->slots ? backend->slots : SLOTS_CEILING;
    if (w->config.slots)
        b->slots = AZ_MIN(b->slots, w->config.slots);
    int start = backend->slots ? b->slots : AZ_MIN(b->slots, SLOTS_START);
    az_window_init(&b->window, start, b->slots);
    az_limit_init(&b->limit, backend->rpm, backend->tpm, 0);
    breaker_reset(b);
    return 0;
}

int az_work_new(const struct az_work_config *config, struct az_work **ret, struct az_error *err)
{
    AZ_AUTO(work) w = az_zalloc(sizeof(*w));
    if (!w)
        return az_oom(err);
    w->config = *config;
    w->rng = az_rng(config->seed);
    w->lease_until = INT64_MAX;
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
    for (size_t b = 0; w->backends && b < w->config.n_backends; b++) {
        free(w->backends[b].urls);
        free(w->backends[b].models);
    }
    free(w->backends);
    for (size_t i = 0; i < w->n_learnt; i++)
        free(w->learnt[i].model);
    free(w->learnt);
    for (size_t i = 0; i < w->n_panels; i++)
        panel_free(w->panels[i]);
    free(w->panels);
    az_heap_release(&w->waiting);
    free(w);
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
                ? az_recorded_find(c->backend->recorded, c->ask.panel, &c->ask.key, c->item->item,
                                   fx->arena, &ballot)
                : az_lexical_judge(c->ask.panel, &c->ask.key, c->item->item, fx->arena, &ballot);
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
    if (q->attempts && q->grant != AZ_NUSD_MAX && !q->calls && !c->asked_again) {
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

/* The question as it came; borrowed from the message until take_question(). */
static struct work_call *question_call(struct az_work *w, struct work_panel *p,
                                       const struct az_msg_question *q, struct shared_item *item)
{
    struct work_call *c = call_new(w);
    if (!c)
        return NULL;
    c->panel = p;
    p->held++;
    c->backend = p->of_judge[q->key.judge];
    c->item = item;
    item->refs++;
    c->mistake = q->mistake;
    c->asked_again = q->mistake != AZ_BE_NONE;
    c->grant = q->grant;
    c->calls_max = q->calls;
    c->attempts_before = q->attempts;
    c->ask = (struct az_ask){.panel = p->panel,
                             .backend = c->backend->backend,
                             .judge = &p->panel->judges[q->key.judge],
                             .item = item->item,
                             .key = q->key,
                             .prompt = &c->prompt,
                             .said = q->said};
    return c;
}

static int on_question(struct az_work *w, const struct az_msg_question *q,
                       struct shared_item **items, size_t n_items, az_ms now, struct az_wfxs *fx,
                       struct az_error *err)
{
    struct work_panel *p = panel_find(w, q->panel);
    if (!p)
        return az_fail(err, AZ_EPROTO, "a question about panel %u, which is not here", q->panel);
    if (!p->panel) /* whoever asks will be told, and asks somebody else */
        return 0;
    if ((size_t)q->key.judge >= p->panel->n_judges || q->item >= n_items)
        return az_fail(err, AZ_EPROTO, "a question to judge %d about item %u of %zu", q->key.judge,
                       q->item, n_items);
    if (!p->of_judge[q->key.judge])
        return az_fail(err, AZ_EPROTO, "a question to judge '%s': this worker has no backend '%s'",
                       p->panel->judges[q->key.judge].name, p->panel->judges[q->key.judge].backend);
    struct work_call *c = question_call(w, p, q, items[q->item]);
    if (!c)
        return az_oom(err);
    if (call_wanted_back(w, c))
        return give_back(w, c, fx) < 0 ? az_oom(err) : 0;
    return take_question(w, c, q, now, fx, err);
}

int az_work_on_questions(struct az_work *w, struct az_msg *msg, az_ms now, struct az_wfxs *fx,
                         struct az_error *err)
{
    size_t n_items = msg->questions.n_items;
    lease_look(w, now);
    struct shared_item **shared = share_items(msg, fx->arena);
    if (!shared)
        return az_oom(err);
    int r = 0;
    for (size_t i = 0; i < msg->questions.n && r == 0; i++)
        r = on_question(w, &msg->questions.v[i], shared, n_items, now, fx, err);
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
    lease_look(w, now);
    int r = reply.p ? call_on_cached(w, c, reply, fx, err) : 0;
    if (r != 0)
        return AZ_MIN(r, 0);
    if (call_wanted_back(w, c))
        return give_back(w, c, fx) < 0 ? az_oom(err) : 0;
    ready_push(c);
    return backend_pump(w, b, now, fx, err);
}

int az_work_on_response(struct az_work *w, struct work_call *c, const struct az_call_result *result,
                        az_ms now, int64_t now_wall_ms, struct az_wfxs *fx, struct az_error *err)
{
    struct work_backend *b = c->backend;
    az_assert(c->state == CALL_OUT);
    lease_look(w, now);
    b->urls[c->url].busy--;
    b->urls[c->url].away_until = result->end == AZ_CALL_CONNECT ? now + URL_AWAY_MS : 0;
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
    lease_look(w, now);
    for (struct work_call *c; r == 0 && (c = az_heap_pop(&w->waiting, now));) {
        if (!c->backend->kind)
            r = answer_local(w, c, fx, err);
        else if (!call_has_calls(c) || call_wanted_back(w, c))
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

size_t az_work_held(const struct az_work *w)
{
    return w->held;
}

size_t az_work_under_way(const struct az_work *w)
{
    return w->under_way;
}
