/* Control, SetBackend, Prune: each is answered once it is durable. */
#include "coordinator/io_service_state.h"
#include "coordinator/job_panel.h"
#include "core/io_clock.h"
#include "core/log.h"
#include "core/mem.h"

/* ---- directories that go ---- */

struct removal {
    struct az_chore chore;
    struct az_service *s;
    struct job *job;
    char *dir; /* NULL: its intake only */
};

static void removal_run(struct az_chore *c)
{
    struct removal *r = (struct removal *)c;
    disk_intake_drop(r->s, r->job);
    if (r->dir && disk_remove_job(r->dir) < 0)
        az_warn("a job's directory cannot be removed, the next start tries it again",
                KV("dir", r->dir));
}

static void removal_done(struct az_chore *c)
{
    struct removal *r = (struct removal *)c;
    service_release(r->s, r->job);
    free(r->dir);
    free(r);
}

static void remove_job(struct az_service *s, struct job *job, bool dir)
{
    struct removal *r = az_zalloc(sizeof(*r));
    char *path = r && dir ? disk_job_dir(s, job->rec.id) : NULL;
    if (!r || (dir && !path)) {
        struct az_error err;
        service_give_up(s, az_oom(&err), &err);
        free(r);
        return;
    }
    r->chore = (struct az_chore){.run = removal_run, .done = removal_done};
    r->s = s;
    r->job = job;
    r->dir = path;
    job->chores++;
    az_chores_add(s->disk, &r->chore);
}

/* ---- settings ---- */

static int64_t now_s(void)
{
    return service_wall_s();
}

/* What the panel is opened with next time. */
static int keep_set(struct job *job, const struct az_job_set *set, struct az_error *err)
{
    char *sets = az_job_sets_with(job->rec.sets, set);
    if (!sets)
        return az_oom(err);
    free(job->rec.sets);
    job->rec.sets = sets;
    return 0;
}

static int set_name(struct job *job, const struct az_job_set *set, struct az_error *err)
{
    char *name = az_alloc(set->value.n + 1);
    if (!name)
        return az_oom(err);
    memcpy(name, set->value.p, set->value.n);
    name[set->value.n] = '\0';
    free(job->rec.name);
    job->rec.name = name;
    return 0;
}

/* Into the record. What the loop must know waits until that is durable. */
static int apply_set(struct job *job, const struct az_job_set *set, struct az_error *err)
{
    switch (set->kind) {
    case AZ_SET_PRIORITY:
        job->rec.priority = (int)set->number;
        return 0;
    case AZ_SET_NAME:
        return set_name(job, set, err);
    case AZ_SET_DEADLINE:
        job->rec.deadline_s = set->number ? now_s() + set->number : 0;
        return 0;
    case AZ_SET_USD:
        job->rec.figures.limit = set->usd;
        return keep_set(job, set, err);
    case AZ_SET_LIMIT:
        return keep_set(job, set, err);
    }
    return 0;
}

/* A limit that is raised holds once it is durable, or a crash would leave more
 * spent than allowed. */
static void then_limits(struct az_service *s, struct pending *p)
{
    struct job *job = p->job;
    struct az_error err = {0};
    if (job->open && job->phase == JOB_OPEN) {
        az_open_job_weight(job->open, job->rec.priority);
        if (p->n) {
            job->raised = true;
            int r = az_open_job_limit(job->open, job->limit, &err);
            service_give_up(s, r, &err);
        }
    }
    front_done(s, &p->asker, 0);
    service_open_more(s);
}

static int read_sets(const struct job *job, const Assize__Control *m, struct az_job_set *sets,
                     struct az_error *err)
{
    if (!m->n_set)
        return az_fail(err, AZ_EINVAL, "nothing to set");
    enum az_job_state state = job->phase == JOB_CLOSED ? job->rec.state : AZ_IS_RUNNING;
    int r = 0;
    for (size_t i = 0; r == 0 && i < m->n_set; i++) {
        r = az_job_set_read(m->set[i], state, &sets[i], err);
        /* A budget that costs cannot be held against would never end. */
        if (r == 0 && sets[i].kind == AZ_SET_USD && job->phase == JOB_OPEN)
            r = az_job_panel_priced(job->panel, err);
    }
    return r;
}

