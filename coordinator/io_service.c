#include "coordinator/io_service_state.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "coordinator/acl.h"
#include "coordinator/tally.h"
#include "core/io_clock.h"
#include "core/log.h"
#include "core/mem.h"

enum {
    TICK_MS = 1000,
    UNWELL_MS = 10000,
    METRICS_MAX = 4 << 20,
    INTAKE_MAX = 256 << 20,
    CACHES_BYTES = 128 << 20, /* pages of all jobs' databases; one job takes 32 MB */
    /* Of one client. What is not read yet counts nowhere else, and may be 64 MiB
     * each; a window is four chunks. Verdicts go out by the quarter MiB, as many as
     * the client says it will take. */
    CLIENT_IN_MAX = 16,
    CLIENT_OUT_MAX = 1000,
};

void service_give_up(struct az_service *s, int r, const struct az_error *why)
{
    if (r >= 0 || s->code < 0)
        return;
    s->code = r;
    s->why = *why;
    az_coordinator_leave(s->coordinator);
}

int64_t service_wall_s(void)
{
    return az_clock_wall_ms() / 1000;
}

/* ---- figures ---- */

static void count_workers(struct az_service *s, struct az_metrics *m, struct az_tally *tally)
{
    const struct az_door_peer *worker;
    int peer;
    for (size_t w = 0; (worker = az_coordinator_worker(s->coordinator, w, &peer)); w++) {
        struct az_offer offer;
        m->workers++;
        m->workers_silent += az_coordinator_silent(s->coordinator, peer);
        for (size_t n = 0; az_coordinator_offer(s->coordinator, peer, n, &offer); n++) {
            struct az_backend_figures *b = az_tally_at(tally, offer.backend);
            if (!b)
                continue;
            b->workers++;
            b->leases += offer.held;
            b->credit += offer.credit;
        }
    }
}

static void count_judges(struct az_metrics *m, struct az_tally *tally, const struct job *job,
                         az_ms now)
{
    struct az_judge_wait waits[AZ_JUDGES_MAX];
    az_open_job_waits(job->open, waits);
    for (size_t j = 0; j < job->panel->n_judges; j++) {
        struct az_backend_figures *b = az_tally_at(tally, job->panel->judges[j].backend);
        m->queued += waits[j].queued;
        m->leases += waits[j].under_way;
        if (waits[j].oldest != INT64_MAX)
            m->oldest_ms = AZ_MAX(m->oldest_ms, now - waits[j].oldest);
        if (b)
            b->queued += waits[j].queued;
    }
}

static void count_job(struct az_metrics *m, struct az_tally *tally, const struct job *job,
                      az_ms now)
{
    m->jobs[job->rec.state]++;
    if (!job->open)
        return;
    struct az_job_figures f = service_figures(job);
    struct az_counts c = az_open_job_counts(job->open);
    m->decided += f.decided - job->before.decided;
    m->abstained += f.abstained - job->before.abstained;
    m->failed += f.failed - job->before.failed;
    m->ballots += f.ballots - job->before.ballots;
    m->ballot_errors += f.ballot_errors - job->before.ballot_errors;
    m->spent += AZ_MAX(f.spent - job->before.ceiling, (az_nusd)0);
    m->docket += c.added - c.decided - c.abstained - c.failed - c.open;
    count_judges(m, tally, job, now);
}

static void tell_metrics(struct az_service *s)
{
    struct az_tally *tally = az_coordinator_tally(s->coordinator);
    const struct az_job_figures *f = &s->closed;
    struct az_metrics m = {
        .clients = s->clients,
        .decided = f->decided,
        .abstained = f->abstained,
        .failed = f->failed,
        .ballots = f->ballots,
        .ballot_errors = f->ballot_errors,
        .spent = f->spent,
        .store_failing = az_catalog_failing(s->catalog, NULL) < 0,
        .lost = az_coordinator_lost(s->coordinator),
        .commits = tally->commits,
        .drift_alarms = tally->drift_alarms,
        .backends = tally->v,
    };
    az_tally_look(tally);
    count_workers(s, &m, tally);
    for (const struct job *j = job_first(s); j; j = job_next(j))
        count_job(&m, tally, j, az_clock_ms());
    m.n_backends = tally->n;
    pthread_mutex_lock(&s->lock);
    az_buf_clear(&s->metrics);
    az_metrics_print(&s->metrics, &m);
    pthread_mutex_unlock(&s->lock);
}

void az_service_metrics(struct az_service *s, struct az_buf *b)
{
    pthread_mutex_lock(&s->lock);
    az_buf_str(b, az_buf_view(&s->metrics));
    pthread_mutex_unlock(&s->lock);
}

bool az_service_well(struct az_service *s)
{
    return az_clock_ms() - (az_ms)atomic_load(&s->ticked) < UNWELL_MS &&
           az_catalog_failing(s->catalog, NULL) == 0;
}

