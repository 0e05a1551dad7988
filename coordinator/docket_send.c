/* A job's questions to one peer: its queues, its money, the messages. */
#include "coordinator/sched_state.h"
#include "core/plant.h"
#include "core/price.h"
#include "policies/policy.h"

enum { BATCH_QUESTIONS = 256, BATCH_BYTES = 1 << 20, UNAFFORDABLE_MAX = 16 };

/* ---- queues ---- */

static struct queue *queue_of(const struct ask *a)
{
    struct az_docket *d = a->entry->docket;
    int backend = d->panel->judges[a->key.judge].backend_at;
    az_assert(backend >= 0 && (size_t)backend < d->panel->n_backends);
    return &d->queues[backend];
}

/* Its turn comes beside those of other jobs, with no arrears from when it had
 * nothing to ask. False: the backend has stopped. */
static bool queue_enter(struct az_docket *d, struct queue *q, struct ask *a)
{
    struct backend *b = &d->sched->backends[q->backend];
    if (b->stopped) {
        docket_backend_stopped(d, q->backend);
        ask_block(a);
        return false;
    }
    if (!q->head)
        q->pass = AZ_MAX(q->pass, b->pass);
    b->queued++;
    d->counts.queued++;
    a->state = ASK_QUEUED;
    a->entry->queued++;
    return true;
}

void queue_push(struct ask *a)
{
    struct queue *q = queue_of(a);
    if (!queue_enter(a->entry->docket, q, a))
        return;
    a->next = NULL;
    a->prev = q->tail;
    *(q->tail ? &q->tail->next : &q->head) = a;
    q->tail = a;
}

/* What was begun goes on before anything new is begun: money and time that went
 * into it are lost if the budget or the item's time end first. */
void queue_return(struct ask *a)
{
    struct queue *q = queue_of(a);
    if (!queue_enter(a->entry->docket, q, a))
        return;
    a->prev = NULL;
    a->next = q->head;
    *(q->head ? &q->head->prev : &q->tail) = a;
    q->head = a;
}

void queue_remove(struct ask *a)
{
    struct queue *q = queue_of(a);
    struct az_docket *d = a->entry->docket;
    *(a->prev ? &a->prev->next : &q->head) = a->next;
    *(a->next ? &a->next->prev : &q->tail) = a->prev;
    a->next = a->prev = NULL;
    a->state = ASK_ENDED;
    a->entry->queued--;
    d->counts.queued--;
    d->sched->backends[q->backend].queued--;
}

void ask_block(struct ask *a)
{
    a->state = ASK_BLOCKED;
    a->entry->blocked++;
}

void queue_block_all(struct az_docket *d, struct queue *q)
{
    for (struct ask *a; (a = q->head);) {
        queue_remove(a);
        ask_block(a);
        entry_settle(a->entry);
    }
}

/* ---- money ---- */

static int64_t bytes_bound(const struct az_docket *d, const struct ask *a,
                           const struct az_view *view)
{
    return az_nusd_add(az_prompter_bytes_bound(d->prompter, &a->key, a->entry->item, view),
                       az_prompter_again_bound(d->prompter, a->mistake, a->said));
}

static int64_t tokens_out(const struct az_judge *judge, const struct ask *a)
{
    return (int64_t)judge->max_tokens * (a->mistake == AZ_BE_LENGTH ? AZ_MORE_ROOM : 1);
}

/* The worst that this lease can cost. */
static az_nusd worst_case(const struct az_docket *d, const struct ask *a,
                          const struct az_view *view)
{
    const struct az_judge *judge = &d->panel->judges[a->key.judge];
    if (!judge->price.known)
        return 0;
    return az_price_worst(&judge->price, bytes_bound(d, a, view), tokens_out(judge, a));
}

/* Tokens as a provider counts them against its limit. */
static int64_t tokens_estimate(const struct az_docket *d, const struct ask *a,
                               const struct az_view *view)
{
    return bytes_bound(d, a, view) / 4 + tokens_out(&d->panel->judges[a->key.judge], a);
}

static int ledger_raise(struct az_docket *d, az_nusd worst, struct az_effects *fx)
{
    if (d->raise_ticket || d->raise_unsubmitted)
        return 0; /* one is on its way */
    struct az_effect *x = az_effects_add(fx, AZ_FX_LEDGER, d->config.job);
    if (!x)
        return AZ_ENOMEM;
    d->raise_to = az_budget_raise(&d->budget, worst);
    d->raise_unsubmitted = true;
    x->ledger.settled = d->budget.settled;
    x->ledger.ceiling = d->raise_to;
    return 0;
}

