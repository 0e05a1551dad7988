/* List, Status, Workers: what there is, and how it goes. */
#include "coordinator/io_service_state.h"
#include "core/arena.h"
#include "core/io_clock.h"
#include "core/mem.h"
#include "policies/standing.h"

enum {
    FOLLOW_MS = 500,
    TROUBLES_MAX = 8,
    LISTED_MAX = 100000,
    FOLLOWED_MAX = 64, /* jobs by one client */
};

static void no_memory(struct az_service *s)
{
    struct az_error err;
    service_give_up(s, az_oom(&err), &err);
}

/* ---- one job ---- */

static double rate_of(const struct job *job)
{
    int n = job->n_samples;
    if (job->desk.phase != AZ_PHASE_OPEN || n < 2)
        return 0;
    int64_t items = job->samples[0] - job->samples[n - 1];
    return (double)items * 1000 / ((double)(n - 1) * AZ_RATE_MS);
}

static char *copy(struct az_arena *a, const char *text)
{
    return az_arena_strdup(a, text ? text : "");
}

/* Has any worker this backend? */
static bool is_offered(const struct az_service *s, const char *backend)
{
    int peer;
    for (size_t w = 0; az_coordinator_worker(s->coordinator, w, &peer); w++) {
        struct az_offer offer;
        for (size_t n = 0; az_coordinator_offer(s->coordinator, peer, n, &offer); n++) {
            if (!strcmp(offer.backend, backend))
                return true;
        }
    }
    return false;
}

static bool trouble(struct az_arena *a, Assize__JobInfo *info, const char *fmt, const char *name)
{
    char text[256];
    snprintf(text, sizeof(text), fmt, name);
    char *kept = copy(a, text);
    if (kept && info->n_trouble < TROUBLES_MAX)
        info->trouble[info->n_trouble++] = kept;
    return kept;
}

/* Each backend once, though several judges wait for it. */
static bool find_troubles(struct az_service *s, const struct job *job,
                          const struct az_judge_wait *waits, struct az_arena *a,
                          Assize__JobInfo *info)
{
    int peer;
    info->trouble = az_arena_zalloc(a, TROUBLES_MAX * sizeof(*info->trouble));
    if (!info->trouble)
        return false;
    if (!az_coordinator_worker(s->coordinator, 0, &peer))
        return trouble(a, info, "No worker is connected%s.", "");
    struct az_counts counts = az_open_job_counts(job->open);
    if (counts.unfit &&
        !trouble(a, info, "A worker cannot use this job's panel: %s.", counts.unfit))
        return false;
    bool all = counts.added == 0; /* its questions will wait */
    for (size_t j = 0; j < job->panel->n_judges; j++) {
        const char *backend = job->panel->judges[j].backend;
        bool told = false;
        for (size_t k = 0; k < j; k++)
            told = told ||
                   ((all || waits[k].queued) && !strcmp(job->panel->judges[k].backend, backend));
        if ((all || waits[j].queued) && !told && !is_offered(s, backend) &&
            !trouble(a, info, "No worker has a backend '%s'.", backend))
            return false;
    }
    return true;
}

static bool make_judges(struct az_arena *a, size_t n, Assize__JobInfo *info)
{
    Assize__JudgeInfo *judges = az_arena_zalloc(a, (n + 1) * sizeof(*judges));
    info->judges = az_arena_zalloc(a, (n + 1) * sizeof(*info->judges));
    if (!judges || !info->judges)
        return false;
    for (size_t j = 0; j < n; j++) {
        assize__judge_info__init(&judges[j]);
        info->judges[j] = &judges[j];
    }
    info->n_judges = n;
    return true;
}

static bool judge_info(const struct job *job, size_t j, const struct az_judge_count *count,
                       const struct az_judge_wait *wait, struct az_arena *a,
                       Assize__JudgeInfo *info)
{
    static const struct judge_past none;
    const struct judge_past *past = j < job->n_past ? &job->past[j] : &none;
    info->name = copy(a, job->panel->judges[j].name);
    info->backend = copy(a, job->panel->judges[j].backend);
    info->last_error = copy(a, *count->last_text ? count->last_text : past->last_text);
    info->asked = past->asked + count->asked;
    info->ballots = past->ballots + count->ballots;
    info->errors = past->errors + count->errors;
    info->queued = wait->queued;
    info->under_way = wait->under_way;
    info->oldest_ms = wait->oldest == INT64_MAX ? 0 : az_clock_ms() - wait->oldest;
    double right = job->standing ? az_standing_right(job->standing, j) : -1;
    if (right >= 0) {
        info->right_or_none_case = ASSIZE__JUDGE_INFO__RIGHT_OR_NONE_RIGHT;
        info->right = right;
    }
    return info->name && info->backend && info->last_error;
}

