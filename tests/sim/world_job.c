/* A job of the service: its docket, its items, its end; as io_open_job runs one, and
 * with the states of coordinator/job.h. What the catalog says is durable at once. */
#include "tests/sim/world.h"

static void moved(struct world *w, struct job *job, enum az_job_event event)
{
    struct az_error err = {0};
    if (az_job_on(&job->record, event, "the world", 1, &err) < 0)
        world_fail(w, "job %d: %s", job->index, err.what);
    world_say(w, "job %d is %s", job->index, az_job_state_name(job->record.state));
}

/* Whoever waits is opened, if its store is not in use. */
void job_opens(struct world *w, struct job *job)
{
    struct az_error err = {0};
    if (job->docket || job->ending || job->record.state != AZ_IS_WAITING)
        return;
    moved(w, job, AZ_ON_OPENED);
    struct az_docket_config config = {.number = ++w->last_number,
                                      .panel = job->panel,
                                      .job = job,
                                      .spent = job->ceiling,
                                      .window_items = 1 + world_roll(w, BY_JOB, WORLD_ITEMS),
                                      .window_bytes = 1 << 20,
                                      .under_way_max =
                                          (int)world_roll(w, BY_JOB, 2) * w->most_under_way,
                                      .weight = 1 + (int)world_roll(w, BY_JOB, 1000)};
    az_assert(az_sched_open(w->sched, &config, &job->docket, &err) == 0);
    job->number = config.number;
    job->window = config.window_items;
    job->next_item = 0;
    job->stopping = job->failed = false;
    memset(job->watch, 0, sizeof(job->watch));
}

struct job *world_job(struct world *w, uint32_t number)
{
    for (int j = 0; j < w->n_jobs; j++) {
        if (w->jobs[j].docket && w->jobs[j].number == number)
            return &w->jobs[j];
    }
    return NULL;
}

void job_stops(struct world *w, struct job *job)
{
    if (!job->docket)
        return;
    job->stopping = true;
    az_docket_stop(job->docket);
}

void job_feeds(struct world *w, struct job *job)
{
    while (job->docket && !job->stopping && job->next_item < job->n_items &&
           az_docket_room(job->docket) && !*w->failed) {
        int seq = job->next_item++;
        struct stored_item *s = &job->items[seq];
        if (s->verdict.status != AZ_OPEN)
            continue;
        struct az_ballot had[WORLD_BALLOTS];
        for (size_t i = 0; i < s->n; i++)
            had[i] = s->ballots[i].ballot;
        struct az_error err = {0};
        az_assert(az_docket_add(job->docket, world_item(job, seq), (struct az_ballots){had, s->n},
                                w->now, &w->fx, &err) == 0);
        coordinator_effects(w);
    }
}

/* Items that left: their verdicts are durable. */
void job_commits(struct world *w, struct job *job)
{
    struct az_done done;
    if (job->docket)
        disk_submit(w, job);
    while (job->docket && az_docket_next_done(job->docket, &done)) {
        int64_t seq = done.item->seq;
        if (job->watch[seq].left)
            world_fail(w, "job %d, item %d left twice", job->index, (int)seq);
        job->watch[seq].left = true;
        if (done.verdict.status != job->items[seq].verdict.status)
            world_fail(w, "job %d, item %d is told as %s and stored as %s", job->index, (int)seq,
                       az_status_name(done.verdict.status),
                       az_status_name(job->items[seq].verdict.status));
    }
}

/* ---- its end ---- */

static bool finished(const struct job *job)
{
    struct az_counts counts = az_docket_counts(job->docket);
    if (job->failed)
        return true;
    if (!az_docket_idle(job->docket))
        return false;
    return job->next_item == job->n_items || job->stopping || counts.stopped || counts.broke;
}

static enum az_job_event end_of(const struct job *job)
{
    struct az_counts counts = az_docket_counts(job->docket);
    if (job->failed)
        return AZ_ON_FAILED;
    if (counts.stopped)
        return AZ_ON_BACKEND;
    if (counts.broke || counts.unaffordable)
        return AZ_ON_BUDGET;
    return job->stopping ? AZ_ON_LEFT : AZ_ON_DONE;
}

static void wait_for_help(struct world *w, struct job *job)
{
    if (job->record.state == AZ_IS_WAITING)
        world_at(w, w->now,
                 (struct event){.kind = EV_JOB_OPENS, .who = job->index, .life = w->life});
    else if (!az_job_has_ended(&job->record))
        world_at(w, w->now + 1 + (az_ms)world_roll(w, BY_JOB, 20000),
                 (struct event){.kind = EV_JOB_RESUMES, .who = job->index});
}

/* Its store is closed, with all that was put. */
static void job_closed(struct world *w, struct job *job)
{
    job->ending = false;
    moved(w, job, job->end);
    wait_for_help(w, job);
}

void job_ends(struct world *w, struct job *job)
{
    struct az_error err = {0};
    if (!job->docket || !finished(job) || *w->failed)
        return;
    job->end = end_of(job);
    az_assert(az_docket_ledger(job->docket, &w->fx, &err) == 0);
    coordinator_effects(w);
    disk_submit(w, job);
    job->ending = true;
    az_assert(az_sched_close(job->docket, &w->fx, &err) == 0);
    job->docket = NULL;
    coordinator_effects(w);
    if (!job->pending)
        job_closed(w, job);
}

/* All its items are there. A crash may come between that and what the catalog says. */
void job_sealed(struct world *w, struct job *job)
{
    if (job->record.state != AZ_IS_RECEIVING || job->chunks < job->n_chunks)
        return;
    moved(w, job, AZ_ON_SEALED);
    job_opens(w, job);
}

void job_stored(struct world *w, struct job *job)
{
    struct az_error err = {0};
    if (job->docket)
        az_assert(az_docket_on_committed(job->docket, job->committed, w->now, &w->fx, &err) == 0);
    else if (job->ending && !job->pending)
        job_closed(w, job);
    job_sealed(w, job);
    service_stored(w, job, job->chunks);
}

/* What was on its way is lost. */
void job_disk_failed(struct world *w, struct job *job)
{
    if (job->docket) {
        job->failed = true;
        job_stops(w, job);
        return;
    }
    if (job->ending) {
        job->end = AZ_ON_FAILED;
        job_closed(w, job);
    }
}
