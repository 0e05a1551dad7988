#include "coordinator/sched.h"

#include "coordinator/sched_state.h"
#include "core/mem.h"
#include "policies/policy.h"

void fifo_init(struct fifo *f)
{
    f->head = NULL;
    f->tail = &f->head;
}

void fifo_push(struct fifo *f, struct entry *e)
{
    e->next = NULL;
    *f->tail = e;
    f->tail = &e->next;
}

struct entry *fifo_pop(struct fifo *f)
{
    struct entry *e = f->head;
    if (e) {
        f->head = e->next;
        if (!f->head)
            f->tail = &f->head;
    }
    return e;
}

int az_sched_new(const struct az_sched_config *config, struct az_sched **ret, struct az_error *err)
{
    AZ_AUTO(sched) s = az_zalloc(sizeof(*s));
    if (!s)
        return az_oom(err);
    const struct az_panel *panel = config->panel;
    s->config = *config;
    s->panel = panel;
    s->budget = az_budget(panel->limits.has_usd ? panel->limits.usd : AZ_NUSD_MAX, config->spent);
    s->cheapest = AZ_NUSD_MAX;
    fifo_init(&s->committing);
    fifo_init(&s->done);
    s->queues = az_zalloc(panel->n_backends * sizeof(*s->queues));
    s->judges = az_zalloc(panel->n_judges * sizeof(*s->judges));
    s->peers = az_zalloc(AZ_PEERS_MAX * sizeof(*s->peers));
    if (!s->queues || !s->judges || !s->peers)
        return az_oom(err);
    int r = az_prompter_new(panel, &s->prompter, err);
    if (r < 0)
        return r;
    *ret = AZ_TAKE(s);
    return 0;
}

void az_sched_free(struct az_sched *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->entries.cap; i++)
        entry_free(s->entries.slots[i].value);
    for (struct entry *e; s->done.tail && (e = fifo_pop(&s->done));)
        entry_free(e);
    entry_free(s->out);
    az_map_release(&s->entries);
    for (size_t p = 0; s->peers && p < s->n_peers; p++)
        free(s->peers[p].credit);
    az_prompter_free(s->prompter);
    free(s->peers);
    free(s->queues);
    free(s->orphans);
    free(s->judges);
    free(s);
}

bool az_sched_room(const struct az_sched *s)
{
    return !s->stopping && !s->broke && !s->stopped && s->entries.n < s->config.window_items &&
           s->bytes < s->config.window_bytes;
}

/* ---- events ---- */

int az_sched_add(struct az_sched *s, struct az_item *item, struct az_ballots ballots, az_ms now,
                 struct az_effects *fx, struct az_error *err)
{
    struct az_arena *arena = az_arena_new(1024);
    struct entry *e = arena ? az_arena_zalloc(arena, sizeof(*e)) : NULL;
    if (!e) {
        az_arena_free(arena);
        az_item_free(item);
        return az_oom(err);
    }
    e->arena = arena;
    e->item = item;
    if (az_map_put(&s->entries, item->seq, e) < 0) {
        entry_free(e);
        return az_oom(err);
    }
    s->bytes += az_arena_bytes(item->arena);
    s->counts.added++;
    for (size_t i = 0; i < ballots.n; i++) {
        if (ballot_add(e, &ballots.v[i]) < 0)
            return az_oom(err);
    }
    int r = entry_fold(s, e, fx, err);
    return r < 0 ? r : sched_dispatch(s, now, fx, err);
}

int az_sched_on_credit(struct az_sched *s, int peer, const struct az_credits *credits, az_ms now,
                       struct az_effects *fx, struct az_error *err)
{
    az_assert(peer >= 0 && peer < AZ_PEERS_MAX);
    struct peer *p = &s->peers[peer];
    if (!p->credit) {
        p->credit = az_zalloc(s->panel->n_backends * sizeof(*p->credit));
        if (!p->credit)
            return az_oom(err);
    }
    p->live = true;
    s->n_peers = AZ_MAX(s->n_peers, (size_t)peer + 1);
    for (size_t i = 0; i < credits->n; i++) {
        for (size_t b = 0; b < s->panel->n_backends; b++) {
            if (az_str_eqz(credits->v[i].backend, s->panel->backends[b].name))
                p->credit[b] += AZ_MIN(credits->v[i].credit, UINT32_MAX - p->credit[b]);
        }
    }
    return sched_dispatch(s, now, fx, err);
}