/* Nothing waits any more; what its judges came to stays. */
static bool past_info(const struct job *job, struct az_arena *a, Assize__JobInfo *info)
{
    if (!make_judges(a, job->n_past, info))
        return false;
    for (size_t j = 0; j < job->n_past; j++) {
        const struct judge_past *past = &job->past[j];
        Assize__JudgeInfo *judge = info->judges[j];
        judge->name = copy(a, past->name);
        judge->backend = copy(a, past->backend);
        judge->last_error = copy(a, past->last_text);
        judge->asked = past->asked;
        judge->ballots = past->ballots;
        judge->errors = past->errors;
        if (!judge->name || !judge->backend || !judge->last_error)
            return false;
    }
    return true;
}

static bool running_info(struct az_service *s, const struct job *job, struct az_arena *a,
                         Assize__JobInfo *info)
{
    struct az_counts c = az_open_job_counts(job->open);
    struct az_judge_wait waits[AZ_JUDGES_MAX];
    if (!make_judges(a, c.n_judges, info))
        return false;
    az_open_job_waits(job->open, waits);
    for (size_t j = 0; j < c.n_judges; j++) {
        Assize__JudgeInfo *judge = info->judges[j];
        if (!judge_info(job, j, &c.judges[j], &waits[j], a, judge))
            return false;
        info->asked += judge->under_way;
        info->queued += judge->queued;
        info->oldest_ms = AZ_MAX(info->oldest_ms, judge->oldest_ms);
    }
    info->items_a_second = rate_of(job);
    return find_troubles(s, job, waits, a, info);
}

static void fill_figures(const struct job *job, Assize__JobInfo *info)
{
    struct az_job_figures f = service_figures(job);
    info->items = f.items;
    info->bad_lines = f.bad_lines;
    info->decided = f.decided;
    info->abstained = f.abstained;
    info->failed = f.failed;
    info->ballots = f.ballots;
    info->ballot_errors = f.ballot_errors;
    info->spent_nusd = f.spent;
    info->limit_nusd = f.limit;
}

/* NULL: no memory. */
static Assize__JobInfo *job_info(struct az_service *s, const struct job *job, struct az_arena *a)
{
    Assize__JobInfo *info = az_arena_zalloc(a, sizeof(*info));
    if (!info)
        return NULL;
    assize__job_info__init(info);
    info->job = (uint64_t)job->rec.id;
    info->name = copy(a, job->rec.name);
    info->owner = copy(a, job->rec.owner);
    info->why = copy(a, job->rec.why);
    info->state = (Assize__JobState)job->rec.state;
    info->priority = (uint32_t)job->rec.priority;
    info->created_s = job->rec.created_s;
    info->ended_s = job->rec.ended_s;
    fill_figures(job, info);
    bool good = info->name && info->owner && info->why;
    if (good && job->desk.phase == AZ_PHASE_OPEN && job->open)
        good = running_info(s, job, a, info);
    else if (good)
        good = past_info(job, a, info);
    return good ? info : NULL;
}

/* ---- List ---- */

void front_list(struct az_service *s, const struct az_asked *asker)
{
    AZ_AUTO(arena) a = az_arena_new(1 << 16);
    struct az_asker who = front_who(s, asker);
    Assize__Jobs m = ASSIZE__JOBS__INIT;
    size_t n = 0;
    for (const struct job *j = job_first(s); j; j = job_next(j))
        n++;
    m.request = asker->request;
    m.jobs = a ? az_arena_zalloc(a, (n + 1) * sizeof(*m.jobs)) : NULL;
    bool good = m.jobs;
    for (const struct job *j = job_first(s); good && j && m.n_jobs < LISTED_MAX; j = job_next(j)) {
        if (!service_is_told(s, j) || !az_job_is_seen(&j->rec, &who))
            continue;
        good = (m.jobs[m.n_jobs] = job_info(s, j, a));
        m.n_jobs++;
    }
    if (good)
        front_answer(s, asker, AZ_MSG_JOBS, &m.base);
    else
        no_memory(s);
}

