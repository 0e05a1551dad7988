/* The desk's jobs, and its effects: those that are due, and those that wait. */
#include "coordinator/desk.h"
#include "core/mem.h"

struct az_desk_node {
    struct az_desk_node *next;
    uint64_t ticket; /* of one that waits */
    struct az_desk_effect e;
};

static void queue_init(struct az_desk_queue *q)
{
    q->head = NULL;
    q->end = &q->head;
}

static void queue_push(struct az_desk_queue *q, struct az_desk_node *n)
{
    n->next = NULL;
    *q->end = n;
    q->end = &n->next;
}

static struct az_desk_node *queue_pop(struct az_desk_queue *q)
{
    struct az_desk_node *n = q->head;
    if (n && !(q->head = n->next))
        q->end = &q->head;
    return n;
}

void az_desk_init(struct az_desk *d, int jobs_open)
{
    *d = (struct az_desk){.jobs_open = jobs_open};
    d->jobs_end = &d->jobs;
    queue_init(&d->now);
    queue_init(&d->waiting);
}

/* ---- effects ---- */

int desk_push(struct az_desk *d, const struct az_desk_effect *e, struct az_error *err)
{
    struct az_desk_node *n = az_zalloc(sizeof(*n));
    if (!n)
        return az_oom(err);
    n->e = *e;
    if (e->job)
        e->job->chores++;
    queue_push(&d->now, n);
    return 0;
}

int desk_refuse(struct az_desk *d, const struct az_asked *asked, int64_t job,
                const struct az_error *why, struct az_error *err)
{
    struct az_desk_effect e = {.kind = AZ_DESK_FAILED, .asked = *asked, .n = job, .err = *why};
    return desk_push(d, &e, err);
}

/* What was set is durable: now it holds. A job that is being opened begins with the
 * limit from before, and is told once it runs; one that is closed reads its record
 * the next time. */
static void set_holds(struct az_desk *d, struct az_desk_effect *e)
{
    struct az_desk_job *job = e->job;
    if (e->kind == AZ_DESK_WEIGHT) {
        job->setting--;
        d->look = true;
    } else if (job->phase == AZ_PHASE_OPENING) {
        job->has_late = true;
        job->late = e->usd;
    }
    if (job->phase != AZ_PHASE_OPEN)
        e->kind = AZ_DESK_NOTHING;
}

static void take(struct az_desk *d, struct az_desk_node *n, struct az_desk_effect *ret)
{
    *ret = n->e;
    free(n);
    if (ret->durable && (ret->kind == AZ_DESK_WEIGHT || ret->kind == AZ_DESK_LIMIT))
        set_holds(d, ret);
}

/* What waits has its record's ticket by now, for what puts that comes before. */
static struct az_desk_node *next_now(struct az_desk *d)
{
    struct az_desk_node *n;
    while ((n = queue_pop(&d->now)) && n->e.durable) {
        n->ticket = n->e.job->ticket;
        queue_push(&d->waiting, n);
    }
    return n;
}

int az_desk_next(struct az_desk *d, uint64_t committed, struct az_desk_effect *ret,
                 struct az_error *err)
{
    struct az_desk_node *n = next_now(d);
    if (!n && d->waiting.head && d->waiting.head->ticket <= committed)
        n = queue_pop(&d->waiting);
    if (!n && d->look) {
        d->look = false;
        int r = desk_open_more(d, err);
        if (r < 0)
            return r;
        n = next_now(d);
    }
    if (!n)
        return 0;
    take(d, n, ret);
    return 1;
}

bool az_desk_drop(struct az_desk *d, struct az_desk_effect *ret)
{
    struct az_desk_node *n = queue_pop(&d->now);
    n = n ? n : queue_pop(&d->waiting);
    if (!n)
        return false;
    *ret = n->e;
    free(n);
    return true;
}

bool az_desk_waits(const struct az_desk *d)
{
    return d->waiting.head;
}

void az_desk_put(struct az_desk_job *job, uint64_t ticket)
{
    job->ticket = ticket;
    job->born = job->made ? job->born : ticket;
    job->made = true;
}

/* ---- which jobs there are ---- */

void az_desk_add(struct az_desk *d, struct az_desk_job *job)
{
    job->next = NULL;
    *d->jobs_end = job;
    d->jobs_end = &job->next;
}

void desk_forget(struct az_desk *d, struct az_desk_job *job)
{
    struct az_desk_job **at = &d->jobs;
    while (*at != job)
        at = &(*at)->next;
    *at = job->next;
    if (d->jobs_end == &job->next)
        d->jobs_end = at;
    job->gone = true;
}

struct az_desk_job *az_desk_by_key(const struct az_desk *d, const char *owner, const char *key)
{
    for (struct az_desk_job *j = d->jobs; j; j = j->next) {
        if (!strcmp(j->rec->key, key) && !strcmp(j->rec->owner, owner))
            return j;
    }
    return NULL;
}

bool az_desk_told(const struct az_desk_job *job, uint64_t committed)
{
    return job->made && committed >= job->born;
}

int desk_change(struct az_desk *d, struct az_desk_job *job, enum az_job_event event,
                const char *why, int64_t now_s, struct az_error *err)
{
    enum az_job_state before = job->rec->state;
    int r = az_job_on(job->rec, event, why, now_s, err);
    if (r < 0 || before == job->rec->state)
        return r;
    d->look = true;
    struct az_desk_effect put = {.kind = AZ_DESK_PUT, .job = job, .changed = true};
    return desk_push(d, &put, err);
}

int az_desk_load(struct az_desk *d, struct az_desk_job *job, int64_t now_s, bool *look,
                 struct az_error *err)
{
    job->made = true;
    az_desk_add(d, job);
    *look = job->rec->state == AZ_IS_RECEIVING;
    d->look = true;
    return desk_change(d, job, AZ_ON_RESTART, NULL, now_s, err);
}

int az_desk_looked(struct az_desk *d, struct az_desk_job *job, const struct az_store_totals *totals,
                   int64_t now_s, struct az_error *err)
{
    if (job->rec->state != AZ_IS_RECEIVING || !totals->progress.sealed)
        return 0;
    job->rec->figures.items = totals->items;
    job->rec->figures.bad_lines = totals->progress.bad_lines;
    return desk_change(d, job, AZ_ON_SEALED, NULL, now_s, err);
}
