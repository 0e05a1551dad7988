/* What must hold, whatever happens. */
#include "coordinator/sched_state.h"
#include "tests/sim/world.h"
#include "workers/work_state.h"

/* ---- questions ---- */

static struct watch *watch_of(struct job *job, const struct az_key *key)
{
    return &job->watch[key->item];
}

static int *tries_of(struct world *w, struct watch *v, const struct az_key *key)
{
    for (size_t i = 0; i < v->n_tries; i++) {
        if (az_key_cmp(&v->tries[i].key, key) == 0)
            return &v->tries[i].attempts;
    }
    az_assert(v->n_tries < AZ_LEN(v->tries));
    v->tries[v->n_tries].key = *key;
    v->tries[v->n_tries].attempts = 0;
    return &v->tries[v->n_tries++].attempts;
}

/* Its holder is silent, or was when it was asked elsewhere. */
static bool is_lost(struct world *w, const struct held *h)
{
    return h->lost || az_sched_silent(w->sched, h->peer);
}

/* No attempt is leased twice, but for the one call of a hedge; true: it is one. */
static bool check_lease(struct world *w, struct job *job, int peer, const struct az_msg_question *q)
{
    const struct az_key *key = &q->key;
    struct watch *v = watch_of(job, key);
    unsigned session = w->seats[peer].session;
    bool hedge = job->panel->limits.hedge && q->calls == 1, beside = false;
    for (size_t i = 0; i < v->n_held; i++) {
        const struct held *h = &v->held[i];
        if (az_key_cmp(&h->key, key) || (h->session != session && is_lost(w, h)))
            continue;
        if (h->session == session || !hedge)
            world_fail(w, "job %d, item %d, judge %d: session %u has it, and it is sent to %u",
                       job->index, (int)key->item, key->judge, h->session, session);
        hedge = false; /* one is enough */
        beside = true;
    }
    az_assert(v->n_held < AZ_LEN(v->held));
    v->held[v->n_held++] = (struct held){
        .key = *key, .peer = peer, .session = session, .attempts = *tries_of(w, v, key)};
    return beside;
}

/* Of the account that workers share: each question may be called for once. */
static void check_shared(struct world *w, int peer, const struct az_msg_question *q)
{
    const struct az_lease *l = az_lease_find(&w->sched->leases, peer, q->panel, &q->key);
    if (q->calls != 1)
        world_fail(w, "a question to a shared account that may be called for %u times", q->calls);
    az_assert(l);
    rate_call(w, &w->account, (double)l->tokens, "the shared account");
}

/* What an admin set is known to whoever is asked after that. */
static void check_set(struct world *w, int peer, size_t backend)
{
    const struct setting *set = &w->set[backend], *has = &w->seats[peer].has[backend];
    if (has->slots != set->slots || has->rpm != set->rpm || has->tpm != set->tpm)
        world_fail(w, "session %u is asked, and knows not the limits of '%s' that were set",
                   w->seats[peer].session, world_backend_name(backend));
}

/* Whoever is asked is paid within the limit that is in force: the one that is durable. */
static void check_limit(struct world *w, const struct job *job)
{
    az_nusd limit = service_limit(job, job->kept.sets);
    const struct az_budget *b = &job->docket->budget;
    if (b->limit != limit)
        world_fail(w, "job %d: a question under the limit %lld, and %lld is in force", job->index,
                   (long long)b->limit, (long long)limit);
    az_nusd held = b->settled + b->reserved;
    if (held > limit)
        world_fail(w, "job %d: %lld is spent or reserved, the limit is %lld", job->index,
                   (long long)held, (long long)limit);
}

/* No stored ballot is asked again, and a later round only when all it can see is
 * durable. */