/* ---- Status ---- */

struct follower {
    struct follower *next;
    struct az_asked asker;
    int64_t job;
    az_ms due;
    enum az_job_state state; /* that was told last, with … */
    struct az_job_figures figures;
    int64_t sent, queued;
};

static bool is_final(const struct job *job)
{
    return az_job_rests(&job->rec) && job->desk.phase == AZ_PHASE_CLOSED;
}

static void tell_status(struct az_service *s, const struct az_asked *asker, const struct job *job,
                        bool end)
{
    AZ_AUTO(arena) a = az_arena_new(1 << 14);
    Assize__StatusReply m = ASSIZE__STATUS_REPLY__INIT;
    m.request = asker->request;
    m.info = a ? job_info(s, job, a) : NULL;
    m.end = end;
    if (m.info)
        front_answer(s, asker, AZ_MSG_STATUS_REPLY, &m.base);
    else
        no_memory(s);
}

/* Has anything changed since it was told? Then it counts as told. */
static bool has_changed(struct follower *f, const struct job *job)
{
    struct az_job_figures figures = service_figures(job);
    int64_t sent = 0, queued = 0;
    if (job->open && job->desk.phase == AZ_PHASE_OPEN) {
        struct az_counts c = az_open_job_counts(job->open);
        sent = c.sent;
        queued = c.queued;
    }
    bool same = f->state == job->rec.state && f->sent == sent && f->queued == queued &&
                !memcmp(&f->figures, &figures, sizeof(figures));
    f->state = job->rec.state;
    f->figures = figures;
    f->sent = sent;
    f->queued = queued;
    return !same;
}

/* True: it is told no more. */
static bool follow_one(struct az_service *s, struct follower *f, az_ms now)
{
    struct job *job = service_job(s, f->job);
    f->due = now + FOLLOW_MS;
    struct az_asker who = front_who(s, &f->asker);
    if (!job || !az_job_is_seen(&job->rec, &who)) { /* the list may have changed */
        struct az_error err = {0};
        az_fail(&err, AZ_ENOENT, "no job %lld", (long long)f->job);
        front_failed(s, &f->asker, f->job, &err);
        return true;
    }
    bool end = is_final(job);
    if (has_changed(f, job) || end)
        tell_status(s, &f->asker, job, end);
    return end;
}

/* Telling may end a session, and with it others of the list: so one at a time,
 * from the start. */
static struct follower *next_due(struct az_service *s, az_ms now)
{
    for (struct follower *f = s->followers; f; f = f->next) {
        if (f->due <= now)
            return f;
    }
    return NULL;
}

static void unlink_follower(struct az_service *s, struct follower *f)
{
    struct follower **at = &s->followers;
    while (*at && *at != f)
        at = &(*at)->next;
    if (!*at)
        return; /* it went with its session */
    *at = f->next;
    free(f);
}

az_ms front_follow(struct az_service *s, az_ms now)
{
    struct follower *f;
    az_ms first = INT64_MAX;
    while (s->code == 0 && (f = next_due(s, now))) {
        if (follow_one(s, f, now))
            unlink_follower(s, f);
    }
    for (f = s->followers; f; f = f->next)
        first = AZ_MIN(first, f->due);
    return first;
}

void front_followers_gone(struct az_service *s, int peer)
{
    for (struct follower **at = &s->followers; *at;) {
        struct follower *f = *at;
        if (peer >= 0 && f->asker.peer != peer) {
            at = &f->next;
            continue;
        }
        *at = f->next;
        free(f);
    }
}

