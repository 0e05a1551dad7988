/* What an answer, or the loss of its lease, means for a question. */
#include <math.h>

#include "coordinator/sched_state.h"
#include "core/mem.h"
#include "core/plant.h"
#include "policies/seats.h"

static void judge_count(struct az_docket *d, const struct az_ballot *b)
{
    struct az_judge_count *j = &d->judges[b->key.judge];
    j->ballots++;
    d->counts.made += b->attempts;
    d->counts.cached += b->cached;
    d->counts.retried += b->attempts > 1 ? b->attempts - 1 : 0;
    if (!b->error)
        return;
    j->errors++;
    j->last_error = b->error;
    snprintf(j->last_text, sizeof(j->last_text), AZ_STR_FMT, AZ_STR_ARG(b->error_text));
}

/* How many probabilities an answer may have, if any. */
static size_t probs_wanted(const struct az_question *q, size_t n_labels)
{
    if (q->kind != AZ_SCORE)
        return n_labels;
    return q->step > 0 ? (size_t)llround((q->scale_max - q->scale_min) / q->step) + 1 : 0;
}

/* Workers are others' programs: what is no answer to the question is an error. */
static void check_answer(const struct az_docket *d, const struct ask *a, struct az_ballot *b)
{
    const struct az_question *q = &d->panel->question;
    size_t n = a || q->kind != AZ_BEST ? az_label_count(q, a ? a->entry->item : NULL)
                                       : AZ_RESPONSES_MAX; /* its item has left */
    bool probs = !b->n_probs || !a || b->n_probs == probs_wanted(q, n);
    bool good = probs && az_ballot_readable(q, n, b);
    if (b->error)
        return;
    if (q->kind == AZ_SCORE || !good)
        b->label = AZ_LABEL_NONE;
    if (q->kind != AZ_SCORE || !good)
        b->has_score = false;
    if (good)
        return;
    b->n_probs = 0;
    b->error = AZ_BE_OUTSIDE;
    b->error_text = AZ_STR("the worker's answer is none of the question's");
}

/* A ballot for the store; its texts stay as they are until the effects have run. */
static int keep(struct az_docket *d, const struct az_ballot *ballot, struct az_effects *fx)
{
    struct az_ballot *stored = az_arena_zalloc(fx->arena, sizeof(*stored));
    struct az_effect *x = stored ? az_effects_add(fx, AZ_FX_BALLOT, d->config.job) : NULL;
    if (!x)
        return AZ_ENOMEM;
    *stored = *ballot;
    x->ballot = stored;
    return 0;
}

static bool is_asked(const struct ask *a)
{
    for (const struct az_lease *l = a->leases; l; l = l->of_ask) {
        if (!l->lost)
            return true;
    }
    return false;
}

/* It waits for one more ballot to be durable: its turn comes after all others'. */
static void committing_requeue(struct entry *e)
{
    struct az_docket *d = e->docket;
    struct entry **at = &d->committing.head;
    if (!e->ticket)
        return;
    while (*at != e)
        at = &(*at)->next;
    *at = e->next;
    if (!e->next)
        d->committing.tail = at;
    e->ticket = 0;
    fifo_push(&d->unsubmitted, e);
}

/* Whoever else holds it holds it in vain. */
static void others_answered(struct ask *a)
{
    for (struct az_lease *l = a->leases; l; l = l->of_ask) {
        l->answered = true;
        recall_later(a->entry->docket->sched, l);
    }
}

/* `ballot` is of the whole question: attempts and cost of all its leases. */
static int ask_end(struct ask *a, const struct az_ballot *ballot, struct az_effects *fx)
{
    struct entry *e = a->entry;
    struct az_docket *d = e->docket;
    a->state = ASK_ENDED;
    judge_count(d, ballot);
    if (e->state == ENTRY_COMMITTING_VERDICT) /* paid for, and too late to count */
        return keep(d, ballot, fx);
    if (ballot_add(e, ballot) < 0 || keep(d, &e->ballots[e->n_ballots - 1], fx) < 0)
        return AZ_ENOMEM;
    e->fresh = true;
    if (e->state == ENTRY_COMMITTING_ROUND)
        committing_requeue(e);
    return 0;
}