static void log_set(const struct job *job, const char *by, const struct az_job_set *set)
{
    char key[64], value[AZ_JOB_NAME_MAX + 1];
    snprintf(key, sizeof(key), AZ_STR_FMT, AZ_STR_ARG(set->key));
    snprintf(value, sizeof(value), AZ_STR_FMT, AZ_STR_ARG(set->value));
    az_info("job set", KV("job", job->rec.id), KV("by", by), KV("key", key), KV("value", value));
}

static int set_all(struct az_service *s, const struct asker *asker, struct job *job,
                   const Assize__Control *m, struct az_error *err)
{
    struct az_job_set sets[AZ_WIRE_SET_MAX];
    enum az_job_state ignored;
    bool limit = false, raises = false;
    int r = az_job_move(&job->rec, AZ_ON_SET, &ignored, err);
    if (r == 0)
        r = read_sets(job, m, sets, err);
    for (size_t i = 0; r == 0 && i < m->n_set; i++) {
        r = apply_set(job, &sets[i], err);
        limit = limit || sets[i].kind == AZ_SET_USD;
        job->limit = sets[i].kind == AZ_SET_USD ? sets[i].usd : job->limit;
        raises = raises || az_job_set_raises(job->rec.cause, &sets[i]);
        if (r == 0)
            log_set(job, front_who(s, asker).principal, &sets[i]);
    }
    if (r < 0)
        return r;
    service_save(s, job);
    r = raises ? service_change(s, job, AZ_ON_RAISED, NULL, err) : 0;
    if (r == 0)
        front_when(s, job->ticket, asker, job, limit, then_limits);
    return r;
}

/* A limit that the panel cannot have is refused now, and not when the job is opened. */
static int set(struct az_service *s, const struct asker *asker, struct job *job,
               const Assize__Control *m, struct az_error *err)
{
    struct az_job_set sets[AZ_WIRE_SET_MAX];
    enum az_job_state ignored;
    bool limits = false;
    int r = az_job_move(&job->rec, AZ_ON_SET, &ignored, err);
    if (r == 0)
        r = read_sets(job, m, sets, err);
    for (size_t i = 0; r == 0 && i < m->n_set; i++)
        limits = limits || sets[i].kind == AZ_SET_USD || sets[i].kind == AZ_SET_LIMIT;
    if (r < 0)
        return r;
    return limits && job->phase != JOB_OPEN ? front_check_sets(s, asker, job, m, sets, set_all, err)
                                            : set_all(s, asker, job, m, err);
}

/* ---- verbs ---- */

static int resume(struct az_service *s, struct job *job, struct az_error *err)
{
    bool late = job->rec.deadline_s && job->rec.deadline_s <= now_s();
    if (late && !az_job_has_ended(&job->rec) && job->rec.state != AZ_IS_RECEIVING) {
        az_fail(err, AZ_EINVAL, "the deadline of job %lld has passed", (long long)job->rec.id);
        az_hint(err, "Give it another: deadline=SECONDS from now, 0 for none.");
        return AZ_EINVAL;
    }
    return service_change(s, job, AZ_ON_RESUME, NULL, err);
}

/* Does the service know that all of its items are decided, or open? */
static bool nothing_failed(const struct job *job)
{
    struct az_job_figures f = service_figures(job);
    bool exact = job->rec.state == AZ_IS_DONE || job->phase == JOB_OPEN;
    return exact && !job->rec.retry && f.failed + f.abstained == 0;
}

/* A run of it ends first: its items leave the window, and come back with those that
 * are open again. Of a job that is done, a deadline that has passed was kept. */
