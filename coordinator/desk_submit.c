/* Submit and Chunk: a job is made, and its items come in. */
#include "coordinator/desk.h"
#include "core/plant.h"

enum { UNDER_WAY_MAX = 16, DEADLINE_MAX_S_BITS = 40 };

/* ---- Submit ---- */

int az_desk_admit(const struct az_desk *d, const struct az_asker *who,
                  const struct az_error *failing, struct az_error *err)
{
    if (d->stopping)
        return az_fail(err, AZ_EBUSY, "the coordinator is stopping");
    if (!who->submits)
        return az_fail(err, AZ_EINVAL, "you may look at jobs, not submit one");
    if (failing->code < 0)
        *err = *failing;
    return failing->code;
}

void az_desk_begin(struct az_job_record *rec, int64_t id, uint32_t priority, int64_t deadline_s,
                   int64_t now_s)
{
    rec->id = id;
    rec->priority = priority ? (int)priority : AZ_JOB_PRIORITY;
    rec->created_s = now_s;
    rec->figures.limit = -1;
    rec->deadline_s =
        deadline_s ? now_s + AZ_MIN(deadline_s, INT64_C(1) << DEADLINE_MAX_S_BITS) : 0;
}

static int submitted(struct az_desk *d, struct az_desk_job *job, const struct az_asked *asked,
                     bool existed, struct az_error *err)
{
    struct az_desk_effect e = {.kind = AZ_DESK_SUBMITTED,
                               .job = job,
                               .asked = *asked,
                               .durable = !AZ_PLANTED(AZ_PLANT_EARLY_NUMBER),
                               .existed = existed};
    return desk_push(d, &e, err);
}

/* Somebody may wait for the same job, whose directory could not be made. */
static int refused(struct az_desk *d, struct az_desk_job *job, const struct az_asked *asked,
                   int64_t id, struct az_error *err)
{
    struct az_error why = *err;
    int r = desk_refuse(d, asked, id, &why, err);
    if (r < 0 || job->made || job->gone)
        return r;
    desk_forget(d, job);
    struct az_desk_effect e = {.kind = AZ_DESK_GONE, .job = job};
    return desk_push(d, &e, err);
}

int az_desk_made(struct az_desk *d, struct az_desk_job *job, const struct az_asked *asked,
                 const struct az_desk_made *made, int64_t now_s, struct az_error *err)
{
    if (made->code < 0)
        return refused(d, job, asked, 0, err);
    struct az_job_record *rec = job->rec;
    int64_t until = made->job_s ? rec->created_s + made->job_s : 0;
    if (until && (!rec->deadline_s || until < rec->deadline_s))
        rec->deadline_s = until;
    rec->figures.limit = made->limit;
    struct az_desk_effect put = {.kind = AZ_DESK_PUT, .job = job};
    int r = desk_push(d, &put, err);
    return r < 0 ? r : submitted(d, job, asked, false, err);
}

int az_desk_found(struct az_desk *d, struct az_desk_job *job, const struct az_asked *asked,
                  int code, const struct az_store_progress *progress, struct az_error *err)
{
    if (job->gone) { /* pruned, or not made, while it was looked at */
        code =
            az_fail(err, AZ_EBUSY, "job %lld of this key went just now", (long long)job->rec->id);
        az_hint(err, "Submit it again: that makes a new job.");
    }
    if (code < 0)
        return refused(d, job, asked, job->rec->id, err);
    job->chunks = AZ_MAX(job->chunks, progress->chunks);
    job->last_line = AZ_MAX(job->last_line, progress->last_line);
    job->repeated_lines = AZ_MAX(job->repeated_lines, progress->doubles);
    return submitted(d, job, asked, true, err);
}

/* ---- Chunk ---- */

static int chunked(struct az_desk *d, struct az_desk_job *job, const struct az_asked *asked,
                   const struct az_bad_lines *bad, struct az_error *err)
{
    struct az_desk_effect e = {.kind = AZ_DESK_CHUNKED, .job = job, .asked = *asked, .bad = bad};
    return desk_push(d, &e, err);
}

/* Of a job that takes none: one that came before is acknowledged again. */
static int settled(const struct az_desk_job *job, uint64_t index, struct az_error *why)
{
    long long id = (long long)job->rec->id;
    if (job->rec->state == AZ_IS_RECEIVING)
        return az_fail(why, AZ_ELIMIT, "more than %d chunks under way", UNDER_WAY_MAX);
    if (job->rec->state == AZ_IS_CANCELLED)
        return az_fail(why, AZ_EINVAL, "job %lld is cancelled", id);
    if (index >= (uint64_t)job->chunks)
        return az_fail(why, AZ_EINVAL, "job %lld has all its items", id);
    return 0;
}

int az_desk_chunk(struct az_desk *d, struct az_desk_job *job, const struct az_asked *asked,
                  uint64_t index, bool *take, struct az_error *err)
{
    struct az_error why = {0};
    *take = job->rec->state == AZ_IS_RECEIVING && job->chunks_under_way < UNDER_WAY_MAX;
    if (*take) {
        job->chunks_under_way++;
        return 0;
    }
    if (settled(job, index, &why) < 0)
        return desk_refuse(d, asked, job->rec->id, &why, err);
    return chunked(d, job, asked, NULL, err);
}

int az_desk_taken(struct az_desk *d, struct az_desk_job *job, const struct az_asked *asked,
                  const struct az_desk_taken *taken, int64_t now_s, struct az_error *err)
{
    const struct az_store_progress *p = &taken->progress;
    int code = taken->code;
    job->chunks_under_way--;
    if (code == 0 && job->gone) /* cancelled and pruned while it was taken */
        code = az_fail(err, AZ_ENOENT, "no job %lld", (long long)job->rec->id);
    if (code < 0) {
        struct az_error why = *err;
        return desk_refuse(d, asked, job->rec->id, &why, err);
    }
    job->chunks = p->chunks;
    job->last_line = p->last_line;
    job->repeated_lines = p->doubles;
    job->rec->figures.items = taken->items;
    job->rec->figures.bad_lines = p->bad_lines;
    bool sealed = p->sealed && job->rec->state == AZ_IS_RECEIVING;
    int r = sealed ? desk_change(d, job, AZ_ON_SEALED, NULL, now_s, err) : 0;
    return r < 0 ? r : chunked(d, job, asked, taken->bad, err);
}