/* ---- the loop ---- */

static void check_reload(struct az_service *s)
{
    if (!atomic_exchange(&s->reload, false) || !s->config.reload)
        return;
    s->config.reload(s->config.arg, &s->config.settings);
    s->config.settings.jobs_open = AZ_MAX(s->config.settings.jobs_open, 1);
    az_info("settings read again", KV("jobs_open", s->config.settings.jobs_open));
    s->desk.jobs_open = s->config.settings.jobs_open;
    s->desk.look = true;
}

static bool any_open(const struct az_service *s)
{
    for (const struct job *j = job_first(s); j; j = job_next(j)) {
        if (j->desk.phase != AZ_PHASE_CLOSED)
            return true;
    }
    return false;
}

static void stop(struct az_service *s, bool at_once)
{
    struct az_error err = {0};
    service_desk(s, az_desk_stop(&s->desk, at_once, &err), &err);
}

/* Nobody new is asked; at the second time nobody is waited for either. */
static void check_stop(struct az_service *s)
{
    int asked = atomic_load(&s->stop);
    if (!asked)
        return;
    if (!s->desk.stopping) {
        az_info("stopping: calls under way are waited for");
        az_door_stop_all(s->door);
        stop(s, false);
    }
    if (asked > 1 && !s->left_at_once) {
        s->left_at_once = true;
        stop(s, true);
    }
    /* What can't become durable has been told to nobody: to wait for room would be
     * to wait to be killed. */
    bool stuck = az_catalog_failing(s->catalog, NULL) < 0;
    if (!any_open(s) && (!az_desk_waits(&s->desk) || s->left_at_once || stuck))
        az_coordinator_leave(s->coordinator);
}

/* A disk that cannot be written is told once, and once that it can be again. */
static void check_catalog(struct az_service *s)
{
    struct az_error err = {0};
    bool failing = az_catalog_failing(s->catalog, &err) < 0;
    if (failing && !s->told_failing)
        az_err("the catalog cannot be written, changes wait", KV("error", &err));
    else if (!failing && s->told_failing)
        az_info("the catalog can be written again");
    s->told_failing = failing;
}

/* Decided items, for a rate over the last minute. */
static void sample(struct job *job, az_ms now)
{
    if (job->desk.phase != AZ_PHASE_OPEN || (job->n_samples && now < job->sampled + AZ_RATE_MS))
        return;
    struct az_job_figures f = service_figures(job);
    memmove(job->samples + 1, job->samples, (AZ_RATE_SAMPLES - 1) * sizeof(*job->samples));
    job->samples[0] = f.decided + f.abstained + f.failed;
    job->n_samples = AZ_MIN(job->n_samples + 1, (int)AZ_RATE_SAMPLES);
    job->sampled = now;
}

static void tick(struct az_service *s, az_ms now)
{
    if (now < s->next_tick)
        return;
    s->next_tick = now + TICK_MS;
    atomic_store(&s->ticked, now);
    struct az_error err = {0};
    service_desk(s, az_desk_deadlines(&s->desk, service_wall_s(), &err), &err);
    check_catalog(s);
    for (struct job *j = job_first(s); j; j = job_next(j))
        sample(j, now);
    tell_metrics(s);
}

/* Ours comes after the coordinator's own. Receiving comes last, for sending eats
 * the socket's edge. */
static az_ms before_sleep(void *arg)
{
    struct az_service *s = arg;
    az_ms now = az_clock_ms();
    az_chores_settle(s->disk);
    az_chores_settle(s->results);
    az_chores_settle(s->reading);
    service_desk(s, 0, NULL);
    service_close_ended(s);
    check_reload(s);
    check_stop(s);
    tick(s, now);
    az_ms until = AZ_MIN(s->next_tick, front_follow(s, now));
    until = AZ_MIN(until, front_stream(s, now));
    until = AZ_MIN(until, az_door_tick(s->door, now));
    bool more = front_receive(s);
    return more || s->code < 0 ? 0 : until;
}

/* The hook does what there is to do. */
static void on_wake(void *arg, int fd, unsigned events)
{
    struct az_service *s = arg;
    eventfd_t n;
    if (fd == s->poke)
        (void)eventfd_read(fd, &n);
    else if (fd == az_catalog_fd(s->catalog))
        az_catalog_ack(s->catalog);
}

/* ---- setting up ---- */

static int start_chores(struct az_service *s, struct az_error *err)
{
    int r = az_chores_start("jobs", &s->disk, err);
    if (r == 0)
        r = az_chores_start("results", &s->results, err);
    if (r == 0)
        r = az_chores_start("reading", &s->reading, err);
    return r;
}