void check_asked(struct world *w, struct job *job, int peer, const struct az_msg_question *q)
{
    const struct stored_item *s = &job->items[q->key.item];
    const struct az_judge *judge = &job->panel->judges[q->key.judge];
    int item = (int)q->key.item;
    if (s->verdict.status != AZ_OPEN)
        world_fail(w, "job %d, item %d is decided and asked about", job->index, item);
    if (job->record.deadline_s && w->ticked_s >= job->record.deadline_s)
        world_fail(w, "job %d, item %d is asked about after the job's deadline", job->index, item);
    if (disk_ballot(job, &q->key))
        world_fail(w, "job %d, item %d, judge %d, round %d: stored, and asked again", job->index,
                   item, q->key.judge, q->key.round);
    size_t seen = 0;
    for (size_t i = 0; i < s->n; i++)
        seen += s->ballots[i].ballot.key.round == q->key.round - 1 && !s->ballots[i].ballot.error;
    if (q->key.round > 1 && q->view.n > seen)
        world_fail(w, "job %d, item %d, round %d: %zu ballots are shown, %zu are durable",
                   job->index, item, q->key.round, q->view.n, seen);
    if (job->with_limit && q->grant == AZ_NUSD_MAX)
        world_fail(w, "a question without a limit");
    if (job->with_limit && q->grant) /* what costs nothing is always asked */
        check_limit(w, job);
    world_say(w, "  job %d, item %d, judge %d, round %d to session %u, attempts %d", job->index,
              item, q->key.judge, q->key.round, w->seats[peer].session, q->attempts);
    if (!strcmp(judge->backend, "shared"))
        check_shared(w, peer, q);
    check_set(w, peer, world_backend(judge->backend));
    int tries = *tries_of(w, watch_of(job, &q->key), &q->key) + check_lease(w, job, peer, q);
    if (q->attempts != tries)
        world_fail(w, "job %d, item %d, judge %d: %d attempts were made, the question says %d",
                   job->index, item, q->key.judge, tries, q->attempts);
}

static void held_remove(struct watch *v, size_t i)
{
    v->held[i] = v->held[--v->n_held];
}

static bool lease_lost(struct world *w, const struct job *job, const struct held *h)
{
    const struct az_lease *l = az_lease_find(&w->sched->leases, h->peer, job->number, &h->key);
    return !l || l->lost;
}

/* Before the scheduler hears of it: each question has one answer. What a lost lease
 * was called for is counted apart. */
void check_answered(struct world *w, int peer, const struct az_msg_answer *a)
{
    struct job *job = world_job(w, a->panel);
    if (!job)
        return; /* closed meanwhile */
    struct watch *v = watch_of(job, &a->ballot.key);
    size_t i = 0;
    while (i < v->n_held && (v->held[i].session != w->seats[peer].session ||
                             az_key_cmp(&v->held[i].key, &a->ballot.key)))
        i++;
    if (i == v->n_held) {
        world_fail(w, "job %d, item %d, judge %d: an answer, and it holds no such question",
                   job->index, (int)a->ballot.key.item, a->ballot.key.judge);
        return;
    }
    bool lost = lease_lost(w, job, &v->held[i]);
    const struct az_lease *l = az_lease_find(&w->sched->leases, peer, a->panel, &a->ballot.key);
    int64_t used = a->ballot.cached ? 0 : a->ballot.tokens_in + a->ballot.tokens_out;
    if (l && l->tokens >= 0 && used)
        rate_settled(&w->account, (double)(used - l->tokens), w->now);
    held_remove(v, i);
    world_say(w, "  job %d, item %d, judge %d, round %d from session %u: %s, attempts %d",
              job->index, (int)a->ballot.key.item, a->ballot.key.judge, a->ballot.key.round,
              w->seats[peer].session,
              a->again          ? "again"
              : a->ballot.error ? "an error"
                                : "an answer",
              a->ballot.attempts);
    if (a->again && !lost)
        *tries_of(w, v, &a->ballot.key) += a->ballot.attempts;
}

/* After that: what was paid for is kept, or something for the same question is. */
void check_answers_kept(struct world *w, const struct az_msg *msg)
{
    for (size_t i = 0; i < msg->answers.n; i++) {
        const struct az_msg_answer *a = &msg->answers.v[i];
        const struct job *job = world_job(w, a->panel);
        if (job && !job->failed && !a->again && !disk_has_record(job, &a->ballot.key))
            world_fail(w, "job %d, item %d, judge %d: its ballot was dropped", job->index,
                       (int)a->ballot.key.item, a->ballot.key.judge);
    }
}

