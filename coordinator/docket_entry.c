/* An item in the window: its questions and ballots, its fold, and how it leaves. */
#include "coordinator/sched_state.h"
#include "core/mem.h"
#include "core/plant.h"
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

static void active_link(struct entry *e)
{
    struct az_docket *d = e->docket;
    e->older = d->youngest;
    *(d->youngest ? &d->youngest->younger : &d->oldest) = e;
    d->youngest = e;
}

static void active_unlink(struct entry *e)
{
    struct az_docket *d = e->docket;
    if (!e->begun)
        return;
    *(e->older ? &e->older->younger : &d->oldest) = e->younger;
    *(e->younger ? &e->younger->older : &d->youngest) = e->older;
    e->older = e->younger = NULL;
}

void deadline_set(struct entry *e, az_ms at)
{
    active_unlink(e);
    e->begun = true;
    e->deadline = at;
    active_link(e);
}

void entry_asked(struct entry *e, az_ms now)
{
    if (!e->begun || !e->queued)
        deadline_set(e, now + (az_ms)e->docket->panel->limits.item_s * 1000);
}

/* Calls under way outlive the item: what they hold is settled when they end, and
 * what waits at a worker need not be called any more. */
static void ask_leave(struct az_sched *s, struct ask *a)
{
    for (struct az_lease *l = a->leases, *next; l; l = next) {
        next = l->of_ask;
        l->ask = NULL;
        l->of_ask = NULL;
        l->spent = a->spent;
        recall_later(s, l);
    }
    a->leases = NULL;
}

void entry_leave(struct entry *e)
{
    struct az_docket *d = e->docket;
    for (size_t i = 0; i < e->n_asks; i++)
        ask_leave(d->sched, e->asks[i]);
    e->sent = 0;
    az_map_remove(&d->entries, e->item->seq);
    d->bytes -= az_arena_bytes(e->item->arena);
    e->state = ENTRY_DONE;
    fifo_push(&d->done, e);
}

/* Its questions that nobody has been sent yet are wanted no more. */
static void queue_remove_all(struct entry *e)
{
    for (size_t i = 0; i < e->n_asks && e->queued; i++) {
        if (e->asks[i]->state == ASK_QUEUED)
            queue_remove(e->asks[i]);
    }
}

void entry_release_open(struct entry *e)
{
    active_unlink(e);
    queue_remove_all(e);
    e->verdict = (struct az_verdict){.status = AZ_OPEN, .label = AZ_LABEL_NONE};
    e->docket->counts.open++;
    entry_leave(e);
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

static int ask_add(struct entry *e, const struct az_key *key)
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
        queue_return(a); /* its item was begun */
    else
        queue_push(a);
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

static int entry_decide(struct entry *e, const struct az_step *step, struct az_effects *fx)
{
    active_unlink(e);
    queue_remove_all(e);
    e->verdict = step->verdict;
    e->used = step->used;
    for (size_t i = 0; i < e->n_ballots; i++)
        e->ballots[i].used = e->used[i];

    struct az_effect *x = az_effects_add(fx, AZ_FX_VERDICT, e->docket->config.job);
    if (!x)
        return AZ_ENOMEM;
    x->verdict.seq = e->item->seq;
    x->verdict.verdict = &e->verdict;
    x->verdict.ballots = (struct az_ballots){e->ballots, e->n_ballots};
    e->state = ENTRY_COMMITTING_VERDICT;
    e->ticket = 0;
    fifo_push(&e->docket->unsubmitted, e);
    return 0;
}

/* Ask what the policy wants and nobody has been asked yet. A wish that rests on
 * ballots of this run waits until they are durable. */
static int entry_ask(struct entry *e, const struct az_step *step)
{
    bool news = false;
    for (size_t i = 0; i < step->ask.n && !news; i++)
        news = !ask_find(e, &step->ask.v[i]);
    if (news && e->fresh && !AZ_PLANTED(AZ_PLANT_EARLY_ACK)) {
        e->state = ENTRY_COMMITTING_ROUND;
        e->ticket = 0;
        fifo_push(&e->docket->unsubmitted, e);
        return 0;
    }
    for (size_t i = 0; i < step->ask.n; i++) {
        if (!ask_find(e, &step->ask.v[i]) && ask_add(e, &step->ask.v[i]) < 0)
            return AZ_ENOMEM;
    }
    return 0;
}

int entry_fold(struct entry *e, struct az_effects *fx, struct az_error *err)
{
    struct az_fold fold = {.panel = e->docket->panel,
                           .item = e->item,
                           .ballots = {e->ballots, e->n_ballots},
                           .closed = e->closed,
                           .arena = e->arena,
                           .plan = &e->plan};
    struct az_step step;
    int r = az_policy_next(&fold, &step, err);
    if (r < 0)
        return r;
    r = step.kind == AZ_DECIDE ? entry_decide(e, &step, fx) : entry_ask(e, &step);
    if (r < 0)
        return az_oom(err);
    entry_settle(e);
    return 0;
}

/* The policy can only say something new when all that it asked for is there,
 * unless it stops early. */
bool worth_folding(const struct entry *e)
{
    return e->state == ENTRY_ACTIVE &&
           (e->closed || e->docket->panel->policy.early_stop || e->queued + e->sent == 0);
}

void entry_settle(struct entry *e)
{
    if (e->state == ENTRY_ACTIVE && e->queued + e->sent == 0 && e->blocked)
        entry_release_open(e);
}
