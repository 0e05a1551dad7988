/* coordinator/io_coordinator.h: the loop around the scheduler: the workers' door
 * and the open jobs, each with its store and its input. `assize run` opens one
 * job, the service many. Edge; the loop's thread, but for what says otherwise. */
#pragma once
#include "coordinator/io_door.h"
#include "coordinator/sched.h"
#include "coordinator/store.h"
#include "core/arena.h"
#include "core/base.h"
#include "core/error.h"
#include "core/io_loop.h"
#include "core/io_queue.h"
#include "core/panel.h"

/* An item on its way from its reader to the scheduler. */
struct az_fed {
    struct az_item *item;
    bool is_new;               /* its store has never seen it */
    bool renewed;              /* known, but its line, gold or meta has changed */
    bool decided;              /* it has its verdict: only to be renewed */
    bool reopened;             /* --retry-failed: open it again first */
    struct az_arena *arena;    /* of the ballots, or NULL */
    struct az_ballots ballots; /* from earlier runs */
};
void az_fed_free(struct az_fed *f); /* and the item, unless it was taken (NULL) */

struct az_coordinator;
struct az_tally; /* tally.h */

/* Listens for workers. The door's silence_ms is also how long a worker may be
 * silent before what it holds is asked elsewhere. */
int az_coordinator_new(const struct az_door_config *workers, struct az_coordinator **ret,
                       struct az_error *err);
void az_coordinator_free(struct az_coordinator *c); /* and its jobs */
AZ_FREEP(coordinator)

/* For watches and hooks of one's own. */
struct az_loop *az_coordinator_loop(struct az_coordinator *c);

/* Until az_coordinator_leave(), or an error that concerns all jobs; then workers
 * are told to stop. */
int az_coordinator_run(struct az_coordinator *c, struct az_error *err);
void az_coordinator_leave(struct az_coordinator *c);

/* Ask nobody new, in any job: each ends. Any thread, and signal handlers. */
void az_coordinator_stop(struct az_coordinator *c);
/* Look again at room() and stop. Any thread, and signal handlers. */
void az_coordinator_poke(struct az_coordinator *c);
/* `fd` is readable once the worker of this process has ended; then the loop ends,
 * with an error. */
int az_coordinator_watch_worker(struct az_coordinator *c, int fd, struct az_error *err);

/* ---- jobs ---- */

enum az_job_end {
    AZ_JOB_DONE,    /* every item that came in has left */
    AZ_JOB_STOPPED, /* asked to stop; calls under way have ended */
    AZ_JOB_BACKEND, /* a backend refuses for good */
    AZ_JOB_BROKE,   /* the budget is spent */
    AZ_JOB_TIME,    /* job_s is up */
    AZ_JOB_FAILED,  /* the store can't be written: state is kept up to its last commit */
};

struct az_job_config {
    const struct az_panel *panel; /* borrowed until the job is closed, as all here */
    struct az_store *store;
    struct az_queue *in; /* of struct az_fed; closed = no more */
    az_nusd spent;       /* by earlier runs */
    int64_t window_items;
    int64_t job_ms; /* limit on the whole; 0 = none */
    int weight;     /* of its share; 0 = AZ_WEIGHT */
    int slots;      /* questions under way, over all workers; 0 = as many as they take */

    /* An item left the window; it is freed after. */
    void (*done)(void *arg, const struct az_done *done);
    /* Ten times a second at the most, and once at the end; NULL = nobody looks. */
    void (*progress)(void *arg, const struct az_counts *counts, bool last);
    /* May an item be taken now? A sink that is full says no, and pokes when it
     * has room again. NULL = always. */
    bool (*room)(void *arg);
    /* Nothing of it is under way any more: what it still had for the store has
     * been submitted. Once; not to be closed from inside. `why`: AZ_JOB_FAILED. */
    void (*ended)(void *arg, enum az_job_end end, const struct az_error *why);
    void *arg;
};

struct az_open_job;
/* Backends of its panel that have refused for good are tried again. */
int az_coordinator_open(struct az_coordinator *c, const struct az_job_config *config,
                        struct az_open_job **ret, struct az_error *err);
/* At any time; before it has ended, what is under way is answered into the void. */
void az_coordinator_close(struct az_open_job *job);

/* Ask nobody new; it ends when calls under way have. */
void az_open_job_stop(struct az_open_job *job);
/* What is under way is recalled, too. AZ_ENOMEM. */
int az_open_job_cancel(struct az_open_job *job, struct az_error *err);
int az_open_job_limit(struct az_open_job *job, az_nusd limit, struct az_error *err);
void az_open_job_weight(struct az_open_job *job, int weight);

struct az_counts az_open_job_counts(const struct az_open_job *job);
void az_open_job_waits(const struct az_open_job *job, struct az_judge_wait *ret /* one a judge */);

/* ---- workers, for people ---- */

/* The nth session, NULL after the last; *peer is its number for what follows. */
const struct az_door_peer *az_coordinator_worker(const struct az_coordinator *c, size_t n,
                                                 int *peer);
bool az_coordinator_offer(const struct az_coordinator *c, int peer, size_t n, struct az_offer *ret);
bool az_coordinator_silent(const struct az_coordinator *c, int peer);
int64_t az_coordinator_ballots(const struct az_coordinator *c, int peer); /* in its session */

/* ---- for the page of metrics.h ---- */

struct az_tally *az_coordinator_tally(struct az_coordinator *c); /* its loop's thread */
int64_t az_coordinator_lost(const struct az_coordinator *c);     /* questions, with workers */
/* Other limits for every worker that has this backend: AZ_MSG_TUNE. Returns to how
 * many it was told. Where any was, workers that come later are told too. */
int az_coordinator_tune(struct az_coordinator *c, struct az_msg *msg, struct az_error *err);
