#include "coordinator/io_coordinator.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include "coordinator/io_coordinator_state.h"
#include "core/io_clock.h"
#include "core/mem.h"

enum {
    MESSAGES_A_TURN = 64, /* so that one loud worker can't starve the rest … */
    LATE_MS = 1000,       /* … nor keep time from passing */
};

void az_coordinator_give_up(struct az_coordinator *c, int r, const struct az_error *why)
{
    if (r >= 0 || c->code < 0)
        return;
    c->code = r;
    c->why = *why;
    az_loop_stop(c->loop);
}

/* ---- effects ---- */

/* A worker so slow that its queue is full loses its session; so does one that
 * would need more than a frame holds: what is lost often enough is an error, and
 * the loop goes on. One that is gone is told of by the door. */
int coordinator_send(struct az_coordinator *c, int peer, int r)
{
    if (r == AZ_EAGAIN || r == AZ_ELIMIT) {
        az_door_drop(c->door, peer);
        c->lost[peer] = c->lost_any = true;
    }
    return r == AZ_EAGAIN || r == AZ_ELIMIT || r == AZ_ENOENT ? 0 : r;
}

static int run_once(struct az_coordinator *c, struct az_error *err)
{
    int r = az_sched_ledgers(c->sched, &c->fx, err);
    for (size_t i = 0; i < c->fx.n && r == 0; i++) {
        struct az_effect *x = &c->fx.v[i];
        if (x->kind == AZ_FX_SEND)
            r = coordinator_send(c, x->send.peer,
                                 az_door_send(c->door, x->send.peer, &x->send.msg, err));
        else if (x->kind == AZ_FX_PANEL)
            r = coordinator_send(c, x->panel.peer,
                                 open_job_panel(x->job, x->panel.peer, x->panel.number, err));
        else
            open_job_store(x->job, x);
    }
    az_effects_clear(&c->fx);
    return r;
}

/* What lost workers held is asked elsewhere, where the next may turn out to be lost. */
void az_coordinator_effects(struct az_coordinator *c)
{
    struct az_error err = {0};
    int r = run_once(c, &err);
    while (r == 0 && c->lost_any) {
        c->lost_any = false;
        for (int p = 0; p < AZ_PEERS_MAX && r == 0; p++) {
            if (!c->lost[p])
                continue;
            c->lost[p] = false;
            tell_gone(c, p);
            r = az_sched_on_gone(c->sched, p, az_loop_now(c->loop), &c->fx, &err);
            r = r < 0 ? r : run_once(c, &err);
        }
    }
    az_coordinator_give_up(c, r, &err);
}

/* ---- workers ---- */

static void count_ballots(struct az_coordinator *c, int peer, const struct az_msg *msg)
{
    for (size_t i = 0; i < msg->answers.n; i++)
        c->ballots[peer] += !msg->answers.v[i].again;
}

/* Its own mistake is its own end. */
static int put_out(struct az_coordinator *c, int peer, const struct az_error *why)
{
    az_door_refuse(c->door, peer, why);
    c->lost[peer] = c->lost_any = true;
    return 0;
}

static int on_message(struct az_coordinator *c, int peer, const struct az_msg *msg, az_ms now,
                      struct az_error *err)
{
    int r = az_sched_on_heard(c->sched, peer, now, &c->fx, err);
    if (r < 0)
        return r;
    tell_heard(c, peer);
    switch (msg->kind) {
    case AZ_MSG_ANNOUNCE:
        return az_sched_on_credit(c->sched, peer, &msg->announce, now, &c->fx, err);
    case AZ_MSG_ANSWERS:
        count_ballots(c, peer, msg);
        return az_sched_on_answers(c->sched, peer, msg, now, &c->fx, err);
    case AZ_MSG_STOPPED:
        return az_sched_on_stopped(c->sched, peer, msg, now, &c->fx, err);
    case AZ_MSG_UNFIT:
        r = az_sched_on_unfit(c->sched, peer, msg, now, &c->fx, err);
        if (r > 0)
            tell_unfit(c, peer, msg);
        return AZ_MIN(r, 0);
    default:
        return 0;
    }
}

