/* What goes wrong, and when. */
#include "tests/sim/world.h"

const char *misfortune_name(enum misfortune m)
{
    static const char *const names[MISFORTUNES] = {
        "worker-dies",
        "worker-leaves",
        "worker-stops",
        "coordinator-dies",
        "coordinator-stops",
        "break",
        "partition",
        "mangle",
        "full",
        "cancel",
        "pause",
        "set",
        "retry",
        "prune",
        "tune",
        "client",
        "garble",
        "wrong",
        "busy",
        "broken",
        "silent",
        "quota",
        "dead",
        "away",
    };
    return names[m];
}

static uint64_t roll(struct world *w, uint64_t n)
{
    return world_roll(w, BY_WEATHER, n);
}

static bool spared(const struct world *w, enum misfortune m)
{
    return w->bounds.without & 1u << m;
}

/* In 1000; most seeds have little of each. */
static int share(struct world *w, enum misfortune m, uint64_t one_in, uint64_t most)
{
    bool none = roll(w, one_in);
    int n = (int)roll(w, most);
    return none || spared(w, m) ? 0 : n;
}

static void happens(struct world *w, enum misfortune m, uint64_t one_in, uint64_t times, az_ms span)
{
    bool none = roll(w, one_in);
    for (uint64_t n = 1 + roll(w, times); n-- > 0;) {
        az_ms at = 1 + (az_ms)roll(w, (uint64_t)span);
        int who = (int)roll(w, 1000);
        if (none || spared(w, m))
            continue;
        world_at(w, at, (struct event){.kind = EV_MISFORTUNE, .what = m, .who = who});
        w->calm_at = AZ_MAX(w->calm_at, at);
    }
}

void world_weather(struct world *w)
{
    static const az_ms delays[] = {1, 20, 300, 5000};
    w->slow_ms = delays[roll(w, 4)] * 4 + 1;
    w->disk_ms = delays[roll(w, 4)];
    w->net_ms = delays[roll(w, 3)];
    w->silence_ms = 1500 + (az_ms)roll(w, 20000);
    w->wrong = share(w, MIS_WRONG, 3, 250);
    w->busy = share(w, MIS_BUSY, 3, 250);
    w->broken = share(w, MIS_BROKEN, 3, 250);
    w->silent = share(w, MIS_SILENT, 3, 250);
    w->stops = share(w, MIS_QUOTA, 8, 20);
    w->cache = !roll(w, 3);
    w->most_under_way = 1 + (int)roll(w, 20);
    w->mangler = (int)roll(w, WORLD_WORKERS) % w->n_workers;
    w->mangled = share(w, MIS_MANGLE, 4, 100);
    w->garbled = share(w, MIS_GARBLE, 4, 100);
    /* Until somewhere past the end of most worlds. */
    az_ms span = 5000 + w->slow_ms * (2 + (az_ms)roll(w, 20));
    static const struct {
        enum misfortune m;
        uint64_t one_in, times;
    } many[] = {
        {MIS_WORKER_DIES, 2, 5},
        {MIS_WORKER_LEAVES, 4, 3},
        {MIS_WORKER_STOPS, 2, 4},
        {MIS_COORDINATOR_DIES, 2, 4},
        {MIS_COORDINATOR_STOPS, 4, 2},
        {MIS_BREAK, 2, 5},
        {MIS_PARTITION, 3, 3},
        {MIS_FULL, 4, 2},
        {MIS_CANCEL, 6, 1},
        {MIS_PAUSE, 3, 3},
        {MIS_SET, 2, 5},
        {MIS_RETRY, 2, 4},
        {MIS_PRUNE, 2, 3},
        {MIS_TUNE, 3, 4},
        {MIS_CLIENT, 2, 3},
        {MIS_DEAD, 4, 2},
        {MIS_AWAY, 4, 3},
    };
    for (size_t i = 0; i < AZ_LEN(many); i++)
        happens(w, many[i].m, many[i].one_in, many[i].times, span);
}

/* ---- to a job ---- */

/* Twice, half, or some of its limit; each one is another. */
static az_nusd another_limit(struct world *w, const struct job *job, int by)
{
    az_nusd now = job->limits[job->n_limits - 1];
    now = by ? now * by : roll(w, 2) ? now * 2 : now / 2;
    return AZ_MIN(now, (az_nusd)1000 * 1000000000) + job->n_limits + 1;
}