/* False: the asker has been told why not. */
static bool follow(struct az_service *s, const struct az_asked *asker, const struct job *job)
{
    struct az_error err = {0};
    size_t n = 0;
    for (const struct follower *f = s->followers; f; f = f->next)
        n += f->asker.peer == asker->peer;
    if (n >= FOLLOWED_MAX) {
        az_fail(&err, AZ_ELIMIT, "you follow %zu jobs at once already", n);
        front_failed(s, asker, job->rec.id, &err);
        return false;
    }
    struct follower *f = az_zalloc(sizeof(*f));
    if (!f) {
        no_memory(s);
        return false;
    }
    f->asker = *asker;
    f->job = job->rec.id;
    f->due = az_clock_ms() + FOLLOW_MS;
    has_changed(f, job);
    f->next = s->followers;
    s->followers = f;
    return true;
}

void front_status(struct az_service *s, const struct az_asked *asker, const Assize__Status *m)
{
    struct job *job = front_job(s, asker, m->job, false);
    if (!job)
        return;
    bool end = !m->follow || is_final(job);
    if (end || follow(s, asker, job))
        tell_status(s, asker, job, end);
}

/* ---- Workers ---- */

static bool backend_info(const struct az_offer *offer, struct az_arena *a,
                         Assize__WorkerInfo__Backend *b)
{
    assize__worker_info__backend__init(b);
    b->name = copy(a, offer->backend);
    b->kind = copy(a, offer->kind);
    b->state = copy(a, offer->state);
    b->limit_group = copy(a, offer->limit_group);
    b->slots = offer->slots;
    b->credit = offer->credit;
    b->held = (uint32_t)AZ_MIN(offer->held, (int64_t)UINT32_MAX);
    b->rpm = offer->rpm;
    b->tpm = offer->tpm;
    b->p50_ms = offer->answers ? (int64_t)(offer->p50 + 0.5) : -1;
    b->p95_ms = offer->answers ? (int64_t)(offer->p95 + 0.5) : -1;
    return b->name && b->kind && b->state && b->limit_group;
}

static bool backends_info(struct az_service *s, int peer, struct az_arena *a,
                          Assize__WorkerInfo *info)
{
    struct az_offer offer;
    size_t n = 0;
    while (az_coordinator_offer(s->coordinator, peer, n, &offer))
        n++;
    Assize__WorkerInfo__Backend *v = az_arena_zalloc(a, (n + 1) * sizeof(*v));
    info->backends = az_arena_zalloc(a, (n + 1) * sizeof(*info->backends));
    if (!v || !info->backends)
        return false;
    for (size_t i = 0; i < n && az_coordinator_offer(s->coordinator, peer, i, &offer); i++) {
        if (!backend_info(&offer, a, &v[i]))
            return false;
        info->backends[info->n_backends++] = &v[i];
    }
    return true;
}

static Assize__WorkerInfo *worker_info(struct az_service *s, const struct az_door_peer *worker,
                                       int peer, struct az_arena *a)
{
    Assize__WorkerInfo *info = az_arena_zalloc(a, sizeof(*info));
    if (!info)
        return NULL;
    assize__worker_info__init(info);
    info->name = copy(a, worker->name);
    info->principal = copy(a, worker->principal);
    info->software = copy(a, worker->software);
    info->since_s = service_wall_s() - (az_clock_ms() - worker->since) / 1000;
    info->silent_ms = az_clock_ms() - worker->heard;
    info->silent = az_coordinator_silent(s->coordinator, peer);
    info->ballots = az_coordinator_ballots(s->coordinator, peer);
    bool good = info->name && info->principal && info->software;
    return good && backends_info(s, peer, a, info) ? info : NULL;
}

void front_workers(struct az_service *s, const struct az_asked *asker)
{
    AZ_AUTO(arena) a = az_arena_new(1 << 16);
    Assize__WorkerList m = ASSIZE__WORKER_LIST__INIT;
    const struct az_door_peer *worker;
    int peer;
    m.request = asker->request;
    m.workers = a ? az_arena_zalloc(a, AZ_PEERS_MAX * sizeof(*m.workers)) : NULL;
    bool good = m.workers;
    while (good && m.n_workers < AZ_PEERS_MAX &&
           (worker = az_coordinator_worker(s->coordinator, m.n_workers, &peer))) {
        good = (m.workers[m.n_workers] = worker_info(s, worker, peer, a));
        m.n_workers++;
    }
    if (good)
        front_answer(s, asker, AZ_MSG_WORKER_LIST, &m.base);
    else
        no_memory(s);
}
