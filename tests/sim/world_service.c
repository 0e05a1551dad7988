/* The service: the real desk; its sessions with clients, and an operator who controls
 * jobs, are made up. What is told is checked against what is durable. */
#include "core/mem.h"
#include "core/number.h"
#include "tests/sim/world.h"

enum { TICK_MS = 1000 };

int64_t service_now_s(const struct world *w)
{
    return w->now / 1000 + 1;
}

/* ---- limits ---- */

/* limits.usd of a panel that is opened with these settings. */
az_nusd service_limit(const struct job *job, const char *sets)
{
    AZ_AUTO_MEM char *copy = sets ? strdup(sets) : NULL;
    const char *v[16];
    size_t n = az_job_sets_split(copy, v, AZ_LEN(v));
    az_nusd limit = job->limits[0];
    for (size_t i = 0; i < n; i++) {
        if (!strncmp(v[i], "limits.usd=", 11))
            (void)az_number_usd_read(v[i] + 11, &limit);
    }
    return limit;
}

/* ---- answers ---- */

static void answer(struct world *w, struct client *c, struct client_msg m)
{
    m.session = c->open ? c->open : c->session;
    c->last_down =
        AZ_MAX(c->last_down + 1, w->now + (az_ms)world_roll(w, BY_CLIENT, (uint64_t)w->net_ms));
    world_at(w, c->last_down,
             (struct event){.kind = EV_TO_CLIENT, .who = (int)(c - w->clients), .said = m});
}

static struct client *asker(struct world *w, const struct az_asked *asked)
{
    struct client *c = asked->peer == WORLD_OPERATOR ? NULL : &w->clients[asked->peer];
    return c && c->open && (uint64_t)c->open == asked->session ? c : NULL;
}

static void tell(struct world *w, const struct az_desk_effect *e, int kind)
{
    struct job *job = (struct job *)e->job;
    struct client *c = asker(w, &e->asked);
    struct client_msg m = {.kind = kind};
    if (job) {
        m.job = job->record.id;
        m.chunks = job->desk.chunks;
        m.last_line = job->desk.last_line;
        m.sealed = job->record.sealed;
    }
    if (job && kind != C_FAILED && job->kept.id != job->record.id)
        world_fail(w, "job %d: its number is told and not durable", job->index);
    if (job && kind != C_FAILED && m.chunks > job->in.progress.chunks)
        world_fail(w, "job %d: %lld chunks are acknowledged, %lld are durable", job->index,
                   (long long)m.chunks, (long long)job->in.progress.chunks);
    if (c)
        answer(w, c, m);
}

/* ---- effects ---- */

static void put(struct world *w, struct job *job, bool changed)
{
    if (changed)
        world_say(w, "job %d is %s", job->index, az_job_state_name(job->record.state));
    reader_wakes(w, job);
    if (changed && job->record.cause == AZ_CAUSE_BUDGET &&
        job->limit_ran != service_limit(job, job->record.sets))
        world_fail(w, "job %d stops for the limit %lld, and has another", job->index,
                   (long long)job->limit_ran);
    catalog_put(w, job);
    if (changed && az_job_has_ended(&job->record))
        job_is_done(w, job);
    bool waits = job->record.state == AZ_IS_PAUSED || job->record.state == AZ_IS_STOPPED;
    if (changed && waits)
        world_at(w, w->now + 1 + (az_ms)world_roll(w, BY_JOB, 20000),
                 (struct event){.kind = EV_JOB_RESUMES, .who = job->index});
}

static void gone(struct job *job)
{
    az_job_record_release(&job->record);
}

