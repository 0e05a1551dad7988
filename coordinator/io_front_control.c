/* Control, SetBackend, Prune. */
#include "coordinator/io_service_state.h"
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

void front_remove(struct az_service *s, struct job *job, bool dir)
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
    job->desk.chores++;
    az_chores_add(s->disk, &r->chore);
}

/* ---- Control ---- */

static void log_set(const struct job *job, const char *by, const char *set)
{
    const char *equal = strchr(set, '=');
    char key[64];
    snprintf(key, sizeof(key), "%.*s", (int)(equal - set), set);
    az_info("job set", KV("job", job->rec.id), KV("by", by), KV("key", key),
            KV("value", equal + 1));
}

static const struct az_panel *panel_of(const struct job *job)
{
    return job->desk.phase == AZ_PHASE_OPEN ? job->panel : NULL;
}

static int set_all(struct az_service *s, const struct az_asked *asker, struct job *job,
                   const Assize__Control *m, struct az_error *err)
{
    int r = az_desk_set(&s->desk, &job->desk, asker, m->set, m->n_set, panel_of(job),
                        service_wall_s(), err);
    for (size_t i = 0; r == 0 && i < m->n_set; i++)
        log_set(job, front_who(s, asker).principal, m->set[i]);
    return r;
}

/* A limit that the panel cannot have is refused now, and not when the job is opened. */
static int set(struct az_service *s, const struct az_asked *asker, struct job *job,
               const Assize__Control *m, struct az_error *err)
{
    struct az_job_set sets[AZ_WIRE_SET_MAX];
    bool limits = false;
    int r = az_desk_read_sets(&job->desk, m->set, m->n_set, panel_of(job), sets, err);
    for (size_t i = 0; r == 0 && i < m->n_set; i++)
        limits = limits || sets[i].kind == AZ_SET_USD || sets[i].kind == AZ_SET_LIMIT;
    if (r < 0)
        return r;
    return limits && job->desk.phase != AZ_PHASE_OPEN
               ? front_check_sets(s, asker, job, m, sets, set_all, err)
               : set_all(s, asker, job, m, err);
}

static const struct {
    const char *name;
    enum az_desk_verb verb;
} verbs[] = {
    [ASSIZE__JOB_VERB__CANCEL] = {"cancel", AZ_DESK_CANCEL},
    [ASSIZE__JOB_VERB__PAUSE] = {"pause", AZ_DESK_PAUSE},
    [ASSIZE__JOB_VERB__RESUME] = {"resume", AZ_DESK_RESUME},
};

static int control(struct az_service *s, const struct az_asked *asker, struct job *job,
                   const Assize__Control *m, struct az_error *err)
{
    int r = s->desk.stopping ? az_fail(err, AZ_EBUSY, "the coordinator is stopping")
                             : az_catalog_failing(s->catalog, err);
    if (r < 0)
        return r;
    if (m->verb == ASSIZE__JOB_VERB__SET)
        return set(s, asker, job, m, err);
    if ((size_t)m->verb >= AZ_LEN(verbs) || !verbs[m->verb].name)
        return az_fail(err, AZ_EINVAL, "unknown verb");
    if (m->retry_failed && m->verb != ASSIZE__JOB_VERB__RESUME)
        return az_fail(err, AZ_EINVAL, "only a job that is resumed asks again what failed");
    struct az_job_figures now = service_figures(job);
    r = m->retry_failed ? az_desk_retry(&s->desk, &job->desk, asker, &now, service_wall_s(), err)
                        : az_desk_control(&s->desk, &job->desk, asker, verbs[m->verb].verb,
                                          service_wall_s(), err);
    if (r == 0)
        az_info("job controlled", KV("job", job->rec.id), KV("by", front_who(s, asker).principal),
                KV("verb", verbs[m->verb].name), KV("retry_failed", (bool)m->retry_failed));
    return r;
}

void front_control(struct az_service *s, const struct az_asked *asker, const Assize__Control *m)
{
    struct az_error err = {0};
    struct job *job = front_job(s, asker, m->job, true);
    if (!job)
        return;
    int r = control(s, asker, job, m, &err);
    if (r < 0 && r != AZ_ENOMEM)
        front_failed(s, asker, job->rec.id, &err);
    service_desk(s, r == AZ_ENOMEM ? r : 0, &err);
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

static int set_backend(struct az_service *s, const struct az_asked *asker,
                       const Assize__SetBackend *m, struct az_error *err)
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

void front_set_backend(struct az_service *s, const struct az_asked *asker,
                       const Assize__SetBackend *m)
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

static int prune(struct az_service *s, const struct az_asked *asker, const Assize__Prune *m,
                 struct az_error *err)
{
    struct az_asker who = front_who(s, asker);
    int r = az_catalog_failing(s->catalog, err);
    return r < 0 ? r
                 : az_desk_prune(&s->desk, asker, &who, m->all_owners, m->older_than_s,
                                 service_wall_s(), err);
}

void front_prune(struct az_service *s, const struct az_asked *asker, const Assize__Prune *m)
{
    struct az_error err = {0};
    int r = prune(s, asker, m, &err);
    if (r < 0 && r != AZ_ENOMEM)
        front_failed(s, asker, 0, &err);
    service_desk(s, r == AZ_ENOMEM ? r : 0, &err);
}