void check_gone(struct world *w, int peer)
{
    for (int j = 0; j < w->n_jobs; j++) {
        for (int i = 0; i < w->jobs[j].n_items; i++) {
            struct watch *v = &w->jobs[j].watch[i];
            for (size_t h = v->n_held; h-- > 0;) {
                if (v->held[h].session == w->seats[peer].session)
                    held_remove(v, h);
            }
        }
    }
}

/* ---- money, credit ---- */

/* Over all crashes: neither what judges bill nor what is durable passes the limit,
 * and nothing is billed that the disk does not know of. */
void check_money(struct world *w, struct job *job)
{
    if (!job->with_limit)
        return;
    az_nusd limit = job->limit_most;
    if (job->billed > limit || job->billed > job->ceiling || job->ceiling > limit)
        world_fail(w, "job %d: billed %lld, on disk %lld, the limit is %lld", job->index,
                   (long long)job->billed, (long long)job->ceiling, (long long)limit);
}

/* No worker holds more than the credit it gave in this session, nor panels of jobs
 * that are closed, but for those on their way. */
void check_held(struct world *w, int who)
{
    const struct worker *k = &w->workers[who];
    uint32_t held[WORLD_BACKENDS] = {0};
    if (k->work->n_panels > 3 * (size_t)w->n_jobs)
        world_fail(w, "worker %d keeps %zu panels of %d jobs", who, k->work->n_panels, w->n_jobs);
    for (size_t i = 0; i < k->work->n_all; i++) {
        const struct work_call *c = k->work->all[i];
        if (c->state != CALL_FREE && !c->orphan)
            held[c->backend->index]++;
    }
    for (size_t b = 0; b < k->n_backends; b++) {
        if (held[b] > k->may_hold[b])
            world_fail(w, "worker %d holds %u questions for '%s', its credit was %u", who, held[b],
                       k->backends[b].name, k->may_hold[b]);
    }
}

/* When a call begins: no more are under way than the slots that it was told last. */
void check_slots(struct world *w, int who, size_t backend)
{
    const struct worker *k = &w->workers[who];
    uint32_t out = 0;
    for (size_t i = 0; i < k->work->n_all; i++)
        out += k->work->all[i]->state == CALL_OUT && k->work->all[i]->backend->index == backend;
    if (k->slots[backend] && out > k->slots[backend])
        world_fail(w, "worker %d: %u calls to '%s', it was told %u slots", who, out,
                   k->backends[backend].name, k->slots[backend]);
}

/* ---- the scheduler's own sums ---- */

/* Who is silent has lost what it held; who is back has what nobody else was sent. */
static void found(struct world *w, struct job *job, struct watch *v, struct held *h)
{
    bool was = h->lost;
    h->lost = lease_lost(w, job, h);
    if (was && !h->lost)
        *tries_of(w, v, &h->key) = h->attempts;
}

void check_silence(struct world *w, int peer)
{
    struct seat *s = &w->seats[peer];
    bool silent = s->state == SEAT_LIVE && az_sched_silent(w->sched, peer);
    if (silent == s->silent)
        return;
    s->silent = silent;
    world_say(w, "session %u is %s", s->session, silent ? "silent" : "heard again");
    for (int j = 0; j < w->n_jobs; j++) {
        for (int i = 0; i < w->jobs[j].n_items; i++) {
            struct watch *v = &w->jobs[j].watch[i];
            for (size_t h = 0; h < v->n_held; h++) {
                if (v->held[h].session != s->session)
                    continue;
                if (silent)
                    v->held[h].lost = true;
                else
                    found(w, &w->jobs[j], v, &v->held[h]);
            }
        }
    }
}

/* Nobody calls for what may be asked of others by then. Of a coordinator that is
 * gone, or that ended the session, a worker learns later. */
