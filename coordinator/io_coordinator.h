/* coordinator/io_coordinator.h: the loop that runs a job: items in from a queue,
 * questions out to workers, ballots into the store, verdicts out. Edge.
 *
 * It never blocks on disk or network: items come from a thread of their own
 * through a queue, the store has its thread, and the sink must not block. */
#pragma once
#include "coordinator/sched.h"
#include "coordinator/store.h"
#include "core/base.h"
#include "core/error.h"
#include "core/io_queue.h"
#include "core/io_sock.h"
#include "core/panel.h"

/* What the input thread pushes; the coordinator frees it with az_fed_free(). */
struct az_fed {
    struct az_item *item;
    bool is_new;               /* the store does not have it yet */
    bool renewed;              /* it has, with another gold answer */
    bool decided;              /* it has a verdict: only to be renewed */
    bool reopened;             /* --retry-failed: open it again first */
    struct az_arena *arena;    /* of the ballots, or NULL */
    struct az_ballots ballots; /* from earlier runs */
};
void az_fed_free(struct az_fed *f); /* and the item, unless it was taken (NULL) */

struct az_coordinator_config {
    struct az_net *net;
    const char *endpoint;
    const struct az_panel *panel;
    struct az_store *store;
    struct az_queue *in; /* of struct az_fed; closed = no more */
    az_nusd spent;       /* by earlier runs */
    int64_t window_items;
    int64_t job_ms; /* limit on the whole; 0 = none */

    /* An item left the window; called on the loop's thread, before it is freed. */
    void (*done)(void *arg, const struct az_done *done);
    /* Ten times a second at the most, and once at the end. */
    void (*progress)(void *arg, const struct az_counts *counts, bool last);
    /* May an item be taken now? A sink that is full says no; it pokes when it
     * has room again. NULL: always. */
    bool (*room)(void *arg);
    void *arg;
};

struct az_coordinator;
int az_coordinator_new(const struct az_coordinator_config *config, struct az_coordinator **ret,
                       struct az_error *err);
void az_coordinator_free(struct az_coordinator *c);
AZ_FREEP(coordinator)

enum az_job_end {
    AZ_JOB_DONE,    /* every item that came in has left */
    AZ_JOB_STOPPED, /* asked to stop; calls under way have ended */
    AZ_JOB_BACKEND, /* a backend refuses for good */
    AZ_JOB_BROKE,   /* the budget is spent */
    AZ_JOB_TIME,    /* job_s is up */
};

/* `fd` is readable once the worker of this process has ended; call before
 * az_coordinator_run(). */
void az_coordinator_watch_worker(struct az_coordinator *c, int fd);

/* Run the job on this thread. AZ_EOUTPUT: the store can't be written; state is
 * kept up to its last commit. Otherwise 0 and *end. */
int az_coordinator_run(struct az_coordinator *c, enum az_job_end *end, struct az_error *err);

/* Ask nobody new. Any thread, and signal handlers. */
void az_coordinator_stop(struct az_coordinator *c);
/* Look again at room() and stop. Any thread, and signal handlers. */
void az_coordinator_poke(struct az_coordinator *c);

struct az_counts az_coordinator_counts(const struct az_coordinator *c);
