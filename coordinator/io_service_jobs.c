/* Which jobs there are: found, changed, kept; which runs next. */
#include "coordinator/io_service_state.h"
#include "core/log.h"
#include "core/mem.h"

/* ---- finding ---- */

struct job *service_job(const struct az_service *s, int64_t id)
{
    return az_map_get(&s->by_id, id);
}

bool service_is_told(const struct az_service *s, const struct job *job)
{
    return job->made && az_catalog_committed(s->catalog) >= job->born;
}

struct job *service_job_by_key(const struct az_service *s, const char *owner, const char *key)
{
    for (struct job *j = s->jobs; j; j = j->next) {
        if (!strcmp(j->rec.key, key) && !strcmp(j->rec.owner, owner))
            return j;
    }
    return NULL;
}

struct job *service_add(struct az_service *s, struct az_job_record *rec)
{
    struct job *job = az_zalloc(sizeof(*job));
    if (!job || az_map_put(&s->by_id, rec->id, job) < 0) {
        free(job);
        return NULL;
    }
    job->s = s;
    job->rec = *rec;
    *rec = (struct az_job_record){0};
    *s->jobs_end = job;
    s->jobs_end = &job->next;
    return job;
}

void service_job_free(struct job *job)
{
    az_job_record_release(&job->rec);
    for (size_t j = 0; j < job->n_past; j++) {
        free(job->past[j].name);
        free(job->past[j].backend);
    }
    free(job->past);
    free(job);
}

void service_forget(struct az_service *s, struct job *job)
{
    struct job **at = &s->jobs;
    while (*at != job)
        at = &(*at)->next;
    *at = job->next;
    if (s->jobs_end == &job->next)
        s->jobs_end = at;
    az_map_remove(&s->by_id, job->rec.id);
    job->gone = true;
    if (!job->chores)
        service_job_free(job);
}

void service_release(struct az_service *s, struct job *job)
{
    if (!--job->chores && job->gone)
        service_job_free(job);
}

/* ---- figures ---- */

static int64_t limit_of(const struct az_counts *c)
{
    return c->limit == AZ_NUSD_MAX ? -1 : c->limit;
}

struct az_job_figures service_figures(const struct job *job)
{
    struct az_job_figures f = job->rec.figures;
    if (job->phase != JOB_OPEN || !job->open)
        return f;
    struct az_counts c = az_open_job_counts(job->open);
    f.decided = job->before.decided + c.decided;
    f.abstained = job->before.abstained + c.abstained;
    f.failed = job->before.failed + c.failed;
    f.ballots = job->before.ballots;
    f.ballot_errors = job->before.ballot_errors;
    for (size_t j = 0; j < c.n_judges; j++) {
        f.ballots += c.judges[j].ballots;
        f.ballot_errors += c.judges[j].errors;
    }
    f.spent = c.settled;
    f.limit = limit_of(&c);
    return f;
}

/* ---- changing ---- */

uint64_t service_save(struct az_service *s, struct job *job)
{
    struct az_error err = {0};
    job->rec.figures = service_figures(job);
    int r = az_catalog_put(s->catalog, &job->rec, &job->ticket, &err);
    service_give_up(s, r, &err);
    job->born = job->made ? job->born : job->ticket;
    job->made = true;
    return job->ticket;
}

int service_change(struct az_service *s, struct job *job, enum az_job_event event, const char *why,
                   struct az_error *err)
{
    enum az_job_state before = job->rec.state;
    int r = az_job_on(&job->rec, event, why, service_wall_s(), err);
    if (r < 0 || before == job->rec.state)
        return r;
    service_save(s, job);
    job->news = s->wake_readers = true;
    s->next_wake = 0;
    if (job->rec.state == AZ_IS_STOPPED)
        az_warn("job stopped, it can be resumed", KV("job", job->rec.id), KV("why", job->rec.why));
    else
        az_info("job changed", KV("job", job->rec.id),
                KV("state", az_job_state_name(job->rec.state)));
    return 0;
}

/* ---- whose turn it is ---- */