static void judge_count(struct az_sched *s, const struct az_ballot *b)
{
    struct az_judge_count *j = &s->judges[b->key.judge];
    j->ballots++;
    s->counts.made += b->attempts;
    s->counts.cached += b->cached;
    s->counts.retried += b->attempts > 1 ? b->attempts - 1 : 0;
    if (!b->error)
        return;
    j->errors++;
    j->last_error = b->error;
    snprintf(j->last_text, sizeof(j->last_text), AZ_STR_FMT, AZ_STR_ARG(b->error_text));
}

/* The lease ended without a ballot; the question waits for its next turn, unless
 * its item has been decided meanwhile. */
static int ask_again(struct az_sched *s, struct ask *a, const struct az_msg_answer *answer)
{
    a->attempts += answer->ballot.attempts;
    a->spent = az_nusd_add(a->spent, answer->ballot.cost);
    if (a->entry->state == ENTRY_COMMITTING_VERDICT) {
        a->state = ASK_ENDED;
        return 0;
    }
    a->mistake =
        az_ballot_error_asks_again(answer->ballot.error) ? answer->ballot.error : AZ_BE_NONE;
    a->said = (struct az_str){0};
    if (answer->said.p) {
        a->said = az_arena_str(a->entry->arena, answer->said);
        if (!a->said.p)
            return AZ_ENOMEM;
    }
    queue_return(s, a);
    return 0;
}

/* It waits for one more ballot to be durable: its turn comes after all others'. */
static void committing_requeue(struct az_sched *s, struct entry *e)
{
    struct entry **at = &s->committing.head;
    while (*at != e)
        at = &(*at)->next;
    *at = e->next;
    if (!e->next)
        s->committing.tail = at;
    e->ticket = 0;
    fifo_push(&s->committing, e);
}

static int ask_end(struct az_sched *s, struct ask *a, const struct az_ballot *ballot,
                   struct az_effects *fx)
{
    struct entry *e = a->entry;
    struct az_ballot whole = *ballot;
    whole.attempts += a->attempts;
    whole.cost = az_nusd_add(whole.cost, a->spent);
    a->state = ASK_ENDED;
    judge_count(s, &whole);
    if (e->state == ENTRY_COMMITTING_VERDICT) { /* paid for, and too late to count */
        struct az_ballot *late = az_arena_zalloc(fx->arena, sizeof(*late));
        struct az_effect *x = late ? az_effects_add(fx, AZ_FX_BALLOT) : NULL;
        if (!x)
            return AZ_ENOMEM;
        *late = whole;
        x->ballot = late;
        return 0;
    }
    if (ballot_add(e, &whole) < 0)
        return AZ_ENOMEM;
    /* The vector may move before the effects run: the effect has its own. */
    struct az_ballot *stored = az_arena_zalloc(fx->arena, sizeof(*stored));
    struct az_effect *x = stored ? az_effects_add(fx, AZ_FX_BALLOT) : NULL;
    if (!x)
        return AZ_ENOMEM;
    *stored = e->ballots[e->n_ballots - 1];
    x->ballot = stored;
    e->fresh = true;
    if (e->state == ENTRY_COMMITTING_ROUND)
        committing_requeue(s, e);
    return 0;
}

/* An answer about an item that has left the window: its verdict is final, the
 * ballot is kept all the same. */
static int orphan_answer(struct az_sched *s, int peer, const struct az_msg_answer *answer,
                         struct az_effects *fx)
{
    struct orphan o;
    if (!orphan_take(s, peer, &answer->ballot.key, &o)) { /* not its question: it only cost money */
        az_budget_settle(&s->budget, 0, answer->ballot.cost);
        return 0;
    }
    az_budget_settle(&s->budget, o.reserved, answer->ballot.cost);
    if (answer->again)
        return 0;

    struct az_ballot *late = az_arena_zalloc(fx->arena, sizeof(*late));
    struct az_effect *x = late ? az_effects_add(fx, AZ_FX_BALLOT) : NULL;
    if (!x)
        return AZ_ENOMEM;
    *late = answer->ballot;
    late->attempts += o.attempts;
    late->cost = az_nusd_add(late->cost, o.spent);
    judge_count(s, late);
    x->ballot = late;
    return 0;
}

static int on_answer(struct az_sched *s, int peer, const struct az_msg_answer *answer,
                     struct az_effects *fx, struct az_error *err)
{
    const struct az_ballot *ballot = &answer->ballot;
    struct entry *e = az_map_get(&s->entries, ballot->key.item);
    struct ask *a = e ? ask_find(e, &ballot->key) : NULL;
    s->ledger_dirty = s->ledger_dirty || ballot->cost;
    if (!a || a->state != ASK_SENT || a->peer != peer)
        return orphan_answer(s, peer, answer, fx) < 0 ? az_oom(err) : 0;

