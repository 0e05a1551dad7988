#include "coordinator/io_coordinator.h"

#include <stdatomic.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "coordinator/io_back.h"
#include "core/io_clock.h"
#include "core/io_loop.h"
#include "core/mem.h"

enum {
    MESSAGES_A_TURN = 64, /* so that one loud worker can't starve the rest */
    ITEMS_A_TURN = 256,
    BACKLOG_MAX = 64 << 20, /* bytes on their way to the disk */
    PROGRESS_MS = 100,
};

struct az_coordinator {
    struct az_coordinator_config config;
    struct az_loop *loop;
    struct az_back *back;
    struct az_sched *sched;
    struct az_effects fx;
    struct az_buf panel_yaml;
    bool lost_any, lost[AZ_PEERS_MAX]; /* found out while sending */
    int poke, worker_gone;             /* -1 = none */
    atomic_bool stop;
    bool stopping;    /* the scheduler has been told */
    bool input_ended; /* the queue is closed and empty */
    bool watching_input;
    bool time_up;
    az_ms deadline, next_progress;
    uint64_t told_ticket;
    int code;               /* negative: the loop is left, and `failed` says why */
    struct az_error failed; /* scratch until then */
};

void az_fed_free(struct az_fed *f)
{
    if (!f)
        return;
    az_item_free(f->item);
    az_arena_free(f->arena);
    free(f);
}

static void give_up(struct az_coordinator *c, int r)
{
    if (r >= 0 || c->code < 0)
        return;
    c->code = r;
    az_loop_stop(c->loop);
}

/* ---- effects ---- */

/* A peer that is gone, or so slow that its queue is full, loses its session. */
static int send_questions(struct az_coordinator *c, struct az_effect *x)
{
    int r = az_back_send(c->back, x->send.peer, &x->send.msg, &c->failed);
    if (r != AZ_ENOENT && r != AZ_EAGAIN)
        return r;
    az_back_drop(c->back, x->send.peer);
    c->lost[x->send.peer] = c->lost_any = true;
    return 0;
}

static int run_once(struct az_coordinator *c)
{
    struct az_store *store = c->config.store;
    int r = az_sched_ledger(c->sched, &c->fx, &c->failed);
    for (size_t i = 0; i < c->fx.n && r == 0; i++) {
        struct az_effect *x = &c->fx.v[i];
        switch (x->kind) {
        case AZ_FX_SEND:
            r = send_questions(c, x);
            break;
        case AZ_FX_BALLOT:
            r = az_store_put_ballot(store, x->ballot, &c->failed);
            break;
        case AZ_FX_VERDICT:
            r = az_store_put_verdict(store, x->verdict.seq, x->verdict.verdict, x->verdict.ballots,
                                     &c->failed);
            break;
        case AZ_FX_LEDGER:
            r = az_store_put_ledger(store, x->ledger.settled, x->ledger.ceiling, &c->failed);
            break;
        }
    }
    az_effects_clear(&c->fx);
    return r;
}

/* What lost peers held is asked elsewhere, where the next may turn out to be lost. */
static int run_effects(struct az_coordinator *c)
{
    int r = run_once(c);
    while (r == 0 && c->lost_any) {
        c->lost_any = false;
        for (int p = 0; p < AZ_PEERS_MAX && r == 0; p++) {
            if (!c->lost[p])
                continue;
            c->lost[p] = false;
            r = az_sched_on_gone(c->sched, p, az_loop_now(c->loop), &c->fx, &c->failed);
            r = r < 0 ? r : run_once(c);
        }
    }
    return r;
}

/* ---- events ---- */

static int on_message(struct az_coordinator *c, int peer, const struct az_msg *msg)
{
    az_ms now = az_loop_now(c->loop);
    switch (msg->kind) {
    case AZ_MSG_ANNOUNCE:
        return az_sched_on_credit(c->sched, peer, &msg->announce, now, &c->fx, &c->failed);
    case AZ_MSG_ANSWERS:
        return az_sched_on_answers(c->sched, peer, msg, now, &c->fx, &c->failed);
    case AZ_MSG_STOPPED:
        return az_sched_on_stopped(c->sched, peer, msg, now, &c->fx, &c->failed);
    default:
        return 0;
    }
}