static int count_open(const struct az_service *s)
{
    int n = 0;
    for (const struct job *j = s->jobs; j; j = j->next)
        n += j->phase != JOB_CLOSED;
    return n;
}

static struct job *next_waiting(const struct az_service *s)
{
    struct job *best = NULL;
    for (struct job *j = s->jobs; j; j = j->next) {
        if (j->rec.state == AZ_IS_WAITING && j->phase == JOB_CLOSED &&
            (!best || az_job_order(&j->rec, &best->rec) < 0))
            best = j;
    }
    return best;
}

void service_open_more(struct az_service *s)
{
    struct job *next;
    int n = count_open(s);
    while (!s->stopping && s->code == 0 && n < s->config.settings.jobs_open &&
           (next = next_waiting(s))) {
        service_open(s, next);
        n++;
    }
}

/* ---- deadlines ---- */

static const char time_up[] = "its deadline has passed";

static bool may_run_out(const struct job *job)
{
    return job->rec.deadline_s &&
           (job->rec.state == AZ_IS_WAITING || job->rec.state == AZ_IS_RUNNING) && !job->time_up;
}

void service_check_deadlines(struct az_service *s)
{
    int64_t now = service_wall_s();
    for (struct job *j = s->jobs; j; j = j->next) {
        if (!may_run_out(j) || now < j->rec.deadline_s)
            continue;
        struct az_error err = {0};
        if (j->phase == JOB_CLOSED) {
            service_give_up(s, service_change(s, j, AZ_ON_TIME, time_up, &err), &err);
        } else if (j->phase == JOB_OPEN) {
            j->time_up = true;
            service_halt(s, j, false);
        }
    }
}

/* ---- at the start ---- */

/* A receiving job may have its last chunk, and the catalog not know it. */
struct look {
    struct az_chore chore;
    struct az_service *s;
    struct job *job;
    char *dir;
    int code;
    struct az_store_totals totals;
    struct az_error err;
};

static void look_run(struct az_chore *c)
{
    struct look *l = (struct look *)c;
    l->code = disk_read_totals(l->dir, NULL, &l->totals, &l->err);
}

static void look_done(struct az_chore *c)
{
    struct look *l = (struct look *)c;
    struct job *job = l->job;
    if (l->code < 0) {
        az_warn("a job that was being received cannot be read", KV("job", job->rec.id),
                KV("error", &l->err));
    } else if (job->rec.state == AZ_IS_RECEIVING && l->totals.progress.sealed) {
        job->rec.figures.items = l->totals.items;
        job->rec.figures.bad_lines = l->totals.progress.bad_lines;
        service_give_up(l->s, service_change(l->s, job, AZ_ON_SEALED, NULL, &l->err), &l->err);
        service_open_more(l->s);
    }
    service_release(l->s, job);
    free(l->dir);
    free(l);
}

static int look_at(struct az_service *s, struct job *job, struct az_error *err)
{
    struct look *l = az_zalloc(sizeof(*l));
    if (!l || !(l->dir = disk_job_dir(s, job->rec.id))) {
        free(l);
        return az_oom(err);
    }
    l->chore = (struct az_chore){.run = look_run, .done = look_done};
    l->s = s;
    l->job = job;
    job->chores++;
    az_chores_add(s->disk, &l->chore);
    return 0;
}

static int load_one(void *arg, const struct az_job_record *rec, struct az_error *err)
{
    struct az_service *s = arg;
    struct az_job_record copy;
    int r = az_job_record_copy(rec, &copy, err);
    if (r < 0)
        return r;
    struct job *job = service_add(s, &copy);
    if (!job) {
        az_job_record_release(&copy);
        return az_oom(err);
    }
    job->made = true;
    return 0;
}

int service_load(struct az_service *s, struct az_error *err)
{
    int r = az_catalog_each(s->catalog, load_one, s, err);
    for (struct job *j = s->jobs; r == 0 && j; j = j->next) {
        r = service_change(s, j, AZ_ON_RESTART, NULL, err);
        if (r == 0 && j->rec.state == AZ_IS_RECEIVING)
            r = look_at(s, j, err);
    }
    return r;
}
