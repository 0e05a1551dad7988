/* An item in the window: its questions and ballots, its fold, and how it leaves. */
#include "coordinator/sched_state.h"
#include "core/mem.h"
#include "policies/policy.h"

void entry_free(struct entry *e)
{
    if (!e)
        return;
    az_item_free(e->item);
    free(e->asks);
    free(e->ballots);
    az_arena_free(e->arena); /* the entry itself lives in it */
}

/* ---- the window ---- */

static void active_link(struct az_sched *s, struct entry *e)
{
    e->older = s->youngest;
    *(s->youngest ? &s->youngest->younger : &s->oldest) = e;
    s->youngest = e;
}

static void active_unlink(struct az_sched *s, struct entry *e)
{
    if (!e->begun)
        return;
    *(e->older ? &e->older->younger : &s->oldest) = e->younger;
    *(e->younger ? &e->younger->older : &s->youngest) = e->older;
    e->older = e->younger = NULL;
}

void deadline_set(struct az_sched *s, struct entry *e, az_ms at)
{
    active_unlink(s, e);
    e->begun = true;
    e->deadline = at;
    active_link(s, e);
}

void entry_asked(struct az_sched *s, struct entry *e, az_ms now)
{
    if (!e->begun || !e->queued)
        deadline_set(s, e, now + (az_ms)s->panel->limits.item_s * 1000);
}

/* Calls under way outlive the item: what they hold is settled when they end. */
static void orphan_add(struct az_sched *s, const struct ask *a)
{
    /* Out of memory here only loses money's worth of precision: worst case. */
    if (az_grow(&s->orphans, &s->cap_orphans, s->n_orphans + 1, sizeof(*s->orphans)) < 0) {
        az_budget_settle(&s->budget, a->reserved, a->reserved);
        s->counts.sent--;
        return;
    }
    s->orphans[s->n_orphans++] = (struct orphan){.key = a->key,
                                                 .peer = a->peer,
                                                 .attempts = a->attempts,
                                                 .reserved = a->reserved,
                                                 .spent = a->spent};
}

/* False: nobody holds such a question. */
bool orphan_take(struct az_sched *s, int peer, const struct az_key *key, struct orphan *ret)
{
    for (size_t i = 0; i < s->n_orphans; i++) {
        if (s->orphans[i].peer != peer || az_key_cmp(&s->orphans[i].key, key))
            continue;
        *ret = s->orphans[i];
        s->orphans[i] = s->orphans[--s->n_orphans];
        s->counts.sent--;
        return true;
    }
    return false;
}

void entry_leave(struct az_sched *s, struct entry *e)
{
    for (size_t i = 0; i < e->n_asks && e->sent; i++) {
        if (e->asks[i]->state == ASK_SENT) {
            orphan_add(s, e->asks[i]);
            e->sent--;
        }
    }
    az_map_remove(&s->entries, e->item->seq);
    s->bytes -= az_arena_bytes(e->item->arena);
    e->state = ENTRY_DONE;
    fifo_push(&s->done, e);
}

/* Its questions that nobody has been sent yet are wanted no more. */
static void queue_remove_all(struct az_sched *s, struct entry *e)
{
    for (size_t i = 0; i < e->n_asks && e->queued; i++) {
        if (e->asks[i]->state == ASK_QUEUED)
            queue_remove(s, e->asks[i]);
    }
}

void entry_release_open(struct az_sched *s, struct entry *e)
{
    active_unlink(s, e);
    queue_remove_all(s, e);
    e->verdict = (struct az_verdict){.status = AZ_OPEN, .label = AZ_LABEL_NONE};
    s->counts.open++;
    entry_leave(s, e);
}

struct ask *ask_find(const struct entry *e, const struct az_key *key)
{
    for (size_t i = 0; i < e->n_asks; i++) {
        struct ask *a = e->asks[i];
        if (a->key.judge == key->judge && az_key_cmp(&a->key, key) == 0)
            return a;
    }
    return NULL;
}