static int retry(struct az_service *s, struct job *job, struct az_error *err)
{
    enum az_job_state before = job->rec.state, after;
    int r = az_job_move(&job->rec, AZ_ON_RETRY, &after, err);
    if (r < 0)
        return r;
    if (nothing_failed(job))
        return before == AZ_IS_DONE ? 0 : resume(s, job, err);
    bool late = job->rec.deadline_s && job->rec.deadline_s <= now_s();
    if (late && before != AZ_IS_DONE)
        return resume(s, job, err);
    if (late)
        job->rec.deadline_s = 0;
    r = service_change(s, job, AZ_ON_RETRY, NULL, err);
    if (r == 0 && before == after)
        service_save(s, job);
    if (r == 0 && job->phase == JOB_OPEN)
        service_halt(s, job, false);
    return r;
}

static int cancel(struct az_service *s, struct job *job, struct az_error *err)
{
    bool receiving = job->rec.state == AZ_IS_RECEIVING;
    int r = service_change(s, job, AZ_ON_CANCEL, NULL, err);
    if (r < 0)
        return r;
    service_halt(s, job, true);
    if (receiving)
        remove_job(s, job, false);
    return 0;
}

static int pause(struct az_service *s, struct job *job, struct az_error *err)
{
    int r = service_change(s, job, AZ_ON_PAUSE, NULL, err);
    if (r == 0)
        service_halt(s, job, false);
    return r;
}

static const struct {
    const char *name;
    int (*verb)(struct az_service *s, struct job *job, struct az_error *err);
} verbs[] = {
    [ASSIZE__JOB_VERB__CANCEL] = {"cancel", cancel},
    [ASSIZE__JOB_VERB__PAUSE] = {"pause", pause},
    [ASSIZE__JOB_VERB__RESUME] = {"resume", resume},
};

static int control(struct az_service *s, const struct asker *asker, struct job *job,
                   const Assize__Control *m, struct az_error *err)
{
    int r = s->stopping ? az_fail(err, AZ_EBUSY, "the coordinator is stopping")
                        : az_catalog_failing(s->catalog, err);
    if (r < 0)
        return r;
    if (m->verb == ASSIZE__JOB_VERB__SET)
        return set(s, asker, job, m, err);
    if ((size_t)m->verb >= AZ_LEN(verbs))
        return az_fail(err, AZ_EINVAL, "unknown verb");
    if (m->retry_failed && m->verb != ASSIZE__JOB_VERB__RESUME)
        return az_fail(err, AZ_EINVAL, "only a job that is resumed asks again what failed");
    r = m->retry_failed ? retry(s, job, err) : verbs[m->verb].verb(s, job, err);
    if (r < 0)
        return r;
    az_info("job controlled", KV("job", job->rec.id), KV("by", front_who(s, asker).principal),
            KV("verb", verbs[m->verb].name), KV("retry_failed", (bool)m->retry_failed));
    front_when(s, job->ticket, asker, job, 0, front_then_done);
    service_open_more(s);
    return 0;
}

void front_control(struct az_service *s, const struct asker *asker, const Assize__Control *m)
{
    struct az_error err = {0};
    struct job *job = front_job(s, asker, m->job, true);
    if (!job)
        return;
    int r = control(s, asker, job, m, &err);
    if (r == AZ_ENOMEM)
        service_give_up(s, r, &err);
    else if (r < 0)
        front_failed(s, asker, job->rec.id, &err);
}

/* ---- SetBackend ---- */

static int read_tune(const char *set, struct az_msg *msg, struct az_error *err)
{
    const char *equal = strchr(set, '=');
    struct az_str key = {set, equal ? (size_t)(equal - set) : 0};
    double value = 0;
    bool good = equal && az_str_double(az_str(equal + 1), &value) && value > 0 && value <= 1e9;
    if (!good)
        return az_fail(err, AZ_EINVAL, "'%.60s': expected KEY=NUMBER, above zero", set);
    if (az_str_eqz(key, "rpm"))
        msg->tune.rpm = value;
    else if (az_str_eqz(key, "tpm"))
        msg->tune.tpm = value;
    else if (az_str_eqz(key, "slots") && value >= 1 && value <= 100000)
        msg->tune.slots = (uint32_t)value;
    else
        return az_fail(err, AZ_EINVAL, "'%.60s': slots, rpm and tpm of a backend may be set", set);
    return 0;
}

