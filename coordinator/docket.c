/* A job's docket: its items that are not decided yet, its answers and losses. */
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

/* ---- making and closing ---- */

static int queues_init(struct az_docket *d)
{
    const struct az_panel *panel = d->panel;
    d->queues = az_zalloc(panel->n_backends * sizeof(*d->queues));
    if (!d->queues)
        return AZ_ENOMEM;
    for (; d->n_queues < panel->n_backends; d->n_queues++) {
        struct queue *q = &d->queues[d->n_queues];
        if (backend_use(d->sched, az_str(panel->backends[d->n_queues].name), &q->backend) < 0)
            return AZ_ENOMEM;
    }
    return 0;
}

static int docket_init(struct az_docket *d, struct az_error *err)
{
    const struct az_panel *panel = d->panel;
    d->budget = az_budget(panel->limits.has_usd ? panel->limits.usd : AZ_NUSD_MAX, d->config.spent);
    d->cheapest = AZ_NUSD_MAX;
    fifo_init(&d->unsubmitted);
    fifo_init(&d->committing);
    fifo_init(&d->done);
    d->judges = az_zalloc(panel->n_judges * sizeof(*d->judges));
    if (!d->judges || queues_init(d) < 0)
        return az_oom(err);
    return az_prompter_new(panel, &d->prompter, err);
}

int az_sched_open(struct az_sched *s, const struct az_docket_config *config, struct az_docket **ret,
                  struct az_error *err)
{
    if (az_grow(&s->dockets, &s->cap_dockets, s->n_dockets + 1, sizeof(struct az_docket *)) < 0)
        return az_oom(err);
    struct az_docket *d = az_zalloc(sizeof(*d));
    if (!d)
        return az_oom(err);
    d->sched = s;
    d->config = *config;
    d->panel = config->panel;
    az_docket_weight(d, config->weight);
    int r = docket_init(d, err);
    if (r < 0) {
        docket_free(d);
        return r;
    }
    s->dockets[s->n_dockets++] = d;
    for (size_t b = 0; b < s->n_backends; b++) {
        if (s->backends[b].stopped) /* it has no room for items, and nobody would say why */
            docket_backend_stopped(d, b);
    }
    *ret = d;
    return 0;
}

void docket_free(struct az_docket *d)
{
    if (!d)
        return;
    for (size_t i = 0; i < d->entries.cap; i++)
        entry_free(d->entries.slots[i].value);
    for (struct entry *e; d->done.tail && (e = fifo_pop(&d->done));)
        entry_free(e);
    entry_free(d->out);
    az_map_release(&d->entries);
    az_prompter_free(d->prompter);
    for (size_t q = 0; q < d->n_queues; q++)
        backend_leave(d->sched, d->queues[q].backend);
    free(d->queues);
    free(d->judges);
    free(d);
}

static void leases_end(struct az_docket *d)
{
    struct az_sched *s = d->sched;
    for (size_t p = 0; p < s->n_peers; p++) {
        for (struct az_lease *l = az_leases_of(&s->leases, (int)p), *next; l; l = next) {
            next = l->next;
            if (l->docket == d)
                lease_end(s, l);
        }
    }
}

static int forget(struct az_docket *d, struct az_effects *fx)
{
    for (size_t p = 0; p < d->sched->n_peers; p++) {
        if (!(d->knows[p / 64] & 1ull << (p % 64)))
            continue;
        struct az_effect *x = az_effects_add(fx, AZ_FX_SEND, NULL);
        if (!x)
            return AZ_ENOMEM;
        x->send.peer = (int)p;
        x->send.msg.kind = AZ_MSG_FORGET;
        x->send.msg.forget.panel = d->config.number;
    }
    return 0;
}

int az_sched_close(struct az_docket *d, struct az_effects *fx, struct az_error *err)
{
    struct az_sched *s = d->sched;
    int r = forget(d, fx);
    leases_end(d);
    for (size_t b = 0; b < d->panel->n_backends; b++) {
        for (struct ask *a; (a = d->queues[b].head);)
            queue_remove(a);
    }
    for (size_t i = 0; i < s->n_dockets; i++) {
        if (s->dockets[i] == d)
            s->dockets[i] = s->dockets[--s->n_dockets];
    }
    docket_free(d);
    return r < 0 ? az_oom(err) : 0;
}