static int on_event(struct az_coordinator *c, const struct az_door_event *e, az_ms now,
                    struct az_error *err)
{
    int r;
    switch (e->kind) {
    case AZ_DOOR_OPENED:
        c->ballots[e->peer] = 0;
        tell_came(c, e->peer);
        r = az_sched_on_hello(c->sched, e->peer, now, &c->fx, err);
        return r < 0 ? r : az_tunes_hello(&c->tunes, e->peer, &c->fx, err);
    case AZ_DOOR_GONE:
        tell_gone(c, e->peer);
        return az_sched_on_gone(c->sched, e->peer, now, &c->fx, err);
    case AZ_DOOR_MESSAGE:
        r = on_message(c, e->peer, &e->msg, now, err);
        return r == AZ_EPROTO ? put_out(c, e->peer, err) : r;
    case AZ_DOOR_PASSED_OVER:
        break;
    }
    return 0;
}

/* Answers are not taken as long as a job has too much on its way to the disk; its
 * commit wakes the loop. */
static bool congested(const struct az_coordinator *c)
{
    for (const struct az_open_job *job = c->jobs; job; job = job->next) {
        if (!job->ended && az_store_backlog(job->config.store) > AZ_BACKLOG_MAX)
            return true;
    }
    return false;
}

/* The disk works while more is read. */
static void hand_over(struct az_coordinator *c)
{
    for (struct az_open_job *job = c->jobs; job; job = job->next) {
        if (!job->ended)
            open_job_hand_over(job);
    }
}

/* True: there may be more. */
static bool receive(struct az_coordinator *c)
{
    az_ms now = az_loop_now(c->loop);
    for (int i = 0; i < MESSAGES_A_TURN && c->code == 0; i++) {
        if (congested(c)) {
            az_sched_forgive(c->sched, now); /* nobody is silent whom nobody hears */
            return false;
        }
        struct az_door_event e;
        struct az_error err = {0};
        int r = az_door_receive(c->door, now, &e, &err);
        if (r == AZ_EAGAIN)
            return false;
        if (r == 0)
            r = on_event(c, &e, now, &err);
        az_coordinator_give_up(c, r, &err);
        az_coordinator_effects(c);
        hand_over(c);
    }
    return c->code == 0;
}

/* ---- the loop ---- */

static bool feed(struct az_coordinator *c)
{
    bool more = false;
    for (struct az_open_job *job = c->jobs; job && c->code == 0; job = job->next)
        more = (!job->ended && open_job_feed(job)) || more;
    return more;
}

/* This process was stopped itself, and what workers sent meanwhile has not been
 * read yet: their silence is its own. */
static void forgive(struct az_coordinator *c, az_ms now)
{
    if (c->silence_ms && now - c->turn > c->silence_ms / 2)
        az_sched_forgive(c->sched, now);
    c->turn = now;
}

static void tick(struct az_coordinator *c)
{
    struct az_error err = {0};
    az_ms now = az_clock_ms();
    forgive(c, now);
    if (az_sched_deadline(c->sched) > now)
        return;
    int r = az_sched_on_tick(c->sched, now, &c->fx, &err);
    az_coordinator_give_up(c, r, &err);
    tell_silent(c);
    az_coordinator_effects(c);
}

static az_ms before_sleep(void *arg)
{
    struct az_coordinator *c = arg;
    bool stop = atomic_load(&c->stop);
    bool more = feed(c);
    more = receive(c) || more;
    /* What was not read yet must not look like silence: time waits for it, a little. */
    if (!more || az_clock_ms() - c->turn > LATE_MS)
        tick(c);
    /* Receiving comes last, for sending eats the socket's edge. */
    more = receive(c) || more;
    az_ms until = az_door_tick(c->door, az_clock_ms());
    for (struct az_open_job *job = c->jobs; job && c->code == 0; job = job->next) {
        if (job->ended)
            continue;
        if (stop)
            az_open_job_stop(job);
        open_job_commit(job);
        open_job_check_end(job);
        until = AZ_MIN(until, open_job_rest(job));
    }
    /* Commits send, too; nothing is asleep until the door has been asked again. */
    more = receive(c) || more;
    if (more || c->code < 0)
        return 0;
    return AZ_MIN(until, az_sched_deadline(c->sched));
}

static void on_poke(void *arg, int fd, unsigned events)
{
    eventfd_t n;
    (void)eventfd_read(fd, &n);
}

/* The hook before the next sleep receives. */
static void on_door(void *arg, int fd, unsigned events)
{
}

