/* The operator: controls jobs and sets limits of backends. What was asked is told once
 * it is durable, and holds from then on, whatever dies. */
#include "tests/sim/world.h"

/* ---- told ---- */

void operator_told(struct world *w, const struct az_desk_effect *e)
{
    struct order *o = &w->orders[e->asked.request % WORLD_ORDERS];
    struct job *job = o->job;
    if (o->ticket > w->catalog.committed)
        world_fail(w, "job %d: what was asked of it is told and not durable", job->index);
    job->told_cancelled = job->told_cancelled || o->cancels;
    job->limit_told = AZ_MAX(job->limit_told, o->limit);
    for (int seq = 0; seq < job->n_items; seq++) {
        if (o->reopens[seq] && o->reopens[seq] == job->items[seq].pos)
            job->owed[seq] = true;
    }
    for (int j = 0; j < w->n_jobs; j++) {
        if (o->prunes[j] && o->prunes[j] == w->jobs[j].kept.id)
            world_fail(w, "job %d: it is told to be removed, and is not", j);
        w->jobs[j].no_more = AZ_MAX(w->jobs[j].no_more, o->prunes[j]);
    }
    world_say(w, "job %d: the operator is told", job->index);
}

/* ---- asked ---- */

static bool is_there(const struct world *w, const struct job *job)
{
    return w->up && w->stopped_until <= w->now && !w->catalog.failing && job->record.id &&
           !job->desk.gone && az_desk_told(&job->desk, w->catalog.committed);
}

bool service_verb(struct world *w, struct job *job, enum az_desk_verb verb)
{
    struct az_error err = {0};
    struct az_asked asked = {.peer = WORLD_OPERATOR, .request = (uint64_t)w->n_orders};
    if (!is_there(w, job) ||
        az_desk_control(&w->desk, &job->desk, &asked, verb, service_now_s(w), &err) < 0)
        return false;
    struct order *o = &w->orders[w->n_orders++ % WORLD_ORDERS];
    *o = (struct order){.job = job, .cancels = verb == AZ_DESK_CANCEL};
    service_run(w, 0, NULL);
    o->ticket = job->desk.ticket;
    coordinator_settle(w);
    return true;
}

bool service_set(struct world *w, struct job *job, az_nusd limit, int priority)
{
    struct az_error err = {0};
    struct az_asked asked = {.peer = WORLD_OPERATOR, .request = (uint64_t)w->n_orders};
    char usd[64], weight[32], *set[] = {weight, usd};
    bool limits = job->with_limit && job->n_limits < WORLD_LIMITS;
    snprintf(usd, sizeof(usd), "limits.usd=%lld.%09lld", (long long)(limit / 1000000000),
             (long long)(limit % 1000000000));
    snprintf(weight, sizeof(weight), "priority=%d", priority);
    const struct az_panel *panel = job->desk.phase == AZ_PHASE_OPEN ? job->panel : NULL;
    if (!is_there(w, job) || az_desk_set(&w->desk, &job->desk, &asked, set, limits ? 2 : 1, panel,
                                         service_now_s(w), &err) < 0)
        return false;
    struct order *o = &w->orders[w->n_orders++ % WORLD_ORDERS];
    *o = (struct order){.job = job};
    if (limits) {
        o->limit = job->n_limits++;
        job->limits[o->limit] = limit;
        world_say(w, "job %d: its limit shall be %lld", job->index, (long long)limit);
    }
    service_run(w, 0, NULL);
    o->ticket = job->desk.ticket;
    coordinator_settle(w);
    return true;
}

/* Seconds from now; 0: none. */
bool service_deadline(struct world *w, struct job *job, int64_t s)
{
    struct az_error err = {0};
    struct az_asked asked = {.peer = WORLD_OPERATOR, .request = (uint64_t)w->n_orders};
    char deadline[32], *set[] = {deadline};
    snprintf(deadline, sizeof(deadline), "deadline=%lld", (long long)s);
    if (!is_there(w, job) ||
        az_desk_set(&w->desk, &job->desk, &asked, set, 1, NULL, service_now_s(w), &err) < 0)
        return false;
    world_say(w, "job %d: its deadline shall be in %lld s", job->index, (long long)s);
    struct order *o = &w->orders[w->n_orders++ % WORLD_ORDERS];
    *o = (struct order){.job = job};
    service_run(w, 0, NULL);
    o->ticket = job->desk.ticket;
    coordinator_settle(w);
    return true;
}