/* ---- items ---- */

static bool any_stopped(const struct az_docket *d)
{
    for (size_t j = 0; j < d->panel->n_judges; j++) {
        const struct queue *q = &d->queues[d->panel->judges[j].backend_at];
        if (d->sched->backends[q->backend].stopped)
            return true;
    }
    return false;
}

bool az_docket_room(const struct az_docket *d)
{
    return !d->stopping && !d->broke && !d->stopped && !any_stopped(d) &&
           d->entries.n < d->config.window_items && d->bytes < d->config.window_bytes;
}

int az_docket_add(struct az_docket *d, struct az_item *item, struct az_ballots ballots, az_ms now,
                  struct az_effects *fx, struct az_error *err)
{
    struct az_arena *arena = az_arena_new(1024);
    struct entry *e = arena ? az_arena_zalloc(arena, sizeof(*e)) : NULL;
    if (!e) {
        az_arena_free(arena);
        az_item_free(item);
        return az_oom(err);
    }
    e->docket = d;
    e->arena = arena;
    e->item = item;
    e->homes = az_arena_zalloc(arena, AZ_MAX(d->panel->n_backends, (size_t)1) * sizeof(*e->homes));
    if (!e->homes || az_map_put(&d->entries, item->seq, e) < 0) {
        entry_free(e);
        return az_oom(err);
    }
    d->bytes += az_arena_bytes(item->arena);
    d->counts.added++;
    for (size_t i = 0; i < ballots.n; i++) {
        if (ballot_add(e, &ballots.v[i]) < 0)
            return az_oom(err);
    }
    int r = entry_fold(e, fx, err);
    return r < 0 ? r : sched_dispatch(d->sched, now, fx, err);
}

/* Decided items are in no list of active ones, and need no fold. */
int docket_fold_all(struct az_docket *d, struct az_effects *fx, struct az_error *err)
{
    for (struct entry *e = d->oldest, *next; e; e = next) {
        next = e->younger;
        int r = worth_folding(e) ? entry_fold(e, fx, err) : 0;
        if (r < 0)
            return r;
    }
    return 0;
}

/* A panel may name a backend that none of its judges has. */
static bool is_asked_of(const struct az_docket *d, size_t backend)
{
    for (size_t j = 0; j < d->panel->n_judges; j++) {
        if (d->queues[d->panel->judges[j].backend_at].backend == backend)
            return true;
    }
    return false;
}

void docket_backend_stopped(struct az_docket *d, size_t backend)
{
    for (size_t b = 0; b < d->panel->n_backends; b++) {
        if (d->queues[b].backend != backend || !is_asked_of(d, backend))
            continue;
        if (!d->stopped) {
            const struct backend *why = &d->sched->backends[backend];
            d->stopped = d->panel->backends[b].name;
            snprintf(d->stopped_why, sizeof(d->stopped_why), "%s", why->why);
        }
        queue_block_all(d, &d->queues[b]);
    }
}

/* ---- commits and time ---- */

int az_docket_on_committed(struct az_docket *d, uint64_t ticket, az_ms now, struct az_effects *fx,
                           struct az_error *err)
{
    if (d->raise_ticket && d->raise_ticket <= ticket) {
        az_budget_raised(&d->budget, d->raise_to);
        d->raise_ticket = 0;
    }
    for (struct entry *e; (e = d->committing.head) && e->ticket <= ticket;) {
        fifo_pop(&d->committing);
        if (e->state == ENTRY_COMMITTING_VERDICT) {
            int64_t *count[] = {&d->counts.open, &d->counts.decided, &d->counts.abstained,
                                &d->counts.failed};
            ++*count[e->verdict.status];
            entry_leave(e);
            continue;
        }
        e->state = ENTRY_ACTIVE;
        e->fresh = false;
        int r = entry_fold(e, fx, err);
        if (r < 0)
            return r;
    }
    return sched_dispatch(d->sched, now, fx, err);
}

void az_docket_submitted(struct az_docket *d, uint64_t ticket)
{
    if (!ticket)
        return;
    for (struct entry *e; (e = fifo_pop(&d->unsubmitted));) {
        e->ticket = ticket;
        fifo_push(&d->committing, e);
    }
    if (d->raise_unsubmitted) {
        d->raise_unsubmitted = false;
        d->raise_ticket = ticket;
    }
}

