/* The catalog: records of jobs, durable late and in order; what it cannot write it
 * tries again until it can. The rules are those of coordinator/io_catalog.h. */
#include "core/mem.h"
#include "tests/sim/world.h"

enum { RETRY_MS = 1000 };

static void commit_later(struct world *w, az_ms at, uint64_t ticket)
{
    w->catalog.last = AZ_MAX(w->catalog.last + 1, at);
    world_at(w, w->catalog.last,
             (struct event){.kind = EV_CATALOG, .life = w->life, .ticket = ticket});
}

static void change(struct world *w, struct job *job, bool drops)
{
    struct change *c = az_zalloc(sizeof(*c));
    struct az_error err = {0};
    az_assert(c && az_job_record_copy(&job->record, &c->record, &err) == 0);
    c->job = job;
    c->drops = drops;
    c->ticket = ++w->catalog.ticket;
    *w->catalog.end = c;
    w->catalog.end = &c->next;
    az_desk_put(&job->desk, c->ticket);
    commit_later(w, w->now + (az_ms)world_roll(w, BY_CATALOG, (uint64_t)w->disk_ms), c->ticket);
}

void catalog_put(struct world *w, struct job *job)
{
    change(w, job, false);
}

void catalog_drop(struct world *w, struct job *job)
{
    change(w, job, true);
}

/* The newest of its limits that this record may have. */
static int place_of(const struct job *job, az_nusd limit)
{
    int at = job->n_limits - 1;
    while (at > 0 && job->limits[at] != limit)
        at--;
    return at;
}

static void forget(struct world *w, const struct change *c)
{
    struct job *job = c->job;
    if (!job->kept.id || !az_job_has_ended(&job->kept))
        world_fail(w, "job %d is %s, and pruned", job->index, az_job_state_name(job->kept.state));
    if (job->dir != c->record.id)
        world_fail(w, "job %d has lost its directory before its record", job->index);
    job->pruned = job->kept.id;
    az_job_record_release(&job->kept);
}

static void keep(struct world *w, struct change *c)
{
    struct job *job = c->job;
    if (job->kept.id && job->kept.id != c->record.id)
        world_fail(w, "job %d is %lld, and its key has made another, %lld", job->index,
                   (long long)job->kept.id, (long long)c->record.id);
    if (job->dir != c->record.id)
        world_fail(w, "job %d has a record and no directory", job->index);
    az_job_record_release(&job->kept);
    job->kept = c->record;
    w->catalog.highest = AZ_MAX(w->catalog.highest, job->kept.id);
    c->record = (struct az_job_record){0};
    for (int seq = 0; seq < job->n_items && job->kept.state == AZ_IS_DONE; seq++) {
        if (job->owed[seq])
            world_fail(w, "job %d is done, and item %d was not asked again", job->index, seq);
    }
    if (!job->with_limit)
        return;
    az_nusd limit = service_limit(job, job->kept.sets);
    job->limit_most = AZ_MAX(job->limit_most, limit);
    if (place_of(job, limit) < job->limit_told)
        world_fail(w, "job %d: a limit that was told is not there any more", job->index);
}

static void drop_first(struct catalog *k)
{
    struct change *c = k->pending;
    if (!(k->pending = c->next))
        k->end = &k->pending;
    az_job_record_release(&c->record);
    free(c);
}

static void commit(struct world *w, uint64_t ticket)
{
    struct catalog *k = &w->catalog;
    for (; k->pending && k->pending->ticket <= ticket; drop_first(k)) {
        if (k->pending->drops)
            forget(w, k->pending);
        else
            keep(w, k->pending);
    }
    k->committed = AZ_MAX(k->committed, ticket);
}

void catalog_time(struct world *w, struct event *e)
{
    if (e->ticket <= w->catalog.committed)
        return;
    w->catalog.failing = w->full_until > w->now;
    if (w->catalog.failing)
        commit_later(w, w->now + RETRY_MS, e->ticket);
    else
        commit(w, e->ticket);
    service_run(w, 0, NULL);
}

/* Some of what was under way may be there. */
void catalog_crash(struct world *w)
{
    struct catalog *k = &w->catalog;
    if (w->full_until <= w->now)
        commit(w, k->committed + world_roll(w, BY_CATALOG, k->ticket - k->committed + 1));
    while (k->pending)
        drop_first(k);
    k->ticket = k->committed = 0;
    k->failing = false;
}