    az_budget_settle(&s->budget, a->reserved, ballot->cost);
    a->reserved = 0;
    e->sent--;
    s->counts.sent--;
    int r = answer->again ? ask_again(s, a, answer) : ask_end(s, a, ballot, fx);
    if (r < 0)
        return az_oom(err);
    if (worth_folding(s, e))
        return entry_fold(s, e, fx, err);
    return 0;
}

int az_sched_on_answers(struct az_sched *s, int peer, const struct az_msg *msg, az_ms now,
                        struct az_effects *fx, struct az_error *err)
{
    for (size_t i = 0; i < msg->answers.n; i++) {
        int r = on_answer(s, peer, &msg->answers.v[i], fx, err);
        if (r < 0)
            return r;
    }
    return az_sched_on_credit(s, peer, &msg->answers.credit, now, fx, err);
}

int az_sched_on_stopped(struct az_sched *s, int peer, const struct az_msg *msg, az_ms now,
                        struct az_effects *fx, struct az_error *err)
{
    for (size_t b = 0; b < s->panel->n_backends; b++) {
        /* The first reason stays: what follows only echoes it. */
        if (!az_str_eqz(msg->stopped.backend, s->panel->backends[b].name) || s->queues[b].stopped)
            continue;
        s->queues[b].stopped = true;
        s->stopped = s->panel->backends[b].name;
        snprintf(s->stopped_why, sizeof(s->stopped_why), AZ_STR_FMT, AZ_STR_ARG(msg->stopped.why));
    }
    return sched_dispatch(s, now, fx, err);
}

static int ask_lost(struct az_sched *s, struct ask *a, struct az_effects *fx)
{
    az_budget_settle(&s->budget, a->reserved, a->reserved); /* who knows what it cost */
    s->ledger_dirty = s->ledger_dirty || a->reserved;
    a->spent = az_nusd_add(a->spent, a->reserved);
    a->reserved = 0;
    a->entry->sent--;
    s->counts.sent--;
    if (a->entry->state == ENTRY_COMMITTING_VERDICT) { /* nobody needs it any more */
        a->state = ASK_ENDED;
        return 0;
    }
    if (++a->lost < AZ_LOST_MAX) {
        queue_push(s, a);
        return 0;
    }
    struct az_ballot lost = {.key = a->key,
                             .error = AZ_BE_LOST,
                             .error_text = AZ_STR("every worker that held it went away"),
                             .label = AZ_LABEL_NONE,
                             .how = AZ_STR("lost")};
    return ask_end(s, a, &lost, fx);
}

static int entry_lose(struct az_sched *s, struct entry *e, int peer, struct az_effects *fx)
{
    for (size_t i = 0; i < e->n_asks && e->sent; i++) {
        struct ask *a = e->asks[i];
        if (a->state == ASK_SENT && a->peer == peer && ask_lost(s, a, fx) < 0)
            return AZ_ENOMEM;
    }
    return 0;
}

int az_sched_on_gone(struct az_sched *s, int peer, az_ms now, struct az_effects *fx,
                     struct az_error *err)
{
    struct peer *p = &s->peers[peer];
    p->live = false;
    if (p->credit)
        memset(p->credit, 0, s->panel->n_backends * sizeof(*p->credit));
    for (size_t i = s->n_orphans; i-- > 0;) {
        if (s->orphans[i].peer != peer)
            continue;
        az_budget_settle(&s->budget, s->orphans[i].reserved, s->orphans[i].reserved);
        s->ledger_dirty = s->ledger_dirty || s->orphans[i].reserved;
        s->counts.sent--;
        s->orphans[i] = s->orphans[--s->n_orphans];
    }
    /* Decided items are in no list of active ones, but have calls under way. */
    for (struct entry *e = s->committing.head; e; e = e->next) {
        if (e->state == ENTRY_COMMITTING_VERDICT && entry_lose(s, e, peer, fx) < 0)
            return az_oom(err);
    }
    for (struct entry *e = s->oldest, *next; e; e = next) {
        next = e->younger;
        if (entry_lose(s, e, peer, fx) < 0)
            return az_oom(err);
        if (worth_folding(s, e)) {
            int r = entry_fold(s, e, fx, err);
            if (r < 0)
                return r;
        }
    }
    return sched_dispatch(s, now, fx, err);
}