static int start_doors(struct az_service *s, struct az_error *err)
{
    struct az_door_config workers = s->config.workers, clients = s->config.clients;
    workers.name = "workers";
    workers.roles = AZ_ROLE_WORK;
    clients.name = "clients";
    clients.in_max = CLIENT_IN_MAX;
    clients.out_max = CLIENT_OUT_MAX;
    if (!clients.roles)
        clients.roles = AZ_ROLE_SUBMIT | AZ_ROLE_READ | AZ_ROLE_ADMIN;
    int r = az_coordinator_new(&workers, &s->coordinator, err);
    if (r == 0)
        r = az_door_new(&clients, &s->door, err);
    if (r == 0)
        s->loop = az_coordinator_loop(s->coordinator);
    return r;
}

static int watch_all(struct az_service *s, struct az_error *err)
{
    int fds[] = {s->poke,
                 az_catalog_fd(s->catalog),
                 az_door_fd(s->door),
                 az_chores_fd(s->disk),
                 az_chores_fd(s->results),
                 az_chores_fd(s->reading)};
    int r = az_loop_before_sleep(s->loop, before_sleep, s, err);
    for (size_t i = 0; r == 0 && i < AZ_LEN(fds); i++)
        r = az_loop_watch(s->loop, fds[i], AZ_LOOP_READ, on_wake, s, err);
    return r;
}

static int open_state(struct az_service *s, struct az_error *err)
{
    int r = disk_lock(s->config.dir, &s->lock_fd, err);
    if (r < 0)
        return r;
    size_t n = strlen(s->config.dir) + sizeof("/jobs");
    s->jobs_dir = az_alloc(n);
    if (!s->jobs_dir)
        return az_oom(err);
    snprintf(s->jobs_dir, n, "%s/jobs", s->config.dir);
    return az_catalog_open(s->config.dir, &s->catalog, err);
}

static int set_up(struct az_service *s, struct az_error *err)
{
    s->poke = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (s->poke < 0)
        return az_fail(err, AZ_ELIMIT, "cannot make an event descriptor: %s", strerror(errno));
    int r = open_state(s, err);
    if (r == 0)
        r = start_chores(s, err);
    if (r == 0)
        r = start_doors(s, err);
    if (r == 0)
        r = watch_all(s, err);
    if (r == 0)
        r = service_load(s, err);
    if (r == 0)
        disk_remove_strangers(s);
    return r;
}

int az_service_new(const struct az_service_config *config, struct az_service **ret,
                   struct az_error *err)
{
    AZ_AUTO(service) s = az_zalloc(sizeof(*s));
    if (!s)
        return az_oom(err);
    s->config = *config;
    s->lock_fd = s->poke = -1;
    az_desk_init(&s->desk, config->settings.jobs_open);
    s->metrics = az_buf(METRICS_MAX);
    s->intake.max = config->intake_max ? config->intake_max : INTAKE_MAX;
    pthread_mutex_init(&s->lock, NULL);
    atomic_store(&s->ticked, az_clock_ms());
    az_store_share_memory(CACHES_BYTES);
    int r = set_up(s, err);
    if (r < 0)
        return r;
    *ret = AZ_TAKE(s);
    return 0;
}

static void free_jobs(struct az_service *s)
{
    for (struct job *j = job_first(s), *next; j; j = next) {
        next = job_next(j);
        if (j->open)
            az_coordinator_close(j->open);
        az_feeder_free(j->feeder);
        az_store_free(j->store);
        az_queue_free(j->in);
        az_panel_free(j->panel);
        az_intake_free(j->intake);
        service_job_free(j);
    }
}

int az_service_close(struct az_service *s, struct az_error *err)
{
    if (!s)
        return 0;
    s->desk.stopping = true; /* nothing is opened any more */
    az_chores_stop(s->reading);
    az_chores_stop(s->disk);
    az_chores_stop(s->results);
    front_drop_all(s);
    free_jobs(s);
    az_coordinator_free(s->coordinator);
    az_door_free(s->door);
    int r = az_catalog_close(s->catalog, err);
    az_map_release(&s->by_id);
    az_buf_release(&s->metrics);
    az_share_release(&s->intake);
    pthread_mutex_destroy(&s->lock);
    if (s->poke >= 0)
        close(s->poke);
    if (s->lock_fd >= 0)
        close(s->lock_fd);
    free(s->jobs_dir);
    free(s);
    return r;
}

void az_service_free(struct az_service *s)
{
    az_service_close(s, NULL);
}

struct az_loop *az_service_loop(struct az_service *s)
{
    return s->loop;
}

/* ---- running ---- */

int az_service_run(struct az_service *s, struct az_error *err)
{
    service_desk(s, 0, NULL);
    int r = az_coordinator_run(s->coordinator, err);
    if (r == 0 && s->code < 0) {
        *err = s->why;
        r = s->code;
    }
    return r;
}

void az_service_stop(struct az_service *s)
{
    atomic_fetch_add(&s->stop, 1);
    eventfd_write(s->poke, 1);
}

void az_service_reload(struct az_service *s)
{
    atomic_store(&s->reload, true);
    eventfd_write(s->poke, 1);
}