/* True: there may be more. */
static bool receive(struct az_coordinator *c)
{
    for (int i = 0; i < MESSAGES_A_TURN; i++) {
        if (az_store_backlog(c->config.store) > BACKLOG_MAX)
            return false; /* its commit wakes the loop */
        int peer;
        struct az_msg msg;
        bool gone;
        int r = az_back_receive(c->back, &peer, &msg, &gone, &c->failed);
        if (r == AZ_EAGAIN)
            return false;
        if (r == 0)
            r = gone ? az_sched_on_gone(c->sched, peer, az_loop_now(c->loop), &c->fx, &c->failed)
                     : on_message(c, peer, &msg);
        if (r == 0)
            r = run_effects(c);
        give_up(c, r);
        if (r < 0)
            return false;
    }
    return true;
}

static int take(struct az_coordinator *c, struct az_fed *fed)
{
    struct az_store *store = c->config.store;
    int r = 0;
    if (fed->is_new || fed->renewed)
        r = az_store_put_item(store, fed->item, &c->failed);
    if (r < 0 || fed->decided)
        return r;
    if (fed->reopened)
        r = az_store_reopen_item(store, fed->item->seq, &c->failed);
    if (r == 0)
        r = az_sched_add(c->sched, AZ_TAKE(fed->item), fed->ballots, az_loop_now(c->loop), &c->fx,
                         &c->failed);
    return r < 0 ? r : run_effects(c);
}

static bool room(const struct az_coordinator *c)
{
    return az_sched_room(c->sched) && az_store_backlog(c->config.store) <= BACKLOG_MAX &&
           (!c->config.room || c->config.room(c->config.arg));
}

static bool feed(struct az_coordinator *c)
{
    for (int i = 0; i < ITEMS_A_TURN; i++) {
        if (c->stopping || !room(c))
            return false;
        struct az_fed *fed = az_queue_pop(c->config.in);
        if (!fed) {
            c->input_ended = az_queue_closed(c->config.in) && !az_queue_len(c->config.in);
            return false;
        }
        int r = take(c, fed);
        az_fed_free(fed);
        give_up(c, r);
        if (r < 0)
            return false;
    }
    return true;
}

static void commit_and_release(struct az_coordinator *c)
{
    az_sched_submitted(c->sched, az_store_submit(c->config.store));
    uint64_t committed = az_store_committed(c->config.store);
    if (committed != c->told_ticket) {
        c->told_ticket = committed;
        int r =
            az_sched_on_committed(c->sched, committed, az_loop_now(c->loop), &c->fx, &c->failed);
        give_up(c, r < 0 ? r : run_effects(c));
        az_sched_submitted(c->sched, az_store_submit(c->config.store));
    }
    struct az_done done;
    while (az_sched_next_done(c->sched, &done))
        c->config.done(c->config.arg, &done);
}

static void progress(struct az_coordinator *c, bool last)
{
    az_ms now = az_clock_ms();
    if (!c->config.progress || (!last && now < c->next_progress))
        return;
    c->next_progress = now + PROGRESS_MS;
    struct az_counts counts = az_sched_counts(c->sched);
    c->config.progress(c->config.arg, &counts, last);
}

static bool finished(struct az_coordinator *c)
{
    if (!az_sched_idle(c->sched))
        return false;
    struct az_counts counts = az_sched_counts(c->sched);
    return c->input_ended || c->stopping || counts.stopped || counts.broke;
}

static void check_stop(struct az_coordinator *c)
{
    c->time_up = c->time_up || az_clock_ms() >= c->deadline;
    if ((atomic_load(&c->stop) || c->time_up) && !c->stopping) {
        c->stopping = true;
        az_sched_stop(c->sched);
    }
}

/* The next feed takes what has come. */
static void on_input(void *arg, int fd, unsigned events)
{
}

/* The queue's descriptor is readable as long as something is in it: watched
 * without room for an item it would keep the loop awake. */
static void watch_input(struct az_coordinator *c, bool want)
{
    if (want == c->watching_input)
        return;
    c->watching_input = want;
    if (want)
        give_up(c, az_loop_watch(c->loop, az_queue_fd(c->config.in), AZ_LOOP_READ, on_input, c,
                                 &c->failed));
    else
        az_loop_unwatch(c->loop, az_queue_fd(c->config.in));
}

static az_ms before_sleep(void *arg)
{
    struct az_coordinator *c = arg;
    check_stop(c);
    bool more = feed(c);
    if (c->code == 0 && az_sched_deadline(c->sched) <= az_clock_ms()) {
        int r = az_sched_on_tick(c->sched, az_clock_ms(), &c->fx, &c->failed);
        give_up(c, r < 0 ? r : run_effects(c));
    }
    /* Receiving comes last, for sending eats the socket's edge. */
    more = (c->code == 0 && receive(c)) || more;
    if (c->code == 0)
        commit_and_release(c);
    if (c->code == 0)
        give_up(c, az_store_failed(c->config.store, &c->failed));
    progress(c, false);
    if (c->code || finished(c)) {
        az_loop_stop(c->loop);
        return 0;
    }
    if (more)
        return 0;
    watch_input(c, !c->input_ended && !c->stopping && room(c));
    az_ms until = AZ_MIN(az_sched_deadline(c->sched), c->deadline);
    return c->config.progress ? AZ_MIN(until, c->next_progress) : until;
}

