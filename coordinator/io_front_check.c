/* Settings of a job that is not open: its panel is on the disk, and must be one that
 * the job can be opened with after them. */
#include "coordinator/io_service_state.h"
#include "core/arena.h"
#include "core/mem.h"

struct check {
    struct az_chore chore;
    struct az_service *s;
    struct az_asked asker;
    struct job *job;
    struct az_arena *arena; /* it lies in it, as all below */
    Assize__Control m;
    front_checked_fn *then;
    char *dir, *sets;
    int code;
    struct az_error err;
};

static void check_free(struct check *c)
{
    free(c->dir);
    free(c->sets);
    az_arena_free(c->arena);
}

static void check_run(struct az_chore *chore)
{
    struct check *c = (struct check *)chore;
    AZ_AUTO(panel) panel = NULL;
    c->code = disk_read_panel(c->dir, c->sets, &panel, &c->err);
}

static void check_done(struct az_chore *chore)
{
    struct check *c = (struct check *)chore;
    struct az_service *s = c->s;
    struct az_error err = c->err;
    int r = c->code;
    if (r == 0 && c->job->desk.gone) /* pruned meanwhile */
        r = az_fail(&err, AZ_ENOENT, "no job %lld", (long long)c->job->rec.id);
    if (r == 0)
        r = c->then(s, &c->asker, c->job, &c->m, &err);
    if (r < 0 && r != AZ_ENOMEM)
        front_failed(s, &c->asker, c->job->rec.id, &err);
    service_desk(s, r == AZ_ENOMEM ? r : 0, &err);
    service_release(s, c->job);
    check_free(c);
}

/* The request's texts are the caller's only until the next one. */
static int keep_settings(struct check *c, const Assize__Control *m)
{
    c->m = *m;
    c->m.set = az_arena_zalloc(c->arena, m->n_set * sizeof(*c->m.set));
    for (size_t i = 0; c->m.set && i < m->n_set; i++) {
        c->m.set[i] = (char *)az_arena_str(c->arena, az_str(m->set[i])).p;
        if (!c->m.set[i])
            return AZ_ENOMEM;
    }
    return c->m.set ? 0 : AZ_ENOMEM;
}

/* The job's settings as they would be. */
static int combine(struct check *c, const struct az_job_set *sets)
{
    const char *was = c->job->rec.sets;
    for (size_t i = 0; i < c->m.n_set; i++) {
        if (sets[i].kind != AZ_SET_USD && sets[i].kind != AZ_SET_LIMIT)
            continue;
        char *with = az_job_sets_with(c->sets ? c->sets : was, &sets[i]);
        free(c->sets);
        c->sets = with;
        if (!with)
            return AZ_ENOMEM;
    }
    return 0;
}

int front_check_sets(struct az_service *s, const struct az_asked *asker, struct job *job,
                     const Assize__Control *m, const struct az_job_set *sets,
                     front_checked_fn *then, struct az_error *err)
{
    struct az_arena *arena = az_arena_new(1024);
    struct check *c = arena ? az_arena_zalloc(arena, sizeof(*c)) : NULL;
    if (!c) {
        az_arena_free(arena);
        return az_oom(err);
    }
    c->chore = (struct az_chore){.run = check_run, .done = check_done};
    c->s = s;
    c->asker = *asker;
    c->job = job;
    c->arena = arena;
    c->then = then;
    c->dir = disk_job_dir(s, job->rec.id);
    if (!c->dir || keep_settings(c, m) < 0 || combine(c, sets) < 0) {
        check_free(c);
        return az_oom(err);
    }
    job->desk.chores++;
    az_chores_add(s->disk, &c->chore);
    return 0;
}