enum { AFFORD_WAIT, AFFORD_SEND, AFFORD_NEVER };

/* One of the above: its queue waits, it is sent, or it will never fit. */
static int ask_afford(struct az_docket *d, az_nusd worst, struct az_effects *fx)
{
    d->cheapest = worst ? AZ_MIN(d->cheapest, worst) : d->cheapest;
    switch (az_budget_reserve(&d->budget, worst)) {
    case AZ_BUDGET_GRANTED:
        d->ledger_dirty = d->ledger_dirty || worst;
        return AFFORD_SEND;
    case AZ_BUDGET_RAISE:
        return ledger_raise(d, worst, fx);
    case AZ_BUDGET_WAIT:
        return AFFORD_WAIT;
    case AZ_BUDGET_SPENT:
        return AFFORD_NEVER;
    }
    return AFFORD_WAIT;
}

/* An item with a question that will never fit stays open, and nobody is paid for
 * its other questions. One huge item is not the end of the budget; many, beside
 * few that still get a verdict, are, and so is a rest too small for any question. */
static void entry_unaffordable(struct entry *e)
{
    struct az_docket *d = e->docket;
    int64_t decided = d->counts.decided + d->counts.abstained + d->counts.failed;
    if (!d->counts.unaffordable++)
        d->decided_before = decided;
    if (d->budget.limit - AZ_MIN(d->budget.settled, d->budget.limit) < d->cheapest ||
        (d->counts.unaffordable >= UNAFFORDABLE_MAX &&
         d->counts.unaffordable > decided - d->decided_before))
        d->broke = true;
    for (size_t i = 0; i < e->n_asks; i++) {
        if (e->asks[i]->state != ASK_QUEUED)
            continue;
        queue_remove(e->asks[i]);
        ask_block(e->asks[i]);
    }
    entry_settle(e);
}

int az_docket_ledger(struct az_docket *d, struct az_effects *fx, struct az_error *err)
{
    struct az_effect *x = az_effects_add(fx, AZ_FX_LEDGER, d->config.job);
    if (!x)
        return az_oom(err);
    d->ledger_dirty = false;
    x->ledger.settled = x->ledger.ceiling = az_nusd_add(d->budget.settled, d->budget.reserved);
    return 0;
}

int az_sched_ledgers(struct az_sched *s, struct az_effects *fx, struct az_error *err)
{
    for (size_t i = 0; i < s->n_dockets; i++) {
        struct az_docket *d = s->dockets[i];
        if (!d->ledger_dirty)
            continue;
        struct az_effect *x = az_effects_add(fx, AZ_FX_LEDGER, d->config.job);
        if (!x)
            return az_oom(err);
        d->ledger_dirty = false;
        x->ledger.settled = d->budget.settled;
        /* A call that cost more than its worst case may have passed what was asked. */
        az_nusd held = az_nusd_add(d->budget.settled, d->budget.reserved);
        x->ledger.ceiling = d->budget.limit == AZ_NUSD_MAX ? held : AZ_MAX(held, d->budget.asked);
        if (AZ_PLANTED(AZ_PLANT_FORGOTTEN))
            x->ledger.ceiling = d->budget.settled;
    }
    return 0;
}

/* ---- messages ---- */

/* The peer's message that takes one more question: the last one, or a new one. A
 * panel that goes out meanwhile begins a new one, for it comes before. */
static struct az_msg *batch_of(struct az_docket *d, int peer, struct az_effects *fx)
{
    struct peer *p = &d->sched->peers[peer];
    uint64_t bit = 1ull << (peer % 64);
    bool knows = d->knows[peer / 64] & bit;
    if (!knows) {
        struct az_effect *x = az_effects_add(fx, AZ_FX_PANEL, d->config.job);
        if (!x)
            return NULL;
        x->panel.peer = peer;
        x->panel.number = d->config.number;
        d->knows[peer / 64] |= bit;
    }
    if (knows && p->batch && p->batch_turn == fx->turn && p->batch_n < BATCH_QUESTIONS &&
        p->batch_bytes <= BATCH_BYTES)
        return &fx->v[p->batch_at].send.msg;