static void to_job(struct world *w, struct job *job, enum misfortune what)
{
    int priority = 1 + (int)roll(w, 1000);
    az_nusd limit = another_limit(w, job, 0);
    bool twice = roll(w, 2), time = !roll(w, 3);
    int64_t deadline = (int64_t)roll(w, 60);
    if (what == MIS_SET && time) {
        (void)service_deadline(w, job, deadline);
        return;
    }
    if (what == MIS_SET) {
        if (service_set(w, job, limit, priority) && twice)
            (void)service_set(w, job, another_limit(w, job, 0), priority);
        return;
    }
    if (what == MIS_RETRY)
        (void)service_retry(w, job);
    else
        (void)service_verb(w, job, what == MIS_CANCEL ? AZ_DESK_CANCEL : AZ_DESK_PAUSE);
}

static void all_workers_again(struct world *w)
{
    for (int who = 0; who < w->n_workers; who++) {
        worker_die(w, who);
        world_at(w, w->now + 1 + (az_ms)roll(w, 3000),
                 (struct event){.kind = EV_WORKER_STARTS, .who = who});
    }
}

/* Somebody pays, makes room, or types resume; and looks again, for none of it may have
 * been heard. */
void job_resumes(struct world *w, struct job *job)
{
    bool rests = job->record.state == AZ_IS_PAUSED || job->record.state == AZ_IS_STOPPED;
    bool away = !w->up || w->stopped_until > w->now || w->full_until > w->now;
    if (!away && (!rests || !job->record.id))
        return;
    world_at(w, w->now + 2000, (struct event){.kind = EV_JOB_RESUMES, .who = job->index});
    if (away)
        return;
    if (job->record.cause == AZ_CAUSE_BACKEND) {
        w->quota_gone = false;
        w->stops = 0;
        all_workers_again(w);
    }
    if (job->record.deadline_s && job->record.deadline_s <= service_now_s(w)) {
        int64_t more = w->now < w->calm_at ? 1 + (int64_t)roll(w, 60) : 0;
        (void)service_deadline(w, job, more);
    } else if (job->record.cause == AZ_CAUSE_BUDGET)
        (void)service_set(w, job, another_limit(w, job, 4), job->record.priority);
    else if (roll(w, 3) || !service_retry(w, job))
        (void)service_verb(w, job, AZ_DESK_RESUME);
}

/* Half of them are not let rest. */
void job_is_done(struct world *w, struct job *job)
{
    bool rests = roll(w, 2);
    enum misfortune what = roll(w, 2) ? MIS_RETRY : MIS_PRUNE;
    az_ms at = w->now + 1 + (az_ms)roll(w, roll(w, 2) ? 10000 : 100);
    if (rests || job->was_done || spared(w, what))
        return;
    job->was_done = job->due = true;
    world_at(w, at, (struct event){.kind = EV_MISFORTUNE, .what = what, .who = job->index});
}

/* Somebody may not wait for the end; a few times, for what abstains does so again. */
void item_fails(struct world *w, struct job *job)
{
    bool waits = roll(w, 8);
    az_ms at = w->now + 1 + (az_ms)roll(w, (uint64_t)w->slow_ms);
    if (!waits && !spared(w, MIS_RETRY) && job->hurried++ < 3)
        world_at(w, at,
                 (struct event){.kind = EV_MISFORTUNE, .what = MIS_RETRY, .who = job->index});
}

/* ---- to machines ---- */

static void stop_worker(struct world *w, int who)
{
    az_ms ms = (az_ms)roll(w, (uint64_t)w->silence_ms * 3);
    if (!w->workers[who].alive)
        return;
    world_say(w, "worker %d is stopped for %lld ms", who, (long long)ms);
    w->workers[who].stopped_until = w->now + ms;
}

/* One of its backends, for a while. */
static void away(struct world *w, int who)
{
    struct worker *k = &w->workers[who];
    size_t backend = roll(w, WORLD_BACKENDS);
    az_ms ms = 1 + (az_ms)roll(w, 60000);
    if (!k->alive || !k->n_backends)
        return;
    backend %= k->n_backends;
    worker_away(w, who, backend, "loading");
    world_at(w, w->now + ms,
             (struct event){.kind = EV_BACK, .who = who, .life = k->life, .ticket = backend});
}