int az_sched_on_committed(struct az_sched *s, uint64_t ticket, az_ms now, struct az_effects *fx,
                          struct az_error *err)
{
    if (s->raise_ticket && s->raise_ticket <= ticket) {
        az_budget_raised(&s->budget, s->raise_to);
        s->raise_ticket = 0;
    }
    for (struct entry *e; (e = s->committing.head) && e->ticket && e->ticket <= ticket;) {
        fifo_pop(&s->committing);
        if (e->state == ENTRY_COMMITTING_VERDICT) {
            int64_t *count[] = {&s->counts.open, &s->counts.decided, &s->counts.abstained,
                                &s->counts.failed};
            ++*count[e->verdict.status];
            entry_leave(s, e);
            continue;
        }
        e->state = ENTRY_ACTIVE;
        e->fresh = false;
        int r = entry_fold(s, e, fx, err);
        if (r < 0)
            return r;
    }
    return sched_dispatch(s, now, fx, err);
}

/* Where no worker is left, nobody's turn comes. */
static bool waits_its_turn(const struct az_sched *s, const struct entry *e)
{
    bool live = false;
    for (size_t p = 0; p < s->n_peers && !live; p++)
        live = s->peers[p].live;
    return live && e->queued;
}

int az_sched_on_tick(struct az_sched *s, az_ms now, struct az_effects *fx, struct az_error *err)
{
    for (struct entry *e; (e = s->oldest) && e->deadline <= now;) {
        if (waits_its_turn(s, e)) {
            deadline_set(s, e, now + (az_ms)s->panel->limits.item_s * 1000);
            continue;
        }
        /* Back of the list, so that one that waits for the disk is not met again. */
        deadline_set(s, e, INT64_MAX);
        if (e->blocked) { /* a backend or money is wanted, and no failure of judges */
            if (e->state == ENTRY_ACTIVE)
                entry_release_open(s, e);
            continue;
        }
        e->closed = true;
        if (e->state == ENTRY_ACTIVE) {
            int r = entry_fold(s, e, fx, err);
            if (r < 0)
                return r;
        }
    }
    return sched_dispatch(s, now, fx, err);
}

void az_sched_submitted(struct az_sched *s, uint64_t ticket)
{
    if (!ticket)
        return;
    for (struct entry *e = s->committing.head; e; e = e->next) {
        if (!e->ticket)
            e->ticket = ticket;
    }
    if (s->raise_unsubmitted) {
        s->raise_unsubmitted = false;
        s->raise_ticket = ticket;
    }
}

int az_sched_ledger(struct az_sched *s, struct az_effects *fx, struct az_error *err)
{
    if (!s->ledger_dirty)
        return 0;
    struct az_effect *x = az_effects_add(fx, AZ_FX_LEDGER);
    if (!x)
        return az_oom(err);
    s->ledger_dirty = false;
    x->ledger.settled = s->budget.settled;
    /* A call that cost more than its worst case may have passed what was asked. */
    az_nusd held = az_nusd_add(s->budget.settled, s->budget.reserved);
    x->ledger.ceiling = s->budget.limit == AZ_NUSD_MAX ? held : AZ_MAX(held, s->budget.asked);
    return 0;
}

az_ms az_sched_deadline(const struct az_sched *s)
{
    return s->oldest ? s->oldest->deadline : INT64_MAX;
}

void az_sched_stop(struct az_sched *s)
{
    s->stopping = true;
}

bool az_sched_idle(const struct az_sched *s)
{
    if (s->counts.sent || s->committing.head || s->raise_ticket || s->raise_unsubmitted)
        return false;
    return s->stopping || !s->entries.n;
}

bool az_sched_next_done(struct az_sched *s, struct az_done *ret)
{
    entry_free(s->out);
    s->out = fifo_pop(&s->done);
    if (!s->out)
        return false;
    *ret = (struct az_done){.item = s->out->item,
                            .verdict = s->out->verdict,
                            .ballots = {s->out->ballots, s->out->n_ballots},
                            .used = s->out->used};
    return true;
}

int az_sched_close(struct az_sched *s, struct az_effects *fx, struct az_error *err)
{
    struct az_effect *x = az_effects_add(fx, AZ_FX_LEDGER);
    if (!x)
        return az_oom(err);
    x->ledger.settled = x->ledger.ceiling = az_nusd_add(s->budget.settled, s->budget.reserved);
    return 0;
}

struct az_counts az_sched_counts(const struct az_sched *s)
{
    struct az_counts c = s->counts;
    c.settled = s->budget.settled;
    c.broke = s->broke;
    c.stopped = s->stopped;
    c.stopped_why = s->stopped ? s->stopped_why : NULL;
    c.n_judges = s->panel->n_judges;
    c.judges = s->judges;
    return c;
}