/* Its figures as the service knows them: what is decided and durable. */
static struct az_job_figures figures(const struct job *job)
{
    struct az_job_figures f = {0};
    for (int seq = 0; seq < job->n_items; seq++) {
        f.failed += job->items[seq].verdict.status == AZ_FAILED;
        f.abstained += job->items[seq].verdict.status == AZ_ABSTAINED;
    }
    return f;
}

/* What failed or abstained shall be asked again. */
bool service_retry(struct world *w, struct job *job)
{
    struct az_error err = {0};
    struct az_asked asked = {.peer = WORLD_OPERATOR, .request = (uint64_t)w->n_orders};
    struct az_job_figures now = figures(job);
    if (!is_there(w, job) || !job->in.progress.sealed ||
        az_desk_retry(&w->desk, &job->desk, &asked, &now, service_now_s(w), &err) < 0)
        return false;
    struct order *o = &w->orders[w->n_orders++ % WORLD_ORDERS];
    *o = (struct order){.job = job};
    for (int seq = 0; seq < job->n_items; seq++) {
        const struct stored_item *s = &job->items[seq];
        bool open = s->verdict.status == AZ_FAILED || s->verdict.status == AZ_ABSTAINED;
        o->reopens[seq] = open && job->record.retry ? s->pos : 0;
    }
    world_say(w, "job %d: what failed (%d) or abstained (%d) shall be asked again", job->index,
              (int)now.failed, (int)now.abstained);
    service_run(w, 0, NULL);
    o->ticket = job->desk.ticket;
    coordinator_settle(w);
    return true;
}

/* What may go, and nothing else does. */
static void check_pruned(struct world *w, struct order *o, int64_t older_than_s)
{
    for (int j = 0; j < w->n_jobs; j++) {
        const struct job *job = &w->jobs[j];
        bool old = az_job_has_ended(&job->record) &&
                   service_now_s(w) - job->record.ended_s >= older_than_s;
        bool may = old && job->desk.phase == AZ_PHASE_CLOSED && !job->docket;
        bool goes = o->prunes[j] && job->desk.gone;
        if (goes != (may && o->prunes[j]))
            world_fail(w, "job %d is %s, of %lld s ago, and is%s pruned", j,
                       az_job_state_name(job->record.state),
                       (long long)(service_now_s(w) - job->record.ended_s), goes ? "" : " not");
        if (!goes)
            o->prunes[j] = 0;
    }
}

void service_prune(struct world *w, int64_t older_than_s)
{
    struct az_error err = {0};
    struct az_asked asked = {.peer = WORLD_OPERATOR, .request = (uint64_t)w->n_orders};
    struct az_asker who = {.principal = "lab", .submits = true};
    if (w->catalog.failing)
        return;
    struct order *o = &w->orders[w->n_orders++ % WORLD_ORDERS];
    *o = (struct order){.job = &w->jobs[0]};
    for (int j = 0; j < w->n_jobs; j++)
        o->prunes[j] = w->jobs[j].desk.gone ? 0 : w->jobs[j].record.id;
    world_say(w, "what has ended %lld s ago shall be removed", (long long)older_than_s);
    int r = az_desk_prune(&w->desk, &asked, &who, false, older_than_s, service_now_s(w), &err);
    check_pruned(w, o, older_than_s);
    uint64_t n = 0;
    for (int j = 0; j < w->n_jobs; j++)
        n += o->prunes[j] != 0;
    o->ticket = n ? w->catalog.ticket + n : 0; /* each is put now */
    service_run(w, r, &err);
    coordinator_settle(w);
}

/* Of a backend, not of a job; told at once, and gone with the process. */
void service_tune(struct world *w, size_t backend, const struct setting *to)
{
    struct az_msg msg = {.kind = AZ_MSG_TUNE};
    struct az_error err = {0};
    msg.tune.backend = az_str(world_backend_name(backend));
    msg.tune.slots = to->slots;
    msg.tune.rpm = to->rpm;
    msg.tune.tpm = to->tpm;
    int n = az_tunes_set(&w->tunes, w->sched, &msg, &w->fx, &err);
    az_assert(n >= 0);
    world_say(w, "'%s' shall have %u slots, rpm %g, tpm %g: %d are told",
              world_backend_name(backend), to->slots, to->rpm, to->tpm, n);
    if (n)
        setting_add(&w->set[backend], &msg);
    coordinator_settle(w);
}
