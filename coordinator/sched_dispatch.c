/* Who gets which question now: credit, stopped backends, money. */
#include "coordinator/sched_state.h"
#include "core/price.h"
#include "policies/policy.h"

enum { BATCH_QUESTIONS = 256, BATCH_BYTES = 1 << 20, UNAFFORDABLE_MAX = 16 };

static struct backend_queue *queue_of(struct az_sched *s, const struct ask *a)
{
    int backend = s->panel->judges[a->key.judge].backend_at;
    az_assert(backend >= 0 && (size_t)backend < s->panel->n_backends);
    return &s->queues[backend];
}

void queue_push(struct az_sched *s, struct ask *a)
{
    struct backend_queue *q = queue_of(s, a);
    if (q->stopped) {
        ask_block(a);
        return;
    }
    a->state = ASK_QUEUED;
    a->entry->queued++;
    a->next = NULL;
    a->prev = q->tail;
    *(q->tail ? &q->tail->next : &q->head) = a;
    q->tail = a;
}

/* What was begun goes on before anything new is begun: money and time that went
 * into it are lost if the budget or the item's time end first. */
void queue_return(struct az_sched *s, struct ask *a)
{
    struct backend_queue *q = queue_of(s, a);
    if (q->stopped) {
        ask_block(a);
        return;
    }
    a->state = ASK_QUEUED;
    a->entry->queued++;
    a->prev = NULL;
    a->next = q->head;
    *(q->head ? &q->head->prev : &q->tail) = a;
    q->head = a;
}

void queue_remove(struct az_sched *s, struct ask *a)
{
    struct backend_queue *q = queue_of(s, a);
    *(a->prev ? &a->prev->next : &q->head) = a->next;
    *(a->next ? &a->next->prev : &q->tail) = a->prev;
    a->next = a->prev = NULL;
    a->state = ASK_ENDED;
    a->entry->queued--;
}

void ask_block(struct ask *a)
{
    a->state = ASK_BLOCKED;
    a->entry->blocked++;
}

static void queue_block_all(struct az_sched *s, struct backend_queue *q)
{
    for (struct ask *a; (a = q->head);) {
        queue_remove(s, a);
        ask_block(a);
        entry_settle(s, a->entry);
    }
}

/* The worst that this lease can cost. */
static az_nusd worst_case(const struct az_sched *s, const struct ask *a, const struct az_view *view)
{
    const struct az_judge *judge = &s->panel->judges[a->key.judge];
    if (!judge->price.known)
        return 0;
    int64_t bytes = az_nusd_add(az_prompter_bytes_bound(s->prompter, &a->key, a->entry->item, view),
                                az_prompter_again_bound(s->prompter, a->mistake, a->said));
    int64_t room = judge->max_tokens;
    if (a->mistake == AZ_BE_LENGTH)
        room *= AZ_MORE_ROOM;
    return az_price_worst(&judge->price, bytes, room);
}

static int ledger_raise(struct az_sched *s, az_nusd worst, struct az_effects *fx)
{
    if (s->raise_ticket || s->raise_unsubmitted)
        return 0; /* one is on its way */
    struct az_effect *x = az_effects_add(fx, AZ_FX_LEDGER);
    if (!x)
        return AZ_ENOMEM;
    s->raise_to = az_budget_raise(&s->budget, worst);
    s->raise_unsubmitted = true;
    x->ledger.settled = s->budget.settled;
    x->ledger.ceiling = s->raise_to;
    return 0;
}

enum { AFFORD_WAIT, AFFORD_SEND, AFFORD_NEVER };