static void to_worker(struct world *w, int who, enum misfortune what)
{
    if (what == MIS_WORKER_DIES && w->workers[who].alive) {
        world_say(w, "worker %d dies", who);
        worker_die(w, who);
        world_at(w, w->now + (az_ms)roll(w, 10000),
                 (struct event){.kind = EV_WORKER_STARTS, .who = who});
    } else if (what == MIS_WORKER_LEAVES) {
        worker_leave(w, who);
    } else if (what == MIS_WORKER_STOPS) {
        stop_worker(w, who);
    } else if (what == MIS_AWAY) {
        away(w, who);
    } else if (what == MIS_BREAK) {
        net_break(w, who);
    } else if (what == MIS_PARTITION) {
        az_ms ms = (az_ms)roll(w, (uint64_t)w->silence_ms * 3);
        world_say(w, "worker %d is cut off for %lld ms", who, (long long)ms);
        w->workers[who].cut_until = w->now + ms;
    }
}

static void to_coordinator(struct world *w, enum misfortune what)
{
    if (!w->up)
        return;
    if (what == MIS_COORDINATOR_STOPS) {
        w->stopped_until = w->now + (az_ms)roll(w, (uint64_t)w->silence_ms * 3);
        world_say(w, "the coordinator is stopped until %lld", (long long)w->stopped_until);
        return;
    }
    coordinator_die(w);
    world_at(w, w->now + 1 + (az_ms)roll(w, 2000), (struct event){.kind = EV_COORDINATOR_STARTS});
}

/* Some of its limits, by an operator who may find nobody there. */
static void tune(struct world *w, size_t backend, bool awake)
{
    unsigned which = 1 + (unsigned)roll(w, 7);
    struct setting to = {.slots = 1 + (uint32_t)roll(w, 8),
                         .rpm = 60 + (double)roll(w, 600),
                         .tpm = 40000 + (double)roll(w, 600000)};
    to.slots = which & 1 ? to.slots : 0;
    to.rpm = which & 2 ? to.rpm : 0;
    to.tpm = which & 4 ? to.tpm : 0;
    if (awake)
        service_tune(w, backend, &to);
}

/* What ended some time ago; somebody may submit it again. */
static void prune(struct world *w, struct job *job, bool awake)
{
    bool all = roll(w, 2), again = !roll(w, 2);
    int64_t older_than_s = (int64_t)roll(w, 60);
    az_ms at = w->now + 1 + (az_ms)roll(w, 10000);
    job->due = false;
    if (awake)
        service_prune(w, all ? 0 : older_than_s);
    if (again && (job->desk.gone || job->pruned) && w->n_clients < WORLD_CLIENTS)
        client_make(w, job, at);
}

void misfortune_happens(struct world *w, struct event *e)
{
    bool awake = w->up && w->stopped_until <= w->now;
    switch (e->what) {
    case MIS_COORDINATOR_DIES:
    case MIS_COORDINATOR_STOPS:
        to_coordinator(w, e->what);
        return;
    case MIS_FULL:
        w->full_until = w->now + (az_ms)roll(w, 30000);
        world_say(w, "the disk is full until %lld", (long long)w->full_until);
        return;
    case MIS_DEAD:
        w->dead_until[e->who % WORLD_BACKENDS] = w->now + (az_ms)roll(w, 120000);
        return;
    case MIS_CLIENT:
        client_breaks(w, &w->clients[e->who % w->n_clients], e->who / w->n_clients % 2);
        reader_breaks(w, &w->readers[e->who % w->n_jobs]);
        return;
    case MIS_PRUNE:
        prune(w, &w->jobs[e->who % w->n_jobs], awake);
        return;
    case MIS_TUNE:
        tune(w, (size_t)e->who % 3, awake);
        return;
    case MIS_CANCEL:
    case MIS_PAUSE:
    case MIS_SET:
    case MIS_RETRY:
        w->jobs[e->who % w->n_jobs].due = false;
        if (awake)
            to_job(w, &w->jobs[e->who % w->n_jobs], e->what);
        return;
    default:
        to_worker(w, e->who % w->n_workers, e->what);
    }
}
