/* What the desk decides is done here. */
#include "coordinator/io_service_state.h"
#include "core/log.h"

static void tell_change(struct az_service *s, struct job *job)
{
    job->news = s->wake_readers = true;
    s->next_wake = 0;
    if (job->rec.state == AZ_IS_STOPPED)
        az_warn("job stopped, it can be resumed", KV("job", job->rec.id), KV("why", job->rec.why));
    else
        az_info("job changed", KV("job", job->rec.id),
                KV("state", az_job_state_name(job->rec.state)));
}

static void put(struct az_service *s, struct job *job, bool changed)
{
    service_save(s, job);
    if (changed)
        tell_change(s, job);
}

/* Nobody finds it any more. */
static void drop(struct az_service *s, struct job *job)
{
    struct az_error err = {0};
    uint64_t ticket = 0;
    az_map_remove(&s->by_id, job->rec.id);
    int r = az_catalog_drop(s->catalog, job->rec.id, &ticket, &err);
    service_give_up(s, r, &err);
    if (r < 0)
        return;
    az_desk_put(&job->desk, ticket);
    az_info("job removed", KV("job", job->rec.id));
}

static void limit(struct az_service *s, struct job *job, az_nusd usd)
{
    struct az_error err = {0};
    if (job->open)
        service_give_up(s, az_open_job_limit(job->open, usd, &err), &err);
}

static void perform(struct az_service *s, const struct az_desk_effect *e)
{
    struct job *job = job_of(e->job);
    switch (e->kind) {
    case AZ_DESK_PUT:
        return put(s, job, e->changed);
    case AZ_DESK_DROP:
        return drop(s, job);
    case AZ_DESK_SUBMITTED:
        return front_submitted(s, &e->asked, job, e->existed);
    case AZ_DESK_CHUNKED:
        return front_chunked(s, &e->asked, job, e->bad);
    case AZ_DESK_DONE:
        return front_done(s, &e->asked, e->n);
    case AZ_DESK_FAILED:
        return front_failed(s, &e->asked, e->n, &e->err);
    case AZ_DESK_OPEN:
        return service_open(s, job);
    case AZ_DESK_CLOSE:
        return service_close(s, job);
    case AZ_DESK_HALT:
        return service_halt(s, job, e->at_once);
    case AZ_DESK_WEIGHT:
        if (job->open)
            az_open_job_weight(job->open, job->rec.priority);
        return;
    case AZ_DESK_LIMIT:
        return limit(s, job, e->usd);
    case AZ_DESK_LEAVE:
        return front_remove(s, job, false);
    case AZ_DESK_GONE:
        az_map_remove(&s->by_id, job->rec.id);
        return;
    case AZ_DESK_REMOVE:
        return front_remove(s, job, true);
    case AZ_DESK_NOTHING:
        return;
    }
}

static void done(struct az_service *s, const struct az_desk_effect *e)
{
    if (e->job)
        service_release(s, job_of(e->job));
}

void service_desk(struct az_service *s, int r, const struct az_error *err)
{
    struct az_desk_effect e;
    struct az_error why = {0};
    service_give_up(s, r, err);
    while (s->code == 0 &&
           (r = az_desk_next(&s->desk, az_catalog_committed(s->catalog), &e, &why)) > 0) {
        perform(s, &e);
        done(s, &e);
    }
    service_give_up(s, r, &why);
}

void service_desk_drop(struct az_service *s)
{
    struct az_desk_effect e;
    while (az_desk_drop(&s->desk, &e))
        done(s, &e);
}