static void perform(struct world *w, const struct az_desk_effect *e)
{
    struct job *job = (struct job *)e->job;
    struct az_error err = {0};
    switch (e->kind) {
    case AZ_DESK_PUT:
        return put(w, job, e->changed);
    case AZ_DESK_SUBMITTED:
        return tell(w, e, C_SUBMITTED);
    case AZ_DESK_CHUNKED:
        return tell(w, e, C_CHUNKED);
    case AZ_DESK_FAILED:
        world_say(w, "a client is told: %s", e->err.what);
        return tell(w, e, C_FAILED);
    case AZ_DESK_DONE:
        return operator_told(w, e);
    case AZ_DESK_OPEN:
        chore_add(w, CHORE_OPEN, job)->limit = service_limit(job, job->record.sets);
        return;
    case AZ_DESK_CLOSE:
        return job_closes(w, job);
    case AZ_DESK_HALT:
        return job_stops(w, job, e->at_once);
    case AZ_DESK_WEIGHT:
        if (job->docket)
            az_docket_weight(job->docket, job->record.priority);
        return;
    case AZ_DESK_LIMIT:
        world_say(w, "job %d: its limit is %lld", job->index, (long long)e->usd);
        if (job->docket)
            az_assert(az_docket_limit(job->docket, e->usd, w->now, &w->fx, &err) == 0);
        return;
    case AZ_DESK_LEAVE:
        (void)chore_add(w, CHORE_LEAVE, job);
        return;
    case AZ_DESK_GONE:
        return gone(job);
    case AZ_DESK_DROP:
        world_say(w, "job %d is pruned", job->index);
        reader_ends(&w->readers[job->index]);
        return catalog_drop(w, job);
    case AZ_DESK_REMOVE:
        (void)chore_add(w, CHORE_REMOVE, job);
        return;
    case AZ_DESK_NOTHING:
        return;
    }
}

void service_frees(struct world *w, struct job *job)
{
    if (!job->desk.gone || job->desk.chores || !job->pruned || !job->record.id)
        return;
    world_say(w, "job %d is forgotten", job->index);
    az_job_record_release(&job->record);
    job->desk = (struct az_desk_job){.rec = &job->record};
}

void service_run(struct world *w, int r, const struct az_error *err)
{
    struct az_desk_effect e;
    struct az_error why = {0};
    if (r < 0)
        world_fail(w, "the desk: %s", err->what);
    while (!*w->failed && az_desk_next(&w->desk, w->catalog.committed, &e, &why) > 0) {
        perform(w, &e);
        if (e.job)
            e.job->chores--;
        if (e.job)
            service_frees(w, (struct job *)e.job);
    }
}

/* ---- what clients say ---- */

static void submit(struct world *w, struct client *c, const struct az_asked *asked)
{
    struct job *job = c->job;
    struct az_asker who = {.principal = "lab", .submits = true};
    struct az_error err = {0}, failing = {.code = w->catalog.failing ? AZ_EOUTPUT : 0};
    if (az_desk_admit(&w->desk, &who, &failing, &err) < 0 ||
        (job->record.id ? job->desk.gone : job->desk.chores > 0)) { /* it is not forgotten yet */
        answer(w, c, (struct client_msg){.kind = C_FAILED});
        return;
    }
    char key[8];
    snprintf(key, sizeof(key), "%02d", job->index);
    bool again = az_desk_by_key(&w->desk, who.principal, key);
    if (!again && job->reborn != job->pruned) {
        job->reborn = job->pruned;
        job_lives(w, job);
    }
    if (!again) {
        job->desk = (struct az_desk_job){.rec = &job->record};
        job->record = (struct az_job_record){.owner = strdup("lab"), .key = strdup(key)};
        az_desk_begin(&job->record, w->catalog.next_id++, 0, job->submit_s, service_now_s(w));
        az_desk_add(&w->desk, &job->desk);
    }
    chore_add(w, again ? CHORE_FIND : CHORE_MAKE, job)->asked = *asked;
}

static void chunk(struct world *w, struct client *c, const struct az_asked *asked,
                  const struct client_msg *m)
{
    struct job *job = c->job;
    struct az_error err = {0};
    bool take = false;
    if (m->job <= job->no_more || (m->job == job->record.id && job->desk.gone) ||
        m->job <= job->pruned) {
        answer(w, c, (struct client_msg){.kind = C_FAILED});
        return;
    }
    if (job->record.id != m->job || !az_desk_told(&job->desk, w->catalog.committed)) {
        world_fail(w, "job %d: a chunk of %lld, and that number is not known", job->index,
                   (long long)m->job);
        return;
    }
    int r = az_desk_chunk(&w->desk, &job->desk, asked, (uint64_t)m->index, &take, &err);
    if (take && r == 0) {
        struct chore *d = chore_add(w, CHORE_TAKE, job);
        d->asked = *asked;
        d->said = *m;
    }
    service_run(w, r, &err);
}

/* The first of a session begins it; whatever breaks its order ends it. */
static bool heard(struct client *c, const struct client_msg *m)
{
    struct az_error why;
    struct az_msg msg = {.kind = m->kind == C_SUBMIT ? AZ_MSG_SUBMIT : AZ_MSG_CHUNK, .seq = m->seq};
    if (c->open != m->session && m->kind == C_SUBMIT) {
        c->open = m->session;
        c->seq = az_peer_seq();
    }
    return c->open == m->session && az_peer_seq_take(&c->seq, &msg, &why) == 0;
}

