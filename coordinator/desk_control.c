/* Control and Prune: verbs, and what may be set of a job that is there. */
#include "coordinator/desk.h"
#include "coordinator/job_panel.h"
#include "core/mem.h"
#include "core/plant.h"
#include "core/wire.h"

static int push_done(struct az_desk *d, struct az_desk_job *job, const struct az_asked *asked,
                     int64_t n, struct az_error *err)
{
    struct az_desk_effect e = {
        .kind = AZ_DESK_DONE, .job = job, .asked = *asked, .durable = job, .n = n};
    return desk_push(d, &e, err);
}

/* ---- settings ---- */

/* What the panel is opened with next time. */
static int keep_set(struct az_job_record *rec, const struct az_job_set *set, struct az_error *err)
{
    char *sets = az_job_sets_with(rec->sets, set);
    if (!sets)
        return az_oom(err);
    free(rec->sets);
    rec->sets = sets;
    return 0;
}

static int set_name(struct az_job_record *rec, const struct az_job_set *set, struct az_error *err)
{
    char *name = az_alloc(set->value.n + 1);
    if (!name)
        return az_oom(err);
    memcpy(name, set->value.p, set->value.n);
    name[set->value.n] = '\0';
    free(rec->name);
    rec->name = name;
    return 0;
}

/* Into the record. What a run must know waits until that is durable. */
static int apply_set(struct az_desk_job *job, const struct az_job_set *set, int64_t now_s,
                     struct az_error *err)
{
    switch (set->kind) {
    case AZ_SET_PRIORITY:
        job->rec->priority = (int)set->number;
        return 0;
    case AZ_SET_NAME:
        return set_name(job->rec, set, err);
    case AZ_SET_DEADLINE:
        job->rec->deadline_s = set->number ? now_s + set->number : 0;
        return 0;
    case AZ_SET_USD:
        job->rec->figures.limit = set->usd;
        return keep_set(job->rec, set, err);
    case AZ_SET_LIMIT:
        return keep_set(job->rec, set, err);
    }
    return 0;
}

int az_desk_read_sets(const struct az_desk_job *job, char *const *set, size_t n,
                      const struct az_panel *panel, struct az_job_set *ret, struct az_error *err)
{
    enum az_job_state ignored;
    int r = az_job_move(job->rec, AZ_ON_SET, &ignored, err);
    if (r < 0)
        return r;
    if (!n)
        return az_fail(err, AZ_EINVAL, "nothing to set");
    enum az_job_state state = job->phase == AZ_PHASE_CLOSED ? job->rec->state : AZ_IS_RUNNING;
    for (size_t i = 0; r == 0 && i < n; i++) {
        r = az_job_set_read(set[i], state, &ret[i], err);
        /* A budget that costs cannot be held against would never end. */
        if (r == 0 && ret[i].kind == AZ_SET_USD && panel)
            r = az_job_panel_priced(panel, err);
    }
    return r;
}

/* The record, then what waits for it. */
static int push_set(struct az_desk *d, struct az_desk_job *job, const struct az_asked *asked,
                    const az_nusd *limit, struct az_error *err)
{
    struct az_desk_effect e = {.kind = AZ_DESK_PUT, .job = job};
    int r = desk_push(d, &e, err);
    e.durable = true;
    if (r == 0 && limit) {
        e.kind = AZ_DESK_LIMIT;
        e.usd = *limit;
        r = desk_push(d, &e, err);
    }
    e.kind = AZ_DESK_WEIGHT;
    if (r == 0)
        r = desk_push(d, &e, err);
    job->setting += r == 0;
    return r < 0 ? r : push_done(d, job, asked, 0, err);
}

int az_desk_set(struct az_desk *d, struct az_desk_job *job, const struct az_asked *asked,
                char *const *set, size_t n, const struct az_panel *panel, int64_t now_s,
                struct az_error *err)
{
    struct az_job_set sets[AZ_WIRE_SET_MAX];
    const az_nusd *limit = NULL;
    bool raises = false;
    int r = az_desk_read_sets(job, set, n, panel, sets, err);
    for (size_t i = 0; r == 0 && i < n; i++) {
        r = apply_set(job, &sets[i], now_s, err);
        limit = sets[i].kind == AZ_SET_USD ? &sets[i].usd : limit;
        raises = raises || az_job_set_raises(job->rec->cause, &sets[i]);
    }
    if (r < 0)
        return r;
    job->limit_set = job->limit_set || limit;
    r = raises ? desk_change(d, job, AZ_ON_RAISED, NULL, now_s, err) : 0;
    return r < 0 ? r : push_set(d, job, asked, limit, err);
}

/* ---- verbs ---- */

static int resume(struct az_desk *d, struct az_desk_job *job, int64_t now_s, struct az_error *err)
{
    bool late = job->rec->deadline_s && job->rec->deadline_s <= now_s;
    if (late && !az_job_has_ended(job->rec) && job->rec->state != AZ_IS_RECEIVING) {
        az_fail(err, AZ_EINVAL, "the deadline of job %lld has passed", (long long)job->rec->id);
        az_hint(err, "Give it another: deadline=SECONDS from now, 0 for none.");
        return AZ_EINVAL;
    }
    return desk_change(d, job, AZ_ON_RESUME, NULL, now_s, err);
}

static int halt(struct az_desk *d, struct az_desk_job *job, bool at_once, struct az_error *err)
{
    struct az_desk_effect e = {.kind = AZ_DESK_HALT, .job = job, .at_once = at_once};
    return desk_push(d, &e, err);
}

