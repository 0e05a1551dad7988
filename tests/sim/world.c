/* Time and chance: what happens next. */
#include "tests/sim/world.h"

#include <stdarg.h>

#include "coordinator/sched_state.h"

#include "core/mem.h"

/* What the coordinator knows, for whoever reads the trace. */
static void say_state(struct world *w)
{
    struct az_offer offer;
    for (int j = 0; j < w->n_jobs; j++) {
        const struct job *job = &w->jobs[j];
        world_say(w, "job %d is %s, %s, phase %d; %lld chunks are there", j,
                  az_job_state_name(job->record.state), job->docket ? "open" : "closed",
                  (int)job->desk.phase, (long long)job->in.progress.chunks);
        for (size_t b = 0; w->up && job->docket && b < WORLD_BACKENDS; b++)
            world_say(w, "  %lld sent, queue of '%s': %s", (long long)job->docket->counts.sent,
                      w->sched->backends[b].name, job->docket->queues[b].head ? "waits" : "empty");
    }
    for (int p = 0; w->up && p < w->n_seats; p++) {
        for (size_t n = 0; az_sched_offer(w->sched, p, n, &offer); n++)
            world_say(w, "session %u: '%s' %s, credit %u, holds %lld", w->seats[p].session,
                      offer.backend, offer.state, offer.credit, (long long)offer.held);
    }
}

void world_fail(struct world *w, const char *fmt, ...)
{
    if (*w->failed)
        return;
    int n = snprintf(w->failed, sizeof(w->failed), "at %lld ms, step %d: ", (long long)w->now,
                     w->steps);
    va_list args;
    va_start(args, fmt);
    vsnprintf(w->failed + n, sizeof(w->failed) - (size_t)n, fmt, args);
    va_end(args);
    world_say(w, "BROKEN: %s", w->failed);
    if (w->bounds.trace)
        say_state(w);
}

void world_say(struct world *w, const char *fmt, ...)
{
    if (!w->bounds.trace)
        return;
    fprintf(stderr, "%9lld ", (long long)w->now);
    va_list args;
    va_start(args, fmt);
    vfprintf(stderr, fmt, args);
    va_end(args);
    fputc('\n', stderr);
}

uint64_t world_roll(struct world *w, enum chance by, uint64_t n)
{
    return az_rng_below(&w->chance[by], n);
}

/* ---- events ---- */

enum { AT_ONCE_BITS = 22 }; /* events of one time happen in the order they were put in */

void world_at(struct world *w, az_ms at, struct event e)
{
    struct event *kept = w->spare;
    if (kept)
        w->spare = kept->next;
    else
        kept = az_alloc(sizeof(*kept));
    az_assert(kept);
    *kept = e;
    int64_t key = AZ_MAX(at, w->now) << AT_ONCE_BITS;
    key |= (int64_t)(w->n_events++ & ((1u << AT_ONCE_BITS) - 1));
    az_assert(az_heap_push(&w->events, key, kept) == 0);
}

static void event_free(struct world *w, struct event *e)
{
    if (e->kind == EV_REPLY)
        free(e->reply);
    e->next = w->spare;
    w->spare = e;
}

static bool of_coordinator(const struct event *e)
{
    switch (e->kind) {
    case EV_UP:
    case EV_COORDINATOR_TIME:
    case EV_COORDINATOR_BEATS:
    case EV_COMMIT:
    case EV_TO_SERVICE:
    case EV_CATALOG:
    case EV_CHORE:
    case EV_READ:
        return true;
    default:
        return false;
    }
}

static bool of_worker(const struct event *e)
{
    return e->kind == EV_DOWN || e->kind == EV_REPLY || e->kind == EV_WORKER_TIME ||
           e->kind == EV_BACK;
}

/* Who is stopped finds it all when it goes on; what is cut off comes later. */
static bool put_off(struct world *w, struct event *e)
{
    az_ms until = 0;
    if (of_coordinator(e))
        until = w->stopped_until;
    else if (of_worker(e))
        until = w->workers[e->who].stopped_until;
    if (e->kind == EV_UP || e->kind == EV_DOWN)
        until = AZ_MAX(until, w->workers[e->who].cut_until);
    if (until <= w->now)
        return false;
    world_at(w, until, *e);
    e->reply = NULL; /* goes with the copy */
    return true;
}

static void to_coordinator(struct world *w, struct event *e)
{
    if (!w->up || (e->life != w->life && e->kind != EV_UP && e->kind != EV_TO_SERVICE))
        return;
    switch (e->kind) {
    case EV_UP:
        coordinator_up(w, e);
        break;
    case EV_COORDINATOR_TIME:
        coordinator_time(w);
        break;
    case EV_COORDINATOR_BEATS:
        coordinator_beat(w);
        break;
    case EV_COMMIT:
        disk_committed(w, e);
        break;
    case EV_TO_SERVICE:
        if (e->said.session == w->clients[e->who].session)
            service_hears(w, &w->clients[e->who], &e->said);
        break;
    case EV_CATALOG:
        catalog_time(w, e);
        break;
    case EV_READ:
        reader_reads(w, e);
        break;
    default:
        chores_time(w);
        break;
    }
    if (w->up)
        coordinator_settle(w);
}