/* A sum is known as far as all its parts are. A part without a call says nothing. */
static void cost_add(struct ask *a, const struct az_ballot *part)
{
    if (part->attempts && a->cost != COST_UNKNOWN)
        a->cost = part->cost_known ? COST_KNOWN : COST_UNKNOWN;
}

static bool cost_known(const struct ask *a, const struct az_ballot *last)
{
    if (a->cost == COST_NONE)
        return last->cost_known;
    return a->cost == COST_KNOWN && (last->cost_known || !last->attempts);
}

static int ask_give_up(struct ask *a, enum az_ballot_error error, const char *text,
                       struct az_effects *fx)
{
    struct az_ballot ballot = {.key = a->key,
                               .error = error,
                               .error_text = az_str(text),
                               .label = AZ_LABEL_NONE,
                               .attempts = a->attempts,
                               .cost = a->spent,
                               .cost_known = a->cost == COST_KNOWN && !a->lost,
                               .how = AZ_STR("lost")};
    return ask_end(a, &ballot, fx);
}

/* The lease ended without a ballot; the question waits for its next turn, unless
 * its item has been decided meanwhile. */
static int ask_again(struct ask *a, const struct az_msg_answer *answer, struct az_effects *fx)
{
    const struct az_docket *d = a->entry->docket;
    if (a->entry->state == ENTRY_COMMITTING_VERDICT) {
        a->state = ASK_ENDED;
        return 0;
    }
    const struct queue *q = &d->queues[d->panel->judges[a->key.judge].backend_at];
    if (a->attempts >= d->panel->limits.attempts && !d->sched->backends[q->backend].stopped)
        return ask_give_up(a, AZ_BE_DOWN,
                           "its attempts are spent, and workers gave it back without an answer",
                           fx);
    a->mistake =
        az_ballot_error_asks_again(answer->ballot.error) ? answer->ballot.error : AZ_BE_NONE;
    a->said = (struct az_str){0};
    if (answer->said.p) {
        a->said = az_arena_str(a->entry->arena, answer->said);
        if (!a->said.p)
            return AZ_ENOMEM;
    }
    queue_return(a);
    return 0;
}

/* It ended, mostly in an error, and now it has an answer after all. */
static int ask_mend(struct ask *a, const struct az_ballot *ballot, struct az_effects *fx)
{
    struct entry *e = a->entry;
    size_t i = 0;
    while (i < e->n_ballots && az_key_cmp(&e->ballots[i].key, &a->key))
        i++;
    if (i == e->n_ballots) /* without any: its item was decided while nobody held it */
        return ask_end(a, ballot, fx);
    if (e->state == ENTRY_COMMITTING_VERDICT)
        return 0;
    if ((!e->ballots[i].error || ballot->error) && !AZ_PLANTED(AZ_PLANT_ERROR_OVER))
        return 0;
    if (az_ballot_copy(e->arena, ballot, &e->ballots[i]) < 0 ||
        keep(e->docket, &e->ballots[i], fx) < 0)
        return AZ_ENOMEM;
    judge_count(e->docket, ballot);
    e->fresh = true;
    if (e->state == ENTRY_COMMITTING_ROUND)
        committing_requeue(e);
    return 0;
}

/* The money of a lease that has an answer now. */
static void money_settle(struct az_docket *d, const struct az_lease *l, az_nusd cost)
{
    d->ledger_dirty = d->ledger_dirty || cost || l->charged;
    if (l->charged)
        az_budget_correct(&d->budget, l->charged, cost);
    else
        az_budget_settle(&d->budget, AZ_PLANTED(AZ_PLANT_BUDGET_KEPT) ? 0 : l->reserved, cost);
}