static int cancel(struct az_desk *d, struct az_desk_job *job, int64_t now_s, struct az_error *err)
{
    bool receiving = job->rec->state == AZ_IS_RECEIVING;
    int r = desk_change(d, job, AZ_ON_CANCEL, NULL, now_s, err);
    if (r == 0)
        r = halt(d, job, true, err);
    struct az_desk_effect leave = {.kind = AZ_DESK_LEAVE, .job = job};
    return r == 0 && receiving ? desk_push(d, &leave, err) : r;
}

static int pause(struct az_desk *d, struct az_desk_job *job, int64_t now_s, struct az_error *err)
{
    int r = desk_change(d, job, AZ_ON_PAUSE, NULL, now_s, err);
    return r < 0 ? r : halt(d, job, false, err);
}

int az_desk_control(struct az_desk *d, struct az_desk_job *job, const struct az_asked *asked,
                    enum az_desk_verb verb, int64_t now_s, struct az_error *err)
{
    static int (*const verbs[AZ_DESK_VERBS])(struct az_desk *, struct az_desk_job *, int64_t,
                                             struct az_error *) = {
        [AZ_DESK_CANCEL] = cancel, [AZ_DESK_PAUSE] = pause, [AZ_DESK_RESUME] = resume};
    int r = verbs[verb](d, job, now_s, err);
    return r < 0 ? r : push_done(d, job, asked, 0, err);
}

/* Does the service know that all of its items are decided, or open? */
static bool nothing_failed(const struct az_desk_job *job, const struct az_job_figures *now)
{
    bool exact = job->rec->state == AZ_IS_DONE || job->phase == AZ_PHASE_OPEN;
    return exact && !job->rec->retry && now->failed + now->abstained == 0;
}

/* A run of it ends first: its items leave the window, and come back with those that
 * are open again. Of a job that is done, a deadline that has passed was kept. */
static int retry(struct az_desk *d, struct az_desk_job *job, const struct az_job_figures *now,
                 int64_t now_s, struct az_error *err)
{
    enum az_job_state before = job->rec->state, after;
    int r = az_job_move(job->rec, AZ_ON_RETRY, &after, err);
    if (r < 0)
        return r;
    if (nothing_failed(job, now))
        return before == AZ_IS_DONE ? 0 : resume(d, job, now_s, err);
    bool late = job->rec->deadline_s && job->rec->deadline_s <= now_s;
    if (late && before != AZ_IS_DONE)
        return resume(d, job, now_s, err);
    if (late)
        job->rec->deadline_s = 0;
    r = desk_change(d, job, AZ_ON_RETRY, NULL, now_s, err);
    struct az_desk_effect put = {.kind = AZ_DESK_PUT, .job = job};
    if (r == 0 && before == after)
        r = desk_push(d, &put, err);
    return r == 0 && job->phase == AZ_PHASE_OPEN ? halt(d, job, false, err) : r;
}

int az_desk_retry(struct az_desk *d, struct az_desk_job *job, const struct az_asked *asked,
                  const struct az_job_figures *now, int64_t now_s, struct az_error *err)
{
    int r = retry(d, job, now, now_s, err);
    /* Its verdicts go when it is opened: not before it is known, after any crash, that
     * they shall. */
    struct az_desk_effect known = {.kind = AZ_DESK_WEIGHT, .job = job, .durable = true};
    if (r == 0 && job->rec->retry) {
        r = desk_push(d, &known, err);
        job->setting += r == 0;
    }
    return r < 0 ? r : push_done(d, job, asked, 0, err);
}

/* ---- Prune ---- */

static bool is_pruned(const struct az_desk_job *job, const struct az_asker *who, bool all_owners,
                      int64_t older_than_s, int64_t now_s)
{
    bool own = who->submits && !strcmp(job->rec->owner, who->principal);
    bool closed = job->phase == AZ_PHASE_CLOSED || AZ_PLANTED(AZ_PLANT_PRUNED_OPEN);
    return az_job_has_ended(job->rec) && closed && !job->writing &&
           now_s - job->rec->ended_s >= older_than_s && (own || (who->admin && all_owners));
}

/* The record goes first: a directory without one is a stranger's, and removed at
 * the next start; a record without one would be a job that can't be read. */
static int prune_one(struct az_desk *d, struct az_desk_job *job, struct az_error *err)
{
    struct az_desk_effect e = {.kind = AZ_DESK_DROP, .job = job};
    int r = desk_push(d, &e, err);
    if (r < 0)
        return r;
    desk_forget(d, job);
    e.kind = AZ_DESK_REMOVE;
    e.durable = !AZ_PLANTED(AZ_PLANT_EARLY_REMOVE);
    return desk_push(d, &e, err);
}

int az_desk_prune(struct az_desk *d, const struct az_asked *asked, const struct az_asker *who,
                  bool all_owners, int64_t older_than_s, int64_t now_s, struct az_error *err)
{
    struct az_desk_job *last = NULL;
    int64_t n = 0;
    if (all_owners && !who->admin)
        return az_fail(err, AZ_EINVAL, "only an admin may remove the jobs of others");
    for (struct az_desk_job *j = d->jobs, *next; j; j = next) {
        next = j->next;
        if (!is_pruned(j, who, all_owners, older_than_s, now_s))
            continue;
        int r = prune_one(d, j, err);
        if (r < 0)
            return r;
        last = j;
        n++;
    }
    return push_done(d, last, asked, n, err);
}
