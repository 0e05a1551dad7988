/* A job of the service that is open: its docket, its items, its end; as io_open_job
 * runs one. */
#include "coordinator/sched_state.h"
#include "tests/sim/world.h"

void job_runs(struct world *w, struct job *job)
{
    struct az_error err = {0};
    struct az_docket_config config = {.number = ++w->last_number,
                                      .panel = job->panel,
                                      .job = job,
                                      .spent = job->ceiling,
                                      .window_items = 1 + world_roll(w, BY_JOB, WORLD_ITEMS),
                                      .window_bytes = 1 << 20,
                                      .under_way_max =
                                          (int)world_roll(w, BY_JOB, 2) * w->most_under_way,
                                      .weight = job->record.priority};
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

void job_stops(struct world *w, struct job *job, bool at_once)
{
    struct az_error err = {0};
    if (!job->docket)
        return;
    job->stopping = true;
    if (at_once)
        az_assert(az_docket_cancel(job->docket, w->now, &w->fx, &err) == 0);
    else
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
        reader_wakes(w, job);
        if (done.verdict.status == AZ_FAILED || done.verdict.status == AZ_ABSTAINED)
            item_fails(w, job);
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

/* What it holds is closed; the last records are on their way. */
void job_closes(struct world *w, struct job *job)
{
    struct az_error err = {0};
    if (job->docket)
        job->limit_ran = job->docket->budget.limit;
    if (job->docket)
        az_assert(az_sched_close(job->docket, &w->fx, &err) == 0);
    job->docket = NULL;
    coordinator_effects(w);
    struct chore *c = chore_add(w, CHORE_CLOSE, job);
    c->code = job->failed ? AZ_EOUTPUT : 0;
}

void job_ends(struct world *w, struct job *job)
{
    struct az_error err = {0};
    if (!job->docket || !finished(job) || *w->failed)
        return;
    job->desk.end = end_of(job);
    az_assert(az_docket_ledger(job->docket, &w->fx, &err) == 0);
    coordinator_effects(w);
    disk_submit(w, job);
    service_run(w, az_desk_ended(&w->desk, &job->desk, &err), &err);
}

void job_stored(struct world *w, struct job *job)
{
    struct az_error err = {0};
    if (job->docket)
        az_assert(az_docket_on_committed(job->docket, job->committed, w->now, &w->fx, &err) == 0);
    chores_stored(w, job, false);
}

/* What was on its way is lost. */
void job_disk_failed(struct world *w, struct job *job)
{
    if (job->docket) {
        job->failed = true;
        job_stops(w, job, false);
    }
    chores_stored(w, job, true);
}