/* One of the above: its queue waits, it is sent, or it will never fit. */
static int ask_afford(struct az_sched *s, struct ask *a, az_nusd worst, struct az_effects *fx)
{
    s->cheapest = worst ? AZ_MIN(s->cheapest, worst) : s->cheapest;
    switch (az_budget_reserve(&s->budget, worst)) {
    case AZ_BUDGET_GRANTED:
        a->reserved = worst;
        s->ledger_dirty = s->ledger_dirty || worst;
        return AFFORD_SEND;
    case AZ_BUDGET_RAISE:
        return ledger_raise(s, worst, fx);
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
static void entry_unaffordable(struct az_sched *s, struct entry *e)
{
    int64_t decided = s->counts.decided + s->counts.abstained + s->counts.failed;
    if (!s->counts.unaffordable++)
        s->decided_before = decided;
    if (s->budget.limit - AZ_MIN(s->budget.settled, s->budget.limit) < s->cheapest ||
        (s->counts.unaffordable >= UNAFFORDABLE_MAX &&
         s->counts.unaffordable > decided - s->decided_before))
        s->broke = true;
    for (size_t i = 0; i < e->n_asks; i++) {
        if (e->asks[i]->state != ASK_QUEUED)
            continue;
        queue_remove(s, e->asks[i]);
        ask_block(e->asks[i]);
    }
    entry_settle(s, e);
}

/* A new message; *at is its place among the effects (the vector may move). */
static int batch_open(struct az_sched *s, int peer, struct az_effects *fx, size_t *at)
{
    struct az_effect *x = az_effects_add(fx, AZ_FX_SEND);
    if (!x)
        return AZ_ENOMEM;
    *at = fx->n - 1;
    s->batch++;
    x->send.peer = peer;
    x->send.msg.kind = AZ_MSG_QUESTIONS;
    x->send.msg.questions.items =
        az_arena_zalloc(fx->arena, BATCH_QUESTIONS * sizeof(struct az_item *));
    x->send.msg.questions.v =
        az_arena_zalloc(fx->arena, BATCH_QUESTIONS * sizeof(struct az_msg_question));
    return x->send.msg.questions.items && x->send.msg.questions.v ? 0 : AZ_ENOMEM;
}

/* Returns the bytes that it adds, with the item's when it was new to the message. */
static size_t batch_put(struct az_sched *s, struct az_msg *msg, struct ask *a,
                        const struct az_view *view)
{
    struct entry *e = a->entry;
    size_t bytes = a->said.n;
    for (size_t i = 0; i < view->n; i++)
        bytes += view->seen[i].rationale.n;
    if (e->batch != s->batch) {
        e->batch = s->batch;
        e->batch_item = (uint32_t)msg->questions.n_items;
        msg->questions.items[msg->questions.n_items++] = e->item;
        bytes += az_arena_bytes(e->item->arena);
    }
    msg->questions.v[msg->questions.n++] = (struct az_msg_question){
        .key = a->key,
        .item = e->batch_item,
        .view = *view,
        .attempts = a->attempts,
        .grant = s->budget.limit == AZ_NUSD_MAX ? AZ_NUSD_MAX : a->reserved,
        .mistake = a->mistake,
        .said = a->said,
    };
    return bytes;
}

static int view_of(struct az_sched *s, struct ask *a, struct az_effects *fx, struct az_view *view)
{
    *view = (struct az_view){0};
    if (a->key.round <= 1)
        return 0;
    struct az_fold fold = {.panel = s->panel,
                           .item = a->entry->item,
                           .ballots = {a->entry->ballots, a->entry->n_ballots},
                           .arena = fx->arena};
    return az_policy_view(&fold, &a->key, view);
}

/* Send from one queue to one peer until credit, queue or money ends. */
static int dispatch_queue(struct az_sched *s, int peer, size_t backend, az_ms now,
                          struct az_effects *fx)
{
    struct backend_queue *q = &s->queues[backend];
    uint32_t *credit = &s->peers[peer].credit[backend];
    size_t at = 0, bytes = 0, in_batch = BATCH_QUESTIONS;
    while (*credit && q->head) {
        struct ask *a = q->head;
        struct az_view view;
        if (view_of(s, a, fx, &view) < 0)
            return AZ_ENOMEM;
        int r = ask_afford(s, a, worst_case(s, a, &view), fx);
        if (r == AFFORD_NEVER) {
            entry_unaffordable(s, a->entry);
            continue;
        }
        if (r <= 0)
            return r;
        if (in_batch == BATCH_QUESTIONS || bytes > BATCH_BYTES) {
            if (batch_open(s, peer, fx, &at) < 0)
                return AZ_ENOMEM;
            in_batch = bytes = 0;
        }
        bytes += batch_put(s, &fx->v[at].send.msg, a, &view);
        in_batch++;
        queue_remove(s, a);
        a->state = ASK_SENT;
        a->peer = peer;
        a->entry->sent++;
        entry_asked(s, a->entry, now);
        s->counts.sent++;
        s->judges[a->key.judge].asked++;
        --*credit;
    }
    return 0;
}

int sched_dispatch(struct az_sched *s, az_ms now, struct az_effects *fx, struct az_error *err)
{
    for (size_t b = 0; b < s->panel->n_backends; b++) {
        struct backend_queue *q = &s->queues[b];
        if (q->stopped)
            queue_block_all(s, q);
        for (size_t p = 0; p < s->n_peers && q->head && !s->stopping; p++) {
            if (s->peers[p].live && dispatch_queue(s, (int)p, b, now, fx) < 0)
                return az_oom(err);
        }
    }
    /* What costs money and does not fit will never fit: its items stay open. */
    for (size_t b = 0; b < s->panel->n_backends && s->broke; b++)
        queue_block_all(s, &s->queues[b]);
    return 0;
}