void check_begun(struct world *w, int who, const struct work_call *call)
{
    const struct conn *conn = w->workers[who].conn;
    for (int p = 0; conn && w->sched && p < w->n_seats; p++) {
        if (w->seats[p].state != SEAT_LIVE || w->seats[p].conn != conn->id)
            continue;
        const struct az_lease *l =
            az_lease_find(&w->sched->leases, p, call->panel->number, &call->ask.key);
        const struct job *job = l ? world_job(w, call->panel->number) : NULL;
        bool recalled = job && job->record.state == AZ_IS_CANCELLED; /* and asked of nobody */
        if (l && l->lost && !recalled)
            world_fail(w, "worker %d calls for item %d, judge %d, which it has lost", who,
                       (int)call->ask.key.item, call->ask.key.judge);
    }
}

struct sums {
    az_nusd reserved;
    int64_t sent, queued;
};

static void check_docket(struct world *w, struct job *job)
{
    const struct az_docket *d = job->docket;
    struct sums sum = {0};
    size_t leases = 0;
    for (int p = 0; p < w->n_seats; p++) {
        for (struct az_lease *l = az_leases_of(&w->sched->leases, p); l; l = l->next, leases++) {
            if (l->docket != d)
                continue;
            sum.reserved += l->reserved;
            sum.sent += !l->lost;
        }
    }
    for (size_t b = 0; b < d->panel->n_backends; b++) {
        for (const struct ask *a = d->queues[b].head; a; a = a->next)
            sum.queued++;
    }
    if (leases != w->sched->leases.n)
        world_fail(w, "%zu leases are counted, there are %zu", w->sched->leases.n, leases);
    if (sum.sent != d->counts.sent || sum.queued != d->counts.queued)
        world_fail(w, "job %d: %lld sent and %lld queued are counted, there are %lld and %lld",
                   job->index, (long long)d->counts.sent, (long long)d->counts.queued,
                   (long long)sum.sent, (long long)sum.queued);
    if (job->with_limit && sum.reserved != d->budget.reserved)
        world_fail(w, "job %d: %lld is reserved, leases hold %lld", job->index,
                   (long long)d->budget.reserved, (long long)sum.reserved);
    const struct az_budget *b = &d->budget;
    if (job->with_limit && (b->settled + b->reserved > b->durable || b->durable > job->limit_most))
        world_fail(w, "job %d: settled %lld, reserved %lld, durable %lld, the limit is %lld",
                   job->index, (long long)b->settled, (long long)b->reserved, (long long)b->durable,
                   (long long)job->limit_most);
    if (d->entries.n > job->window)
        world_fail(w, "job %d: %zu items in a window of %zu", job->index, d->entries.n,
                   job->window);
}

void check_sched(struct world *w)
{
    const struct az_sched *s = w->sched;
    for (int p = 0; p < w->n_seats; p++)
        check_silence(w, p);
    for (int j = 0; j < w->n_jobs; j++) {
        if (w->jobs[j].docket)
            check_docket(w, &w->jobs[j]);
    }
    for (size_t b = 0; b < s->n_backends; b++) {
        uint64_t credit = 0;
        for (size_t p = 0; p < s->n_peers; p++)
            credit += peer_may_be_asked(&s->peers[p], b) ? s->peers[p].offers[b].credit : 0;
        if (credit != s->backends[b].credit)
            world_fail(w, "credit of '%s' is counted %llu, it is %llu", s->backends[b].name,
                       (unsigned long long)s->backends[b].credit, (unsigned long long)credit);
    }
}

void check_end(struct world *w)
{
    for (int j = 0; j < w->n_jobs && !*w->failed; j++) {
        struct job *job = &w->jobs[j];
        for (int i = 0; i < job->n_items; i++) {
            const struct stored_item *s = &job->items[i];
            if (s->verdict.status == AZ_OPEN && job->record.state == AZ_IS_DONE)
                world_fail(w, "job %d, item %d was left open", j, i);
            for (size_t b = 0; b < s->n; b++) {
                if (s->ballots[b].ballot.attempts > job->panel->limits.attempts)
                    world_fail(w, "job %d, item %d: a ballot of %d attempts", j, i,
                               s->ballots[b].ballot.attempts);
            }
        }
        check_money(w, job);
    }
}
