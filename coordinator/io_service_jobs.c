/* Which jobs there are: found, kept, read at the start. */
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
    return az_desk_told(&job->desk, az_catalog_committed(s->catalog));
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
    job->desk.rec = &job->rec;
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

void service_release(struct az_service *s, struct job *job)
{
    if (!--job->desk.chores && job->desk.gone)
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
    if (!job->open)
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

void service_save(struct az_service *s, struct job *job)
{
    struct az_error err = {0};
    uint64_t ticket = 0;
    job->rec.figures = service_figures(job);
    int r = az_catalog_put(s->catalog, &job->rec, &ticket, &err);
    service_give_up(s, r, &err);
    if (r == 0)
        az_desk_put(&job->desk, ticket);
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
    int r = 0;
    if (l->code < 0)
        az_warn("a job that was being received cannot be read", KV("job", job->rec.id),
                KV("error", &l->err));
    else
        r = az_desk_looked(&l->s->desk, &job->desk, &l->totals, service_wall_s(), &l->err);
    service_desk(l->s, r, &l->err);
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
    job->desk.chores++;
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
    bool look = false;
    r = az_desk_load(&s->desk, &job->desk, service_wall_s(), &look, err);
    return r == 0 && look ? look_at(s, job, err) : r;
}

int service_load(struct az_service *s, struct az_error *err)
{
    return az_catalog_each(s->catalog, load_one, s, err);
}