    struct az_effect *x = az_effects_add(fx, AZ_FX_SEND, NULL);
    if (!x)
        return NULL;
    x->send.peer = peer;
    x->send.msg.kind = AZ_MSG_QUESTIONS;
    x->send.msg.questions.v =
        az_arena_zalloc(fx->arena, BATCH_QUESTIONS * sizeof(struct az_msg_question));
    x->send.msg.questions.items =
        az_arena_zalloc(fx->arena, BATCH_QUESTIONS * sizeof(struct az_item *));
    if (!x->send.msg.questions.v || !x->send.msg.questions.items)
        return NULL;
    p->batch = ++d->sched->batches;
    p->batch_turn = fx->turn;
    p->batch_at = fx->n - 1;
    p->batch_n = p->batch_bytes = 0;
    return &x->send.msg;
}

/* `beside`: calls that others have under way for it. */
/* Calls that may be made for it in this lease, 0 = all: the shared limits of an
 * account are counted by question, and where a second worker may be asked, one
 * attempt is left for it. */
static uint32_t calls_of(const struct az_docket *d, const struct ask *a,
                         const struct az_lease *lease, int beside)
{
    if (beside || lease->tokens >= 0)
        return 1;
    int left = d->panel->limits.attempts - a->attempts - 1;
    return d->panel->limits.hedge ? (uint32_t)AZ_MAX(left, 1) : 0;
}

static void batch_put(struct az_docket *d, struct az_msg *msg, struct ask *a,
                      const struct az_view *view, const struct az_lease *lease, int beside)
{
    struct entry *e = a->entry;
    struct peer *p = &d->sched->peers[lease->peer];
    if (e->batch != p->batch) {
        e->batch = p->batch;
        e->batch_item = (uint32_t)msg->questions.n_items;
        msg->questions.items[msg->questions.n_items++] = e->item;
        p->batch_bytes += az_arena_bytes(e->item->arena);
    }
    msg->questions.v[msg->questions.n++] = (struct az_msg_question){
        .key = a->key,
        .panel = d->config.number,
        .item = e->batch_item,
        .view = *view,
        .attempts = a->attempts + beside,
        .calls = calls_of(d, a, lease, beside),
        .grant = d->budget.limit == AZ_NUSD_MAX ? AZ_NUSD_MAX : lease->reserved,
        .mistake = a->mistake,
        .said = a->said,
    };
    p->batch_n++;
    for (size_t i = 0; i < view->n; i++)
        p->batch_bytes += view->seen[i].rationale.n;
}

static int view_of(struct az_docket *d, struct ask *a, struct az_effects *fx, struct az_view *view)
{
    *view = (struct az_view){0};
    if (a->key.round <= 1)
        return 0;
    struct az_fold fold = {.panel = d->panel,
                           .item = a->entry->item,
                           .ballots = {a->entry->ballots, a->entry->n_ballots},
                           .arena = fx->arena};
    return az_policy_view(&fold, &a->key, view);
}

static struct az_lease *lease_new(struct az_docket *d, struct queue *q, int peer, struct ask *a,
                                  az_ms now)
{
    struct az_sched *s = d->sched;
    struct az_lease *l = az_lease_grant(&s->leases, peer, d->config.number, &a->key);
    if (!l)
        return NULL;
    l->docket = d;
    l->ask = a;
    l->attempts = a->attempts;
    l->of_ask = a->leases;
    a->leases = l;
    l->backend = q->backend;
    l->since = now;
    s->peers[peer].offers[q->backend].held++;
    return l;
}

static int ask_send(struct az_docket *d, struct queue *q, int peer, struct ask *a,
                    const struct az_view *view, az_nusd worst, int64_t tokens, az_ms now,
                    struct az_effects *fx)
{
    struct az_msg *msg = batch_of(d, peer, fx);
    struct az_lease *lease = msg ? lease_new(d, q, peer, a, now) : NULL;
    if (!lease)
        return AZ_ENOMEM;
    lease->reserved = worst;
    lease->tokens = tokens;
    batch_put(d, msg, a, view, lease, 0);
    hedge_watch(d->sched, lease);
    queue_remove(a);
    a->state = ASK_SENT;
    a->entry->homes[q - d->queues] = peer + 1; /* 0: nobody */
    a->entry->sent++;
    entry_asked(a->entry, now);
    d->counts.sent++;
    d->judges[a->key.judge].asked++;
    return 0;
}