static void to_worker(struct world *w, struct event *e)
{
    struct worker *k = &w->workers[e->who];
    struct az_str frame;
    if (e->kind == EV_DOWN) {
        if (net_take(w, e, &frame)) {
            worker_frame(w, e->who, frame);
            free((char *)frame.p);
        }
    } else if (!k->alive || e->life != k->life) {
        return;
    } else if (e->kind == EV_REPLY) {
        worker_reply(w, e);
    } else if (e->kind == EV_BACK) {
        worker_away(w, e->who, e->ticket, "");
    } else {
        worker_wake(w, e->who);
    }
}

static void to_client(struct world *w, struct event *e)
{
    struct client *c = &w->clients[e->who];
    if (e->kind == EV_CLIENT_TIME)
        client_time(w, c);
    else if (e->said.session == c->session)
        client_hears(w, c, &e->said);
}

static void happen(struct world *w, struct event *e)
{
    if (put_off(w, e))
        return;
    if (of_coordinator(e)) {
        to_coordinator(w, e);
        return;
    }
    switch (e->kind) {
    case EV_CLIENT_TIME:
    case EV_TO_CLIENT:
        to_client(w, e);
        break;
    case EV_READER_TIME:
        reader_time(w, &w->readers[e->who]);
        break;
    case EV_TO_READER:
        if (e->said.session == w->readers[e->who].session)
            reader_hears(w, &w->readers[e->who], &e->said);
        break;
    case EV_CONNECT:
        net_connect(w, e);
        break;
    case EV_WORKER_STARTS:
        worker_start(w, e->who);
        break;
    case EV_COORDINATOR_STARTS:
        coordinator_start(w);
        break;
    case EV_JOB_RESUMES:
        job_resumes(w, &w->jobs[e->who]);
        break;
    case EV_MISFORTUNE:
        misfortune_happens(w, e);
        break;
    default:
        to_worker(w, e);
    }
}

/* ---- the whole ---- */

static bool all_over(const struct world *w)
{
    for (int j = 0; j < w->n_jobs; j++) {
        const struct job *job = &w->jobs[j];
        bool ended = job->kept.id ? az_job_has_ended(&job->kept) : job->pruned && !job->record.id;
        if (job->desk.phase != AZ_PHASE_CLOSED || !ended || w->readers[j].state != READER_CONTENT ||
            job->due)
            return false;
    }
    for (int c = 0; c < w->n_clients; c++) {
        if (w->clients[c].state != CLIENT_CONTENT)
            return false;
    }
    return true;
}

static void world_make(struct world *w, uint64_t seed, const struct world_bounds *bounds)
{
    memset(w, 0, sizeof(*w));
    w->seed = seed;
    w->bounds = *bounds;
    for (int by = 0; by < CHANCES; by++)
        w->chance[by] = az_rng(az_hash64_mix(seed, (uint64_t)by + 1));
    w->scratch = az_arena_new(1 << 16);
    az_assert(w->scratch);
    world_panels(w);
    world_weather(w);
    w->catalog.end = &w->catalog.pending;
    w->chores_end = &w->chores;
    world_at(w, 0, (struct event){.kind = EV_COORDINATOR_STARTS});
}

const char *world_run(struct world *w, uint64_t seed, const struct world_bounds *bounds)
{
    world_make(w, seed, bounds);
    while (!w->over && !*w->failed) {
        int64_t key = az_heap_first(&w->events);
        struct event *e = az_heap_pop(&w->events, INT64_MAX);
        if (!e)
            world_fail(w, "nothing will ever happen again");
        else if (++w->steps > WORLD_STEPS)
            world_fail(w, "no end after %d steps", w->steps);
        if (*w->failed)
            break;
        w->now = AZ_MAX(w->now, key >> AT_ONCE_BITS);
        happen(w, e);
        event_free(w, e);
        az_arena_reset(w->scratch);
        w->over = all_over(w);
    }
    if (!*w->failed)
        check_end(w);
    return *w->failed ? w->failed : NULL;
}

void world_release(struct world *w)
{
    for (int who = 0; who < w->n_workers; who++)
        worker_die(w, who);
    if (w->up)
        coordinator_die(w);
    for (struct event *e; (e = az_heap_pop(&w->events, INT64_MAX));)
        event_free(w, e);
    for (struct event *e; (e = w->spare);) {
        w->spare = e->next;
        free(e);
    }
    az_heap_release(&w->events);
    net_release(w);
    for (int j = 0; j < w->n_jobs; j++) {
        az_job_record_release(&w->jobs[j].record);
        az_job_record_release(&w->jobs[j].kept);
        az_panel_free(w->jobs[j].panel);
        az_arena_free(w->jobs[j].arena);
        free(w->jobs[j].portable);
    }
    az_arena_free(w->scratch);
}