static int ask_answer(struct ask *a, const struct az_lease *was, const struct az_msg_answer *answer,
                      struct az_effects *fx, struct az_error *err)
{
    struct entry *e = a->entry;
    struct az_ballot whole = answer->ballot;
    bool asked = is_asked(a); /* by another lease */
    if (!was->lost && !asked)
        e->sent--;
    a->spent -= AZ_MIN(was->charged, a->spent);
    int r = 0;
    if (answer->again) {
        if (!was->lost) /* a lost one is counted apart */
            a->attempts += AZ_PLANTED(AZ_PLANT_RETRY_UNCOUNTED) ? 0 : answer->ballot.attempts;
        a->spent = az_nusd_add(a->spent, answer->ballot.cost);
        cost_add(a, &answer->ballot);
        if (!was->lost && !asked)
            r = ask_again(a, answer, fx);
    } else {
        whole.attempts += was->lost ? was->attempts : a->attempts;
        whole.cost = az_nusd_add(whole.cost, a->spent);
        whole.cost_known = cost_known(a, &answer->ballot);
        bool ended = a->state == ASK_ENDED;
        if (was->lost && a->state == ASK_QUEUED)
            queue_remove(a);
        else if (was->lost && a->state == ASK_BLOCKED)
            e->blocked--;
        if (asked)
            e->sent--;
        others_answered(a);
        r = ended ? ask_mend(a, &whole, fx) : ask_end(a, &whole, fx);
    }
    if (r < 0)
        return az_oom(err);
    if (worth_folding(e))
        return entry_fold(e, fx, err);
    entry_settle(e);
    return 0;
}

int docket_answer(struct az_docket *d, struct az_lease *l, const struct az_msg_answer *answer,
                  struct az_effects *fx, struct az_error *err)
{
    if (!l) { /* not its question: it only cost money */
        az_budget_settle(&d->budget, 0, answer->ballot.cost);
        d->ledger_dirty = d->ledger_dirty || answer->ballot.cost;
        return 0;
    }
    struct az_lease was = *l;
    struct az_msg_answer checked = *answer;
    money_settle(d, l, answer->ballot.cost);
    if (!l->lost)
        d->counts.sent--;
    lease_end(d->sched, l);
    if (!answer->again)
        check_answer(d, was.ask, &checked.ballot);
    if (was.ask && (!was.answered || (AZ_PLANTED(AZ_PLANT_ERROR_OVER) && answer->ballot.error)))
        return ask_answer(was.ask, &was, &checked, fx, err);
    if (was.answered || answer->again || AZ_PLANTED(AZ_PLANT_LATE_DROPPED))
        return 0;
    /* Its item has left: the verdict is final, the ballot is kept all the same. */
    struct az_ballot late = checked.ballot;
    late.attempts += was.attempts;
    late.cost = az_nusd_add(late.cost, was.spent);
    judge_count(d, &late);
    return keep(d, &late, fx) < 0 ? az_oom(err) : 0;
}

/* ---- losses ---- */

/* Who knows what it cost. */
void lease_lose(struct az_lease *l)
{
    struct az_docket *d = l->docket;
    az_budget_settle(&d->budget, l->reserved, l->reserved);
    d->ledger_dirty = d->ledger_dirty || l->reserved;
    l->charged = az_nusd_add(l->charged, l->reserved); /* it may have been found meanwhile */
    l->reserved = 0;
    l->lost = true;
    d->counts.sent--;
}

int docket_lost(struct az_lease *l, struct az_effects *fx)
{
    struct ask *a = l->ask;
    az_nusd charged = l->reserved;
    lease_lose(l);
    if (!a || l->answered)
        return 0;
    a->spent = az_nusd_add(a->spent, charged);
    if (is_asked(a))
        return 0;
    a->entry->sent--;
    if (a->entry->state == ENTRY_COMMITTING_VERDICT) { /* nobody needs it any more */
        a->state = ASK_ENDED;
        return 0;
    }
    if (++a->lost < AZ_LOST_MAX) {
        queue_push(a);
        return 0;
    }
    return ask_give_up(a, AZ_BE_LOST, "every worker that held it went away", fx);
}

void docket_found(struct az_lease *l)
{
    struct ask *a = l->ask;
    if (!a || l->answered || a->state != ASK_QUEUED)
        return;
    queue_remove(a);
    a->state = ASK_SENT;
    a->attempts = l->attempts; /* as its holder counts; what others gave back is apart */
    a->lost--;
    a->entry->sent++;
    l->lost = false;
    l->docket->counts.sent++;
}