static int set_backend(struct az_service *s, const struct asker *asker, const Assize__SetBackend *m,
                       struct az_error *err)
{
    struct az_msg msg = {.kind = AZ_MSG_TUNE};
    msg.tune.backend = az_str(m->backend);
    if (!front_who(s, asker).admin)
        return az_fail(err, AZ_EINVAL, "only an admin may set a backend's limits");
    int r = m->n_set ? 0 : az_fail(err, AZ_EINVAL, "nothing to set");
    for (size_t i = 0; r == 0 && i < m->n_set; i++)
        r = read_tune(m->set[i], &msg, err);
    if (r == 0)
        r = az_coordinator_tune(s->coordinator, &msg, err);
    az_coordinator_poke(s->coordinator); /* sending may have eaten an edge */
    if (r == 0)
        return az_fail(err, AZ_ENOENT, "no worker has a backend '%.100s'", m->backend);
    for (size_t i = 0; r > 0 && i < m->n_set; i++)
        az_info("backend set", KV("backend", m->backend), KV("by", front_who(s, asker).principal),
                KV("set", m->set[i]), KV("workers", r));
    return r;
}

void front_set_backend(struct az_service *s, const struct asker *asker, const Assize__SetBackend *m)
{
    struct az_error err = {0};
    int r = set_backend(s, asker, m, &err);
    if (r == AZ_ENOMEM)
        service_give_up(s, r, &err);
    else if (r < 0)
        front_failed(s, asker, 0, &err);
    else
        front_done(s, asker, r);
}

/* ---- Prune ---- */

static bool is_pruned(const struct job *job, const struct az_asker *who, const Assize__Prune *m)
{
    bool own = who->submits && !strcmp(job->rec.owner, who->principal);
    return az_job_has_ended(&job->rec) && job->phase == JOB_CLOSED && !job->writing &&
           now_s() - job->rec.ended_s >= m->older_than_s && (own || (who->admin && m->all_owners));
}

/* The record goes first: a directory without one is a stranger's, and removed at
 * the next start; a record without one would be a job that can't be read. */
static void then_removed(struct az_service *s, struct pending *p)
{
    remove_job(s, p->job, true);
}

static int prune(struct az_service *s, const struct asker *asker, const Assize__Prune *m,
                 struct az_error *err)
{
    struct az_asker who = front_who(s, asker);
    uint64_t ticket = 0;
    int64_t n = 0;
    int r = az_catalog_failing(s->catalog, err);
    if (r == 0 && m->all_owners && !who.admin)
        r = az_fail(err, AZ_EINVAL, "only an admin may remove the jobs of others");
    for (struct job *j = s->jobs, *next; r == 0 && j; j = next) {
        next = j->next;
        if (!is_pruned(j, &who, m))
            continue;
        r = az_catalog_drop(s->catalog, j->rec.id, &ticket, err);
        if (r < 0)
            break;
        az_info("job removed", KV("job", j->rec.id), KV("by", who.principal));
        front_when(s, ticket, asker, j, 0, then_removed);
        service_forget(s, j);
        n++;
    }
    if (r == 0)
        front_when(s, ticket, asker, NULL, n, front_then_done);
    return r;
}

void front_prune(struct az_service *s, const struct asker *asker, const Assize__Prune *m)
{
    struct az_error err = {0};
    int r = prune(s, asker, m, &err);
    if (r == AZ_ENOMEM)
        service_give_up(s, r, &err);
    else if (r < 0)
        front_failed(s, asker, 0, &err);
}