void service_hears(struct world *w, struct client *c, const struct client_msg *m)
{
    if (!heard(c, m)) {
        c->open = 0;
        answer(w, c, (struct client_msg){.kind = C_REFUSED});
        return;
    }
    struct az_asked asked = {.peer = (int)(c - w->clients), .session = (uint64_t)c->open};
    if (m->kind == C_SUBMIT)
        submit(w, c, &asked);
    else
        chunk(w, c, &asked, m);
}

/* ---- life and death ---- */

static struct job *next_kept(struct world *w, int64_t after)
{
    struct job *next = NULL;
    for (int j = 0; j < w->n_jobs; j++) {
        struct job *job = &w->jobs[j];
        if (job->kept.id > after && (!next || job->kept.id < next->kept.id))
            next = job;
    }
    return next;
}

static void load(struct world *w, struct job *job)
{
    struct az_error err = {0};
    bool look = false;
    if (job->dir != job->kept.id)
        world_fail(w, "job %d has a record and no directory", job->index);
    if (job->kept.id <= job->no_more)
        world_fail(w, "job %d was told to be removed, and is there", job->index);
    az_assert(az_job_record_copy(&job->kept, &job->record, &err) == 0);
    if (job->told_cancelled && job->record.state != AZ_IS_CANCELLED)
        world_fail(w, "job %d was cancelled, and is %s", job->index,
                   az_job_state_name(job->record.state));
    int r = az_desk_load(&w->desk, &job->desk, service_now_s(w), &look, &err);
    if (look)
        (void)chore_add(w, CHORE_LOOK, job);
    if (job->record.state == AZ_IS_PAUSED || job->record.state == AZ_IS_STOPPED)
        world_at(w, w->now + 1000, (struct event){.kind = EV_JOB_RESUMES, .who = job->index});
    az_assert(r == 0);
}

/* Directories of jobs that were never told go. */
static void remove_strangers(struct world *w)
{
    for (int j = 0; j < w->n_jobs; j++) {
        struct job *job = &w->jobs[j];
        if (job->kept.id)
            continue;
        bool is_new = job->dir > w->catalog.highest;
        if (job->dir && is_new && job->in.progress.chunks)
            world_fail(w, "job %d has items, and no record", j);
        job->dir = 0;
    }
}

/* As io_service's tick(): once a second, as long as there is a deadline. */
az_ms service_tick(struct world *w)
{
    struct az_error err = {0};
    bool any = false;
    for (int j = 0; j < w->n_jobs; j++)
        any = any || (w->jobs[j].record.deadline_s && !az_job_rests(&w->jobs[j].record));
    if (w->now < w->next_tick)
        return any ? w->next_tick : INT64_MAX;
    w->next_tick = w->now + TICK_MS;
    w->ticked_s = service_now_s(w);
    service_run(w, az_desk_deadlines(&w->desk, w->ticked_s, &err), &err);
    return any ? w->next_tick : INT64_MAX;
}

void service_starts(struct world *w)
{
    w->next_tick = w->now;
    w->ticked_s = 0;
    w->chores_end = &w->chores;
    w->catalog.end = &w->catalog.pending;
    w->catalog.next_id = w->catalog.highest + 1;
    w->catalog.last = w->now;
    az_desk_init(&w->desk, 1 + (int)(w->seed % WORLD_JOBS));
    for (int j = 0; j < w->n_jobs; j++)
        w->jobs[j].desk = (struct az_desk_job){.rec = &w->jobs[j].record};
    struct job *job;
    for (int64_t id = 0; (job = next_kept(w, id)); id = job->kept.id) {
        load(w, job);
    }
    remove_strangers(w);
    service_run(w, 0, NULL);
}

void service_dies(struct world *w)
{
    struct az_desk_effect e;
    while (az_desk_drop(&w->desk, &e))
        continue;
    chores_drop(w);
    catalog_crash(w);
    az_tunes_release(&w->tunes);
    memset(w->set, 0, sizeof(w->set));
    for (int c = 0; c < w->n_clients; c++)
        w->clients[c].open = 0;
    for (int j = 0; j < w->n_jobs; j++)
        reader_breaks(w, &w->readers[j]);
    for (int j = 0; j < w->n_jobs; j++) {
        struct job *job = &w->jobs[j];
        az_job_record_release(&job->record);
        job->desk = (struct az_desk_job){.rec = &job->record};
        job->receives = false;
    }
}
