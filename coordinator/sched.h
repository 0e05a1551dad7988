/* coordinator/sched.h: who is asked what, and when an item is decided: a pure
 * state machine, events in, effects out. `now` is an argument; nothing here
 * reads a clock, socket or file. One thread owns it.
 *
 * A scheduler has peers (workers, by small numbers that the caller gives) and
 * dockets, one a job: its items that are not decided yet. After each event the
 * caller runs the effects in order, submits what they put into each job's store,
 * and tells each docket its ticket with az_docket_submitted(). What depends on a
 * write (a later round, a verdict on its way out, money) waits for
 * az_docket_on_committed(). Calls that can fail return 0 or a negative AZ_E*:
 * AZ_ENOMEM, and then all must stop, or AZ_EPROTO: what a worker said costs it its
 * session. What a worker says about questions that it
 * does not hold only costs money. */
#pragma once
#include "coordinator/budget.h"
#include "coordinator/effects.h"
#include "core/base.h"
#include "core/error.h"
#include "core/model.h"
#include "core/panel.h"
#include "core/wire.h"

struct az_sched;
struct az_docket;

enum { AZ_LOST_MAX = 8, AZ_PEERS_MAX = 4096, AZ_WEIGHT = 100 /* of a job, usually */ };

struct az_sched_config {
    az_ms silence_ms; /* a peer not heard for so long is taken for lost; 0 = never */
};
int az_sched_new(const struct az_sched_config *config, struct az_sched **ret, struct az_error *err);
void az_sched_free(struct az_sched *s); /* and its dockets */
AZ_FREEP(sched)

/* ---- jobs ---- */

struct az_docket_config {
    uint32_t number;              /* of its panel on the wire; never used again */
    const struct az_panel *panel; /* borrowed */
    void *job;                    /* comes back with effects */
    az_nusd spent;                /* by earlier runs, at the worst */
    size_t window_items;          /* items held at once */
    size_t window_bytes;
    int weight;        /* of its share, 1 to 1000 */
    int under_way_max; /* questions at once; 0 = as credit goes */
};

/* AZ_EINVAL: a template that does not parse. */
int az_sched_open(struct az_sched *s, const struct az_docket_config *config, struct az_docket **ret,
                  struct az_error *err);
/* Idle or not: what is under way is answered into the void. Effects: workers are
 * told to forget it. */
int az_sched_close(struct az_docket *d, struct az_effects *fx, struct az_error *err);

/* May another item be added now? */
bool az_docket_room(const struct az_docket *d);
/* An item that has no verdict, with the ballots it has from earlier runs
 * (copied). Takes the item. */
int az_docket_add(struct az_docket *d, struct az_item *item, struct az_ballots ballots, az_ms now,
                  struct az_effects *fx, struct az_error *err);

/* What the effects of the last events put into its store has this ticket. */
void az_docket_submitted(struct az_docket *d, uint64_t ticket);
int az_docket_on_committed(struct az_docket *d, uint64_t ticket, az_ms now, struct az_effects *fx,
                           struct az_error *err);

/* Ask nobody new; what is under way ends. */
void az_docket_stop(struct az_docket *d);
/* The same, and what is under way is recalled and no longer waited for. */
int az_docket_cancel(struct az_docket *d, az_ms now, struct az_effects *fx, struct az_error *err);
/* limits.usd from now on. Items that were left open stay so. */
int az_docket_limit(struct az_docket *d, az_nusd limit, az_ms now, struct az_effects *fx,
                    struct az_error *err);
void az_docket_weight(struct az_docket *d, int weight);

/* Nothing is under way and nothing waits for the disk. */
bool az_docket_idle(const struct az_docket *d);
/* The final ledger: nothing is under way any more. */
int az_docket_ledger(struct az_docket *d, struct az_effects *fx, struct az_error *err);

/* Items that left: durable verdicts, and items left open. Borrowed until the
 * next call of az_docket_next_done(). False: none now. */
struct az_done {
    const struct az_item *item;
    struct az_verdict verdict; /* AZ_OPEN: it waits for a backend or for money */
    struct az_ballots ballots;
    const bool *used; /* one a ballot; NULL when open */
};
bool az_docket_next_done(struct az_docket *d, struct az_done *ret);

struct az_judge_count {
    int64_t asked, ballots, errors;
    enum az_ballot_error last_error;
    char last_text[256];
};