static void on_wake(void *arg, int fd, unsigned events)
{
    struct az_coordinator *c = arg;
    eventfd_t n;
    if (fd == c->poke)
        (void)eventfd_read(fd, &n);
    else if (fd == az_store_fd(c->config.store))
        az_store_ack(c->config.store);
}

static void on_worker_gone(void *arg, int fd, unsigned events)
{
    struct az_coordinator *c = arg;
    if (c->code == 0)
        give_up(c, az_fail(&c->failed, AZ_EPROTO, "the worker has ended"));
}

/* ---- setting up ---- */

int az_coordinator_new(const struct az_coordinator_config *config, struct az_coordinator **ret,
                       struct az_error *err)
{
    AZ_AUTO(coordinator) c = az_zalloc(sizeof(*c));
    if (!c)
        return az_oom(err);
    c->config = *config;
    c->worker_gone = -1;
    c->poke = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (c->poke < 0)
        return az_fail(err, AZ_EIO, "no eventfd");
    c->panel_yaml = az_buf(AZ_BUF_MAX);
    az_panel_print(&c->panel_yaml, config->panel, true);
    int r = az_buf_check(&c->panel_yaml, err);
    if (r < 0)
        return r;
    c->deadline = config->job_ms ? az_clock_ms() + config->job_ms : INT64_MAX;
    struct az_sched_config sched = {.panel = config->panel,
                                    .spent = config->spent,
                                    .window_items = (size_t)config->window_items,
                                    .window_bytes = 64 << 20};
    r = az_sched_new(&sched, &c->sched, err);
    if (r == 0)
        r = az_effects_init(&c->fx, err);
    if (r == 0)
        r = az_loop_new(&c->loop, err);
    if (r == 0)
        r = az_back_new(config->net, config->endpoint, az_buf_view(&c->panel_yaml),
                        az_store_secret(config->store), &c->back, err);
    if (r == 0)
        r = az_loop_before_sleep(c->loop, before_sleep, c, err);
    int fds[] = {c->poke, az_store_fd(config->store), c->back ? az_back_fd(c->back) : -1};
    for (size_t i = 0; i < AZ_LEN(fds) && r == 0; i++)
        r = az_loop_watch(c->loop, fds[i], AZ_LOOP_READ, on_wake, c, err);
    if (r < 0)
        return r;
    *ret = AZ_TAKE(c);
    return 0;
}

void az_coordinator_free(struct az_coordinator *c)
{
    if (!c)
        return;
    az_loop_free(c->loop);
    az_back_free(c->back);
    az_sched_free(c->sched);
    az_effects_release(&c->fx);
    az_buf_release(&c->panel_yaml);
    if (c->poke >= 0)
        close(c->poke);
    free(c);
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

struct az_counts az_coordinator_counts(const struct az_coordinator *c)
{
    return az_sched_counts(c->sched);
}

void az_coordinator_watch_worker(struct az_coordinator *c, int fd)
{
    c->worker_gone = fd;
}

static enum az_job_end end_of(const struct az_coordinator *c)
{
    struct az_counts counts = az_sched_counts(c->sched);
    if (counts.stopped)
        return AZ_JOB_BACKEND;
    if (counts.broke || counts.unaffordable)
        return AZ_JOB_BROKE;
    if (c->stopping)
        return c->time_up ? AZ_JOB_TIME : AZ_JOB_STOPPED;
    return AZ_JOB_DONE;
}

int az_coordinator_run(struct az_coordinator *c, enum az_job_end *end, struct az_error *err)
{
    int r = 0;
    if (c->worker_gone >= 0)
        r = az_loop_watch(c->loop, c->worker_gone, AZ_LOOP_READ, on_worker_gone, c, err);
    if (r == 0)
        r = az_loop_run(c->loop, err);
    if (r == 0 && c->code == 0) {
        int closed = az_sched_close(c->sched, &c->fx, &c->failed);
        give_up(c, closed < 0 ? closed : run_effects(c));
        az_store_submit(c->config.store);
    }
    if (r == 0 && c->code < 0) {
        *err = c->failed;
        r = c->code;
    }
    az_back_stop_all(c->back);
    progress(c, true);
    *end = end_of(c);
    return r;
}
