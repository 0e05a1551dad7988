/* coordinator/sched_state.h: the scheduler's own structs, shared by sched*.c
 * and nobody else. */
#pragma once
#include "coordinator/sched.h"
#include "core/map.h"

/* A question wanted for an item. */
struct ask {
    struct ask *next, *prev; /* in its backend's queue */
    struct entry *entry;
    struct az_key key;
    enum { ASK_QUEUED, ASK_SENT, ASK_BLOCKED, ASK_ENDED } state;
    int peer;
    int attempts, lost;
    az_nusd reserved; /* for the lease under way */
    az_nusd spent;    /* by earlier leases that ended without a ballot */
    enum az_ballot_error mistake;
    struct az_str said;
};

/* An item in the window. */
struct entry {
    struct az_item *item;
    struct az_arena *arena;
    enum { ENTRY_ACTIVE, ENTRY_COMMITTING_ROUND, ENTRY_COMMITTING_VERDICT, ENTRY_DONE } state;
    struct entry *next;            /* committing or done */
    struct entry *older, *younger; /* active and begun, by deadline */
    uint64_t ticket;               /* what it waits for; 0 = not submitted yet */
    bool begun;                    /* a question was sent */
    az_ms deadline;
    size_t n_asks, cap_asks, n_ballots, cap_ballots;
    struct ask **asks;
    struct az_ballot *ballots;
    int queued, sent, blocked;
    bool fresh;  /* has ballots that this run got and that may not be durable */
    bool closed; /* its time is up */
    struct az_verdict verdict;
    bool *used;
    uint32_t batch, batch_item; /* the message that has the item already, and where */
};

/* A question under way whose item has left: money and credit still count. */
struct orphan {
    struct az_key key;
    int peer;
    int attempts; /* by earlier leases, as is spent */
    az_nusd reserved, spent;
};

struct fifo {
    struct entry *head, **tail;
};

struct backend_queue {
    struct ask *head, *tail;
    bool stopped;
};

struct peer {
    bool live;
    uint32_t *credit; /* by backend of the panel */
};

struct az_sched {
    struct az_sched_config config;
    const struct az_panel *panel;
    struct az_prompter *prompter; /* for the worst case of a call */
    struct az_budget budget;
    uint64_t raise_ticket; /* a higher ceiling on its way to the disk; 0 = none */
    az_nusd raise_to;
    bool raise_unsubmitted;
    bool ledger_dirty;
    struct az_map entries; /* seq -> entry, all but done ones */
    size_t bytes;
    struct entry *oldest, *youngest;
    struct fifo committing, done;
    struct entry *out; /* lent by az_sched_next_done() */
    struct backend_queue *queues;
    size_t n_orphans, cap_orphans;
    struct orphan *orphans;
    uint32_t batch;
    size_t n_peers;
    struct peer *peers;
    bool stopping, broke;
    az_nusd cheapest;       /* the least that any question can cost, so far */
    int64_t decided_before; /* items, when the first did not fit the budget */
    const char *stopped;
    char stopped_why[256];
    struct az_counts counts;
    struct az_judge_count *judges;
};

void fifo_init(struct fifo *f);
void fifo_push(struct fifo *f, struct entry *e);
struct entry *fifo_pop(struct fifo *f);

/* sched_entry.c: the items in the window */
void entry_free(struct entry *e);
void deadline_set(struct az_sched *s, struct entry *e, az_ms at);
/* The call under way for an item that has left; false: there is none. */
bool orphan_take(struct az_sched *s, int peer, const struct az_key *key, struct orphan *ret);
/* Decided and durable, or open for good: out of the window, to the done ones. */
void entry_leave(struct az_sched *s, struct entry *e);
struct ask *ask_find(const struct entry *e, const struct az_key *key);
int ballot_add(struct entry *e, const struct az_ballot *ballot);
/* Ask the policy what is next, and do it. */
int entry_fold(struct az_sched *s, struct entry *e, struct az_effects *fx, struct az_error *err);
bool worth_folding(const struct az_sched *s, const struct entry *e);

/* sched_dispatch.c: send what credit and money allow. */
int sched_dispatch(struct az_sched *s, az_ms now, struct az_effects *fx, struct az_error *err);
void queue_push(struct az_sched *s, struct ask *a);
void queue_return(struct az_sched *s, struct ask *a); /* one that was asked before: first */
void queue_remove(struct az_sched *s, struct ask *a);
/* A stopped backend or a spent budget: this question can't be asked. */
void ask_block(struct ask *a);
/* Nothing is left that could bring this item on: it leaves the window, open. */
void entry_release_open(struct az_sched *s, struct entry *e);
void entry_settle(struct az_sched *s, struct entry *e);
/* limits.item_s runs from when the last of its questions was sent: to wait in the
 * queue of a slow backend, beside a fast one, costs none of it. */
void entry_asked(struct az_sched *s, struct entry *e, az_ms now);