struct az_counts {
    int64_t added, decided, abstained, failed, open; /* items */
    int64_t made, cached, retried;                   /* calls */
    int64_t sent;                                    /* questions under way */
    int64_t queued;                                  /* questions that wait for their turn */
    int64_t hedged;                                  /* asked once more beside a slow one */
    az_nusd settled, limit;                          /* AZ_NUSD_MAX: none */
    bool broke;                                      /* the budget is spent */
    int64_t unaffordable; /* items left open because a question did not fit it */
    const char *stopped;  /* a backend that stopped, or NULL */
    const char *stopped_why;
    const char *unfit; /* what the newest of the workers that cannot use its panel said, or NULL */
    size_t n_judges;
    const struct az_judge_count *judges;
};
struct az_counts az_docket_counts(const struct az_docket *d);

/* What of a judge's questions is under way: walks through all leases. */
struct az_judge_wait {
    int64_t under_way, queued;
    az_ms oldest; /* when the oldest was asked; INT64_MAX: none is */
};
void az_docket_waits(const struct az_docket *d, struct az_judge_wait *ret /* one a judge */);

/* ---- workers ---- */

/* A new session: it holds nothing and has no credit. */
int az_sched_on_hello(struct az_sched *s, int peer, az_ms now, struct az_effects *fx,
                      struct az_error *err);
/* Any message came from it; before the events below. */
int az_sched_on_heard(struct az_sched *s, int peer, az_ms now, struct az_effects *fx,
                      struct az_error *err);
/* It has credit on top of what it had. */
int az_sched_on_credit(struct az_sched *s, int peer, const struct az_credits *credits, az_ms now,
                       struct az_effects *fx, struct az_error *err);
int az_sched_on_answers(struct az_sched *s, int peer, const struct az_msg *msg, az_ms now,
                        struct az_effects *fx, struct az_error *err);
/* One of its backends refuses for good. Where no other worker has that backend,
 * what waits for it is left open. */
int az_sched_on_stopped(struct az_sched *s, int peer, const struct az_msg *msg, az_ms now,
                        struct az_effects *fx, struct az_error *err);
/* It cannot use the panel of a docket: it is asked nothing about it any more, and
 * what it was sent is asked of others. Positive: that is news; 0: it was said before,
 * or the docket is not there. */
int az_sched_on_unfit(struct az_sched *s, int peer, const struct az_msg *msg, az_ms now,
                      struct az_effects *fx, struct az_error *err);
/* Somebody has seen to this backend: all that refused are asked again, and jobs that
 * open from now on do not stop for it. True: some did refuse, and must be told
 * (AZ_MSG_TUNE) before the next effects. Jobs that have stopped stay so. */
bool az_sched_retry(struct az_sched *s, const char *backend);
/* Its session is over: what it held is asked elsewhere; the eighth loss of a
 * question is an error. */
int az_sched_on_gone(struct az_sched *s, int peer, az_ms now, struct az_effects *fx,
                     struct az_error *err);
/* Questions that were lost with a worker, since the start. */
int64_t az_sched_lost(const struct az_sched *s);

/* ---- time ---- */

int az_sched_on_tick(struct az_sched *s, az_ms now, struct az_effects *fx, struct az_error *err);
/* When az_sched_on_tick() is due; INT64_MAX = no need. */
az_ms az_sched_deadline(const struct az_sched *s);

/* The caller itself was stopped for a while: nobody counts as silent for that. */
void az_sched_forgive(struct az_sched *s, az_ms now);

/* Before the effects of an event are run: what was spent goes with them. */
int az_sched_ledgers(struct az_sched *s, struct az_effects *fx, struct az_error *err);

/* ---- for people ---- */

struct az_offer {
    const char *backend, *kind, *state, *limit_group; /* state "" = well */
    uint32_t slots, credit;
    int64_t held;
    double rpm, tpm;
    int64_t answers; /* called for, of this backend over all workers */
    double p50, p95; /* of those, milliseconds; 0 where there are none */
};
/* The nth backend that a peer offers; false: no more. Borrowed until the next event. */
bool az_sched_offer(const struct az_sched *s, int peer, size_t n, struct az_offer *ret);
bool az_sched_live(const struct az_sched *s, int peer); /* has it a session? */
/* Is it silent, so that what it held is asked elsewhere? */
bool az_sched_silent(const struct az_sched *s, int peer);
size_t az_sched_held(const struct az_sched *s, int peer); /* questions */