int docket_tick(struct az_docket *d, az_ms now, struct az_effects *fx, struct az_error *err)
{
    for (struct entry *e; (e = d->oldest) && e->deadline <= now;) {
        if (e->queued) { /* it waits for its turn, or for a worker */
            deadline_set(e, now + (az_ms)d->panel->limits.item_s * 1000);
            continue;
        }
        /* Back of the list, so that one that waits for the disk is not met again. */
        deadline_set(e, INT64_MAX);
        if (e->blocked) { /* a backend or money is wanted, and no failure of judges */
            if (e->state == ENTRY_ACTIVE)
                entry_release_open(e);
            continue;
        }
        e->closed = true;
        if (e->state == ENTRY_ACTIVE) {
            int r = entry_fold(e, fx, err);
            if (r < 0)
                return r;
        }
    }
    return 0;
}

/* ---- control ---- */

void az_docket_stop(struct az_docket *d)
{
    d->stopping = true;
}

int az_docket_cancel(struct az_docket *d, az_ms now, struct az_effects *fx, struct az_error *err)
{
    struct az_sched *s = d->sched;
    d->stopping = true;
    for (size_t p = 0; p < s->n_peers; p++) {
        for (struct az_lease *l = az_leases_of(&s->leases, (int)p); l; l = l->next) {
            if (l->docket != d || l->lost)
                continue;
            recall_later(s, l);
            lease_lose(l);
            l->answered = l->answered || (l->ask && l->ask->state == ASK_ENDED);
        }
    }
    for (size_t i = 0; i < d->entries.cap;) {
        struct entry *e = d->entries.slots[i].value;
        if (!e || e->state != ENTRY_ACTIVE) {
            i++;
            continue;
        }
        entry_release_open(e); /* moves a later slot into this place */
    }
    return sched_dispatch(s, now, fx, err);
}

int az_docket_limit(struct az_docket *d, az_nusd limit, az_ms now, struct az_effects *fx,
                    struct az_error *err)
{
    az_budget_limit(&d->budget, limit);
    d->broke = false;
    return sched_dispatch(d->sched, now, fx, err);
}

void az_docket_weight(struct az_docket *d, int weight)
{
    d->config.weight = AZ_MIN(AZ_MAX(weight, 1), 1000);
}

/* ---- what is known of it ---- */

bool az_docket_idle(const struct az_docket *d)
{
    if (d->counts.sent || d->unsubmitted.head || d->committing.head || d->raise_ticket ||
        d->raise_unsubmitted)
        return false;
    return d->stopping || !d->entries.n;
}

bool az_docket_next_done(struct az_docket *d, struct az_done *ret)
{
    entry_free(d->out);
    d->out = fifo_pop(&d->done);
    if (!d->out)
        return false;
    *ret = (struct az_done){.item = d->out->item,
                            .verdict = d->out->verdict,
                            .ballots = {d->out->ballots, d->out->n_ballots},
                            .used = d->out->used};
    return true;
}

struct az_counts az_docket_counts(const struct az_docket *d)
{
    struct az_counts c = d->counts;
    c.settled = d->budget.settled;
    c.limit = d->budget.limit;
    c.broke = d->broke;
    c.stopped = d->stopped;
    c.stopped_why = d->stopped ? d->stopped_why : NULL;
    c.unfit = d->n_unfit ? d->unfit_why : NULL;
    c.n_judges = d->panel->n_judges;
    c.judges = d->judges;
    return c;
}

void az_docket_waits(const struct az_docket *d, struct az_judge_wait *ret)
{
    const struct az_sched *s = d->sched;
    for (size_t j = 0; j < d->panel->n_judges; j++)
        ret[j] = (struct az_judge_wait){.oldest = INT64_MAX};
    for (size_t p = 0; p < s->n_peers; p++) {
        for (const struct az_lease *l = az_leases_of(&s->leases, (int)p); l; l = l->next) {
            if (l->docket != d || l->lost)
                continue;
            ret[l->key.judge].under_way++;
            ret[l->key.judge].oldest = AZ_MIN(ret[l->key.judge].oldest, l->since);
        }
    }
    for (size_t b = 0; b < d->panel->n_backends; b++) {
        for (const struct ask *a = d->queues[b].head; a; a = a->next)
            ret[a->key.judge].queued++;
    }
}
