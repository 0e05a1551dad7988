/* The disks, one a job: what is put waits for its ticket, in order; a crash loses
 * what was not committed, or its last part; full, one keeps nothing any more. The
 * rules are those of coordinator/store.h. */
#include "core/mem.h"
#include "tests/sim/world.h"

static struct record *record_add(struct job *job, int kind)
{
    struct record *r = az_zalloc(sizeof(*r));
    az_assert(r);
    r->kind = kind;
    *job->pending_end = r;
    job->pending_end = &r->next;
    return r;
}

static void records_drop(struct job *job)
{
    for (struct record *r; (r = job->pending);) {
        job->pending = r->next;
        free(r);
    }
    job->pending_end = &job->pending;
}

static struct stored_ballot *stored(struct job *job, const struct az_key *key)
{
    struct stored_item *s = &job->items[key->item];
    for (size_t i = 0; i < s->n; i++) {
        if (az_key_cmp(&s->ballots[i].ballot.key, key) == 0)
            return &s->ballots[i];
    }
    return NULL;
}

const struct az_ballot *disk_ballot(const struct job *job, const struct az_key *key)
{
    const struct stored_ballot *b = stored((struct job *)job, key);
    return b ? &b->ballot : NULL;
}

/* Durable or on its way. */
static const struct az_ballot *latest(const struct job *job, const struct az_key *key)
{
    const struct az_ballot *found = disk_ballot(job, key);
    for (const struct record *r = job->pending; r; r = r->next) {
        if (r->kind == REC_BALLOT && az_key_cmp(&r->ballot.key, key) == 0 &&
            (!found || (found->error && !r->ballot.error)))
            found = &r->ballot;
    }
    return found;
}

bool disk_has_record(const struct job *job, const struct az_key *key)
{
    return latest(job, key);
}

/* ---- putting ---- */

static void put_ballot(struct world *w, struct job *job, const struct az_ballot *b)
{
    const struct az_ballot *had = latest(job, &b->key);
    bool late =
        job->watch[b->key.item].verdict_put || job->items[b->key.item].verdict.status != AZ_OPEN;
    /* Of an item that has left, what comes first is kept by the store alone. */
    if (had && !had->error && !late && !job->watch[b->key.item].left)
        world_fail(w, "job %d, item %d, judge %d: it has an answer, and %s is stored after it",
                   job->index, (int)b->key.item, b->key.judge,
                   b->error ? "an error" : "another one");
    struct record *r = record_add(job, REC_BALLOT);
    az_assert(az_ballot_copy(job->arena, b, &r->ballot) == 0);
    r->late = late;
}

static void put_verdict(struct world *w, struct job *job, int64_t seq, const struct az_verdict *v)
{
    struct record *r = record_add(job, REC_VERDICT);
    r->seq = seq;
    r->verdict = *v;
    if (job->watch[seq].verdict_put || job->items[seq].verdict.status != AZ_OPEN)
        world_fail(w, "job %d, item %d: a second verdict", job->index, (int)seq);
    job->watch[seq].verdict_put = true;
}

void disk_put(struct world *w, struct job *job, const struct az_effect *x)
{
    if (job->failed)
        return;
    if (x->kind == AZ_FX_BALLOT)
        put_ballot(w, job, x->ballot);
    else if (x->kind == AZ_FX_VERDICT)
        put_verdict(w, job, x->verdict.seq, x->verdict.verdict);
    else
        record_add(job, REC_LEDGER)->ceiling = x->ledger.ceiling;
}

void disk_put_chunk(struct world *w, struct job *job, const struct az_received *received)
{
    record_add(job, REC_CHUNK)->received = *received;
}

/* ---- committing ---- */

void disk_submit(struct world *w, struct job *job)
{
    bool any = false;
    for (struct record *r = job->pending; r; r = r->next) {
        if (r->ticket)
            continue;
        job->ticket += !any;
        any = true;
        r->ticket = job->ticket;
    }
    if (job->docket)
        az_docket_submitted(job->docket, any ? job->ticket : 0);
    if (!any)
        return;
    job->last_commit =
        AZ_MAX(job->last_commit + 1, w->now + (az_ms)world_roll(w, BY_DISK, (uint64_t)w->disk_ms));
    /* `what` is no misfortune here: which life of the store it is. */
    world_at(w, job->last_commit,
             (struct event){.kind = EV_COMMIT,
                            .who = job->index,
                            .life = w->life,
                            .said = {.session = job->disk_life},
                            .ticket = job->ticket});
}

static void store_ballot(struct job *job, const struct record *r)
{
    struct stored_item *s = &job->items[r->ballot.key.item];
    struct stored_ballot *had = stored(job, &r->ballot.key);
    if (had && (!had->ballot.error || r->ballot.error || s->verdict.status != AZ_OPEN))
        return;
    if (!had) {
        az_assert(s->n < AZ_LEN(s->ballots));
        had = &s->ballots[s->n++];
    }
    *had = (struct stored_ballot){r->ballot, r->late};
}

/* Its verdict goes, and its errors; what was answered is there for its next one. */
static void reopen(struct stored_item *s)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++) {
        if (s->ballots[i].ballot.error)
            continue;
        s->ballots[n] = s->ballots[i];
        s->ballots[n++].late = false;
    }
    s->n = n;
    s->verdict = (struct az_verdict){.status = AZ_OPEN};
    s->pos = 0;
}

void disk_reopen(struct world *w, struct job *job, int most)
{
    for (int seq = 0; seq < job->n_items && most > 0; seq++) {
        struct stored_item *s = &job->items[seq];
        if (s->verdict.status != AZ_FAILED && s->verdict.status != AZ_ABSTAINED)
            continue;
        world_say(w, "job %d, item %d is open again", job->index, seq);
        job->owed[seq] = false;
        reopen(s);
        most--;
    }
}

/* All up to `ticket` is durable. */
static void commit(struct world *w, struct job *job, uint64_t ticket)
{
    struct record *r;
    for (; (r = job->pending) && r->ticket && r->ticket <= ticket;) {
        if (r->kind == REC_BALLOT) {
            store_ballot(job, r);
        } else if (r->kind == REC_VERDICT) {
            job->items[r->seq].verdict = r->verdict;
            job->items[r->seq].pos = ++job->decisions;
            check_verdict(w, job, r->seq);
        } else if (r->kind == REC_LEDGER) {
            job->ceiling = r->ceiling;
        } else {
            job->in = r->received;
        }
        job->pending = r->next;
        free(r);
    }
    if (!job->pending)
        job->pending_end = &job->pending;
    check_money(w, job);
}

static void disk_fail(struct world *w, struct job *job)
{
    world_say(w, "job %d: the disk is full", job->index);
    records_drop(job);
    job->disk_life++;
    job_disk_failed(w, job);
}

void disk_committed(struct world *w, struct event *e)
{
    struct job *job = &w->jobs[e->who];
    if (e->said.session != job->disk_life || e->ticket <= job->committed)
        return;
    if (w->full_until > w->now) {
        disk_fail(w, job);
        return;
    }
    commit(w, job, e->ticket);
    job->committed = e->ticket;
    job_stored(w, job);
}

/* Some of what was under way may have reached the disk untold; the last write is torn. */
void disk_crash(struct world *w, struct job *job)
{
    if (w->full_until <= w->now)
        commit(w, job, job->committed + world_roll(w, BY_DISK, job->ticket - job->committed + 1));
    records_drop(job);
    job->disk_life++;
    job->ticket = job->committed = 0;
}
