/* A job's turn: it is opened, runs, and is closed. */
#include "coordinator/desk.h"
#include "core/plant.h"

static const char time_up[] = "its deadline has passed";

static int push(struct az_desk *d, enum az_desk_kind kind, struct az_desk_job *job,
                struct az_error *err)
{
    struct az_desk_effect e = {.kind = kind, .job = job};
    return desk_push(d, &e, err);
}

/* ---- whose turn it is ---- */

static int count_open(const struct az_desk *d)
{
    int n = 0;
    for (const struct az_desk_job *j = d->jobs; j; j = j->next)
        n += j->phase != AZ_PHASE_CLOSED;
    return n;
}

/* It is opened with the settings in its record: one that is not durable may be a
 * limit that is higher than the one there would be after a crash. */
static bool may_open(const struct az_desk_job *job)
{
    return job->rec->state == AZ_IS_WAITING && job->phase == AZ_PHASE_CLOSED && !job->setting;
}

static struct az_desk_job *next_waiting(const struct az_desk *d)
{
    struct az_desk_job *best = NULL;
    for (struct az_desk_job *j = d->jobs; j; j = j->next) {
        if (may_open(j) && (!best || az_job_order(j->rec, best->rec) < 0))
            best = j;
    }
    return best;
}

static int open_one(struct az_desk *d, struct az_desk_job *job, struct az_error *err)
{
    job->phase = AZ_PHASE_OPENING;
    job->time_up = job->limit_set = job->has_late = false;
    job->retrying = job->rec->retry;
    job->end = AZ_ON_LEFT;
    job->why[0] = '\0';
    return push(d, AZ_DESK_OPEN, job, err);
}

int desk_open_more(struct az_desk *d, struct az_error *err)
{
    struct az_desk_job *next;
    int r = 0;
    for (int n = count_open(d);
         r == 0 && !d->stopping && n < d->jobs_open && (next = next_waiting(d)); n++)
        r = open_one(d, next, err);
    return r;
}

/* ---- opening ---- */

static bool is_late(const struct az_desk_job *job, int64_t now_s)
{
    return job->rec->deadline_s && now_s >= job->rec->deadline_s;
}

bool az_desk_wanted(const struct az_desk *d, const struct az_desk_job *job, int64_t now_s)
{
    bool again = job->rec->retry && !job->retrying; /* it was asked for meanwhile: once more */
    bool late = is_late(job, now_s) && !AZ_PLANTED(AZ_PLANT_OPENED_LATE);
    return job->rec->state == AZ_IS_WAITING && !d->stopping && !again && !late;
}

static int runs(struct az_desk *d, struct az_desk_job *job, int64_t now_s, struct az_error *err)
{
    job->phase = AZ_PHASE_OPEN;
    int r = desk_change(d, job, AZ_ON_OPENED, NULL, now_s, err);
    if (r < 0 || !job->has_late)
        return r;
    struct az_desk_effect e = {.kind = AZ_DESK_LIMIT, .job = job, .usd = job->late};
    return desk_push(d, &e, err);
}

static int begin_closing(struct az_desk *d, struct az_desk_job *job, struct az_error *err)
{
    job->phase = AZ_PHASE_CLOSING;
    return push(d, AZ_DESK_CLOSE, job, err);
}

int az_desk_opened(struct az_desk *d, struct az_desk_job *job, bool wanted, int code,
                   const char *why, int64_t now_s, struct az_error *err)
{
    if (code == 0 && wanted)
        return runs(d, job, now_s, err);
    job->time_up = is_late(job, now_s);
    if (code < 0) {
        job->end = AZ_ON_FAILED;
        snprintf(job->why, sizeof(job->why), "%s", why);
    }
    return begin_closing(d, job, err);
}

/* ---- closing ---- */

int az_desk_ended(struct az_desk *d, struct az_desk_job *job, struct az_error *err)
{
    return begin_closing(d, job, err);
}

/* A limit that was set while it ran came too late for items that had left; a
 * deadline may have been put off while calls under way were waited for. */
static enum az_job_event end_event(const struct az_desk_job *job, int64_t now_s)
{
    if (job->end == AZ_ON_BUDGET && job->limit_set)
        return AZ_ON_LEFT;
    return job->end == AZ_ON_LEFT && job->time_up && is_late(job, now_s) ? AZ_ON_TIME : job->end;
}

int az_desk_closed(struct az_desk *d, struct az_desk_job *job, int code, const char *why,
                   int64_t now_s, struct az_error *err)
{
    enum az_job_event event = end_event(job, now_s);
    job->phase = AZ_PHASE_CLOSED;
    d->look = true;
    if (code < 0 && event != AZ_ON_FAILED) {
        event = AZ_ON_FAILED;
        snprintf(job->why, sizeof(job->why), "%s", why);
    }
    enum az_job_state before = job->rec->state;
    int r = desk_change(d, job, event, event == AZ_ON_TIME ? time_up : job->why, now_s, err);
    return r == 0 && before == job->rec->state ? push(d, AZ_DESK_PUT, job, err) : r;
}

/* ---- time, and the end ---- */

static bool may_run_out(const struct az_desk_job *job)
{
    return job->rec->deadline_s &&
           (job->rec->state == AZ_IS_WAITING || job->rec->state == AZ_IS_RUNNING) && !job->time_up;
}

int az_desk_deadlines(struct az_desk *d, int64_t now_s, struct az_error *err)
{
    int r = 0;
    for (struct az_desk_job *j = d->jobs; r == 0 && j; j = j->next) {
        if (!may_run_out(j) || now_s < j->rec->deadline_s)
            continue;
        if (j->phase == AZ_PHASE_CLOSED) {
            r = desk_change(d, j, AZ_ON_TIME, time_up, now_s, err);
        } else if (j->phase == AZ_PHASE_OPEN) {
            j->time_up = true;
            r = push(d, AZ_DESK_HALT, j, err);
        }
    }
    return r;
}

int az_desk_stop(struct az_desk *d, bool at_once, struct az_error *err)
{
    int r = 0;
    d->stopping = true;
    for (struct az_desk_job *j = d->jobs; r == 0 && j; j = j->next) {
        struct az_desk_effect e = {.kind = AZ_DESK_HALT, .job = j, .at_once = at_once};
        r = desk_push(d, &e, err);
    }
    return r;
}