static void on_worker_gone(void *arg, int fd, unsigned events)
{
    struct az_coordinator *c = arg;
    struct az_error err;
    az_coordinator_give_up(c, az_fail(&err, AZ_EPROTO, "the worker has ended"), &err);
}

int az_coordinator_new(const struct az_door_config *workers, struct az_coordinator **ret,
                       struct az_error *err)
{
    AZ_AUTO(coordinator) c = az_zalloc(sizeof(*c));
    if (!c)
        return az_oom(err);
    c->silence_ms = workers->silence_ms;
    c->turn = az_clock_ms();
    c->poke = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (c->poke < 0)
        return az_fail(err, AZ_EIO, "no eventfd");
    c->tally = az_tally_new();
    if (!c->tally)
        return az_oom(err);
    struct az_sched_config sched = {.silence_ms = workers->silence_ms};
    int r = az_sched_new(&sched, &c->sched, err);
    if (r == 0)
        r = az_effects_init(&c->fx, err);
    if (r == 0)
        r = az_loop_new(&c->loop, err);
    if (r == 0)
        r = az_door_new(workers, &c->door, err);
    if (r == 0)
        r = az_loop_before_sleep(c->loop, before_sleep, c, err);
    if (r == 0)
        r = az_loop_watch(c->loop, c->poke, AZ_LOOP_READ, on_poke, c, err);
    if (r == 0)
        r = az_loop_watch(c->loop, az_door_fd(c->door), AZ_LOOP_READ, on_door, c, err);
    if (r < 0)
        return r;
    *ret = AZ_TAKE(c);
    return 0;
}

void az_coordinator_free(struct az_coordinator *c)
{
    if (!c)
        return;
    while (c->jobs)
        az_coordinator_close(c->jobs);
    az_loop_free(c->loop);
    az_door_free(c->door);
    az_sched_free(c->sched);
    az_tally_free(c->tally);
    az_effects_release(&c->fx);
    az_tunes_release(&c->tunes);
    if (c->poke >= 0)
        close(c->poke);
    free(c);
}

struct az_loop *az_coordinator_loop(struct az_coordinator *c)
{
    return c->loop;
}

void az_coordinator_poke(struct az_coordinator *c)
{
    eventfd_write(c->poke, 1);
}

void az_coordinator_stop(struct az_coordinator *c)
{
    atomic_store(&c->stop, true);
    az_coordinator_poke(c);
}

void az_coordinator_leave(struct az_coordinator *c)
{
    az_loop_stop(c->loop);
}

int az_coordinator_watch_worker(struct az_coordinator *c, int fd, struct az_error *err)
{
    return az_loop_watch(c->loop, fd, AZ_LOOP_READ, on_worker_gone, c, err);
}

int az_coordinator_run(struct az_coordinator *c, struct az_error *err)
{
    int r = az_loop_run(c->loop, err);
    if (r == 0 && c->code < 0) {
        *err = c->why;
        r = c->code;
    }
    az_door_stop_all(c->door);
    return r;
}

int az_coordinator_tune(struct az_coordinator *c, struct az_msg *msg, struct az_error *err)
{
    int told = az_tunes_set(&c->tunes, c->sched, msg, &c->fx, err);
    az_coordinator_effects(c);
    return told;
}

/* ---- for people ---- */

const struct az_door_peer *az_coordinator_worker(const struct az_coordinator *c, size_t n,
                                                 int *peer)
{
    for (int p = 0; p < AZ_PEERS_MAX; p++) {
        if (!az_sched_live(c->sched, p) || n-- > 0)
            continue;
        *peer = p;
        return az_door_peer(c->door, p);
    }
    return NULL;
}

bool az_coordinator_offer(const struct az_coordinator *c, int peer, size_t n, struct az_offer *ret)
{
    return az_sched_offer(c->sched, peer, n, ret);
}

bool az_coordinator_silent(const struct az_coordinator *c, int peer)
{
    return az_sched_silent(c->sched, peer);
}

int64_t az_coordinator_ballots(const struct az_coordinator *c, int peer)
{
    return c->ballots[peer];
}

struct az_tally *az_coordinator_tally(struct az_coordinator *c)
{
    return c->tally;
}

int64_t az_coordinator_lost(const struct az_coordinator *c)
{
    return az_sched_lost(c->sched);
}