static int ask_add(struct az_sched *s, struct entry *e, const struct az_key *key)
{
    if (az_grow(&e->asks, &e->cap_asks, e->n_asks + 1, sizeof(struct ask *)) < 0)
        return AZ_ENOMEM;
    struct ask *a = az_arena_zalloc(e->arena, sizeof(*a));
    if (!a)
        return AZ_ENOMEM;
    a->entry = e;
    a->key = *key;
    e->asks[e->n_asks++] = a;
    if (e->n_ballots)
        queue_return(s, a); /* its item was begun */
    else
        queue_push(s, a);
    return 0;
}

int ballot_add(struct entry *e, const struct az_ballot *ballot)
{
    if (az_grow(&e->ballots, &e->cap_ballots, e->n_ballots + 1, sizeof(*e->ballots)) < 0)
        return AZ_ENOMEM;
    if (az_ballot_copy(e->arena, ballot, &e->ballots[e->n_ballots]) < 0)
        return AZ_ENOMEM;
    e->n_ballots++;
    return 0;
}

/* ---- the fold ---- */

static int entry_decide(struct az_sched *s, struct entry *e, const struct az_step *step,
                        struct az_effects *fx)
{
    active_unlink(s, e);
    queue_remove_all(s, e);
    e->verdict = step->verdict;
    e->used = step->used;
    for (size_t i = 0; i < e->n_ballots; i++)
        e->ballots[i].used = e->used[i];

    struct az_effect *x = az_effects_add(fx, AZ_FX_VERDICT);
    if (!x)
        return AZ_ENOMEM;
    x->verdict.seq = e->item->seq;
    x->verdict.verdict = &e->verdict;
    x->verdict.ballots = (struct az_ballots){e->ballots, e->n_ballots};
    e->state = ENTRY_COMMITTING_VERDICT;
    e->ticket = 0;
    fifo_push(&s->committing, e);
    return 0;
}

/* Ask what the policy wants and nobody has been asked yet. A wish that rests on
 * ballots of this run waits until they are durable. */
static int entry_ask(struct az_sched *s, struct entry *e, const struct az_step *step)
{
    bool news = false;
    for (size_t i = 0; i < step->ask.n && !news; i++)
        news = !ask_find(e, &step->ask.v[i]);
    if (news && e->fresh) {
        e->state = ENTRY_COMMITTING_ROUND;
        e->ticket = 0;
        fifo_push(&s->committing, e);
        return 0;
    }
    for (size_t i = 0; i < step->ask.n; i++) {
        if (!ask_find(e, &step->ask.v[i]) && ask_add(s, e, &step->ask.v[i]) < 0)
            return AZ_ENOMEM;
    }
    return 0;
}

int entry_fold(struct az_sched *s, struct entry *e, struct az_effects *fx, struct az_error *err)
{
    struct az_fold fold = {.panel = s->panel,
                           .item = e->item,
                           .ballots = {e->ballots, e->n_ballots},
                           .closed = e->closed,
                           .arena = e->arena};
    struct az_step step;
    int r = az_policy_next(&fold, &step, err);
    if (r < 0)
        return r;
    r = step.kind == AZ_DECIDE ? entry_decide(s, e, &step, fx) : entry_ask(s, e, &step);
    if (r < 0)
        return az_oom(err);
    entry_settle(s, e);
    return 0;
}

/* The policy can only say something new when all that it asked for is there,
 * unless it stops early. */
bool worth_folding(const struct az_sched *s, const struct entry *e)
{
    return e->state == ENTRY_ACTIVE &&
           (e->closed || s->panel->policy.early_stop || e->queued + e->sent == 0);
}

void entry_settle(struct az_sched *s, struct entry *e)
{
    if (e->state == ENTRY_ACTIVE && e->queued + e->sent == 0 && e->blocked)
        entry_release_open(s, e);
}