int ask_hedge(struct az_docket *d, struct ask *a, int peer, az_ms now, struct az_effects *fx)
{
    struct az_sched *s = d->sched;
    struct queue *q = queue_of(a);
    const struct offer *o = &s->peers[peer].offers[q->backend];
    struct az_limit *limit = o->group >= 0 ? &s->groups[o->group].limit : NULL;
    struct az_view view;
    if (a->attempts + 1 >= d->panel->limits.attempts ||
        az_lease_find(&s->leases, peer, d->config.number, &a->key))
        return 0;
    if (view_of(d, a, fx, &view) < 0)
        return AZ_ENOMEM;
    int64_t tokens = limit ? tokens_estimate(d, a, &view) : -1;
    az_nusd worst = worst_case(d, a, &view);
    if (limit && az_limit_wait(limit, tokens, now) > 0)
        return 0;
    int r = ask_afford(d, worst, fx);
    if (r != AFFORD_SEND)
        return AZ_MIN(r, 0);
    if (limit && !AZ_PLANTED(AZ_PLANT_HEDGE_FREE))
        (void)az_limit_reserve(limit, tokens, now);
    struct az_msg *msg = batch_of(d, peer, fx);
    struct az_lease *lease = msg ? lease_new(d, q, peer, a, now) : NULL;
    if (!lease)
        return AZ_ENOMEM;
    lease->reserved = worst;
    lease->tokens = tokens;
    lease->hedged = true;
    batch_put(d, msg, a, &view, lease, 1);
    d->counts.sent++;
    d->counts.hedged++;
    return 1;
}

/* Where all workers are full, whoever has room first would get the head of the queue,
 * and every prompt be computed on each of their servers. So it gets what it knows,
 * else what nobody knows yet, from not too far behind; and the head is passed over so
 * often at the most, for the worker that knows it may be a slow one. */
enum { LOOK_BEHIND = 32, PASSED_OVER_MAX = 32 };

static bool known_elsewhere(const struct az_sched *s, const struct queue *q, const struct ask *a,
                            int peer)
{
    int home = entry_knower(a->entry, q);
    return home >= 0 && home != peer && peer_may_be_asked(&s->peers[home], q->backend) &&
           !peer_is_unfit(a->entry->docket, (size_t)home);
}

static struct ask *queue_pick(const struct az_sched *s, struct queue *q, int peer)
{
    if (q->passed_over >= PASSED_OVER_MAX || !known_elsewhere(s, q, q->head, peer)) {
        q->passed_over = 0;
        return q->head;
    }
    struct ask *fresh = NULL, *a = q->head->next;
    for (int i = 0; i < LOOK_BEHIND && a && entry_knower(a->entry, q) != peer; i++, a = a->next) {
        if (!fresh && !known_elsewhere(s, q, a, peer))
            fresh = a;
    }
    struct ask *best = a && entry_knower(a->entry, q) == peer ? a : fresh;
    q->passed_over = best ? q->passed_over + 1 : 0;
    return best ? best : q->head;
}

int queue_send(struct az_docket *d, struct queue *q, int peer, uint32_t max, struct az_limit *limit,
               az_ms now, struct az_effects *fx, uint32_t *sent)
{
    struct az_sched *s = d->sched;
    *sent = 0;
    while (q->head) {
        if (*sent >= max)
            return SEND_MORE;
        struct ask *a = queue_pick(s, q, peer);
        int home = entry_home(s, a->entry, q);
        if (*sent && home >= 0 && home != peer)
            return SEND_MORE; /* its turn comes, at the worker that knows it */
        if (d->config.under_way_max && d->counts.sent >= d->config.under_way_max)
            return SEND_FULL;
        if (az_lease_find(&s->leases, peer, d->config.number, &a->key))
            return SEND_HELD;
        struct az_view view;
        if (view_of(d, a, fx, &view) < 0)
            return AZ_ENOMEM;
        int64_t tokens = limit ? tokens_estimate(d, a, &view) : -1;
        az_ms wait = limit ? az_limit_wait(limit, tokens, now) : 0;
        if (wait > 0) {
            s->wake = AZ_MIN(s->wake, now + wait);
            return SEND_NO_LIMIT;
        }
        az_nusd worst = worst_case(d, a, &view);
        int r = ask_afford(d, worst, fx);
        if (r == AFFORD_NEVER) {
            entry_unaffordable(a->entry);
            continue;
        }
        if (r <= 0)
            return r < 0 ? r : SEND_NO_MONEY;
        if (limit)
            (void)az_limit_reserve(limit, tokens, now);
        if (ask_send(d, q, peer, a, &view, worst, tokens, now, fx) < 0)
            return AZ_ENOMEM;
        ++*sent;
    }
    return SEND_EMPTY;
}
