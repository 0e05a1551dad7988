/* coordinator/sched.h: who is asked what, and when an item is decided: a pure
 * state machine, events in, effects out. `now` is an argument; nothing here
 * reads a clock, socket or file. One thread owns it.
 *
 * After each event the caller runs the effects in order, submits what they put
 * into the store, and tells the ticket with az_sched_submitted(). What depends
 * on a write (a later round, a verdict on its way out, money) waits for
 * az_sched_on_committed(). Calls that can fail return 0 or a negative AZ_E*:
 * AZ_ENOMEM, and then the job must stop. What a worker says about questions
 * that it does not hold is passed over. */
#pragma once
#include "coordinator/budget.h"
#include "coordinator/effects.h"
#include "core/base.h"
#include "core/error.h"
#include "core/model.h"
#include "core/panel.h"
#include "core/wire.h"

struct az_sched;

enum { AZ_LOST_MAX = 8, AZ_PEERS_MAX = 1024 };

struct az_sched_config {
    const struct az_panel *panel; /* borrowed */
    az_nusd spent;                /* by earlier runs, at the worst */
    size_t window_items;          /* items held at once */
    size_t window_bytes;
};

/* AZ_EINVAL: a template that does not parse. */
int az_sched_new(const struct az_sched_config *config, struct az_sched **ret, struct az_error *err);
void az_sched_free(struct az_sched *s);
AZ_FREEP(sched)

/* May another item be added now? */
bool az_sched_room(const struct az_sched *s);

/* An item that has no verdict, with the ballots it has from earlier runs
 * (copied). Takes the item. */
int az_sched_add(struct az_sched *s, struct az_item *item, struct az_ballots ballots, az_ms now,
                 struct az_effects *fx, struct az_error *err);

/* A worker (peers are small numbers that the caller gives) has credit. */
int az_sched_on_credit(struct az_sched *s, int peer, const struct az_credits *credits, az_ms now,
                       struct az_effects *fx, struct az_error *err);
int az_sched_on_answers(struct az_sched *s, int peer, const struct az_msg *msg, az_ms now,
                        struct az_effects *fx, struct az_error *err);
/* A backend refuses for good. */
int az_sched_on_stopped(struct az_sched *s, int peer, const struct az_msg *msg, az_ms now,
                        struct az_effects *fx, struct az_error *err);
/* What the worker held is asked elsewhere; the eighth loss is an error. */
int az_sched_on_gone(struct az_sched *s, int peer, az_ms now, struct az_effects *fx,
                     struct az_error *err);
int az_sched_on_committed(struct az_sched *s, uint64_t ticket, az_ms now, struct az_effects *fx,
                          struct az_error *err);
int az_sched_on_tick(struct az_sched *s, az_ms now, struct az_effects *fx, struct az_error *err);

/* What the effects of the last events put into the store has this ticket. */
void az_sched_submitted(struct az_sched *s, uint64_t ticket);

/* Before the effects of an event are run: what was spent goes with them. */
int az_sched_ledger(struct az_sched *s, struct az_effects *fx, struct az_error *err);

/* When az_sched_on_tick() is due; INT64_MAX = no need. */
az_ms az_sched_deadline(const struct az_sched *s);

/* Ask nobody new; what is under way ends. */
void az_sched_stop(struct az_sched *s);
/* Nothing is under way and nothing waits for the disk. */
bool az_sched_idle(const struct az_sched *s);

/* Items that left: durable verdicts, and items left open. Borrowed until the
 * next call of az_sched_next_done(). False: none now. */
struct az_done {
    const struct az_item *item;
    struct az_verdict verdict; /* AZ_OPEN: it waits for a backend or for money */
    struct az_ballots ballots;
    const bool *used; /* one a ballot; NULL when open */
};
bool az_sched_next_done(struct az_sched *s, struct az_done *ret);

/* The final ledger: nothing is under way any more. */
int az_sched_close(struct az_sched *s, struct az_effects *fx, struct az_error *err);

struct az_judge_count {
    int64_t asked, ballots, errors;
    enum az_ballot_error last_error;
    char last_text[256];
};

struct az_counts {
    int64_t added, decided, abstained, failed, open; /* items */
    int64_t made, cached, retried;                   /* calls */
    int64_t sent;                                    /* questions under way */
    az_nusd settled;
    bool broke;           /* the budget is spent */
    int64_t unaffordable; /* items left open because a question did not fit it */
    const char *stopped;  /* a backend that stopped, or NULL */
    const char *stopped_why;
    size_t n_judges;
    const struct az_judge_count *judges;
};
struct az_counts az_sched_counts(const struct az_sched *s);
