/* coordinator/sched_state.h: the scheduler's own structs, shared by sched*.c and
 * docket*.c and nobody else.
 *
 * sched.c        peers: what they hold, and when they are lost
 * sched_hedge.c  what is slow is asked once more
 * sched_names.c  backends and accounts, by name
 * sched_share.c  whose turn it is: credit, fair share, limits of an account
 * docket.c       a job: its items, commits, time
 * docket_answer.c what an answer or a loss means for a question
 * docket_entry.c an item in the window: its fold, and how it leaves
 * docket_send.c  a job's questions to one peer, as far as money goes */
#pragma once
#include "coordinator/lease.h"
#include "coordinator/sched.h"
#include "core/limit.h"
#include "core/map.h"
#include "statistics/histogram.h"

/* A question wanted for an item. */
struct ask {
    struct ask *next, *prev; /* in its backend's queue */
    struct entry *entry;
    struct az_key key;
    enum { ASK_QUEUED, ASK_SENT, ASK_BLOCKED, ASK_ENDED } state;
    struct az_lease *leases; /* lost ones too */
    int attempts, lost;
    az_nusd spent; /* by earlier leases that ended without a ballot */
    enum { COST_NONE, COST_KNOWN, COST_UNKNOWN } cost; /* of the calls that made it up */
    enum az_ballot_error mistake;
    struct az_str said;
};

/* An item in the window. */
struct entry {
    struct az_docket *docket;
    struct az_item *item;
    struct az_arena *arena;
    const struct az_plan *plan; /* from its first fold on */
    enum { ENTRY_ACTIVE, ENTRY_COMMITTING_ROUND, ENTRY_COMMITTING_VERDICT, ENTRY_DONE } state;
    struct entry *next;            /* unsubmitted, committing or done */
    struct entry *older, *younger; /* active and begun, by deadline */
    uint64_t ticket;               /* what it waits for; 0 = not submitted yet */
    bool begun;                    /* a question was sent */
    az_ms deadline;
    size_t n_asks, cap_asks, n_ballots, cap_ballots;
    struct ask **asks;
    struct az_ballot *ballots;
    int queued, sent, blocked;
    int *homes;  /* by backend of the panel, see entry_knower() */
    bool fresh;  /* has ballots that this run got and that may not be durable */
    bool closed; /* its time is up */
    struct az_verdict verdict;
    bool *used;
    uint64_t batch;      /* the message that has the item already … */
    uint32_t batch_item; /* … and where */
};

struct fifo {
    struct entry *head, **tail;
};

/* Questions of one job that wait for one backend. */
struct queue {
    size_t backend; /* the scheduler's */
    struct ask *head, *tail;
    double pass;      /* share of the backend it has had, over its weight */
    uint64_t stalled; /* the turn in which it waits for money */
    int passed_over;  /* how often in a row its head was, for a worker that knows another */
};

struct az_docket {
    struct az_sched *sched;
    struct az_docket_config config;
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
    struct fifo unsubmitted, committing, done;
    struct entry *out; /* lent by az_docket_next_done() */
    size_t n_queues;
    struct queue *queues;              /* by backend of the panel */
    uint64_t knows[AZ_PEERS_MAX / 64]; /* peers that have its panel */
    uint64_t unfit[AZ_PEERS_MAX / 64]; /* those that cannot use it */
    int n_unfit;
    char unfit_why[256]; /* the newest */
    bool stopping, broke;
    az_nusd cheapest;       /* the least that any question can cost, so far */
    int64_t decided_before; /* items, when the first did not fit the budget */
    const char *stopped;    /* the first backend that blocked a question */
    char stopped_why[256];
    struct az_counts counts;
    struct az_judge_count *judges;
};

/* A backend by name, over all workers and jobs. */
struct backend {
    char *name;
    int users;    /* workers that offer it, and jobs whose panels name it */
    bool stopped; /* every worker that has it says so */
    char why[256];
    uint64_t credit;         /* over all peers that may be asked */
    int64_t queued;          /* questions, over all dockets */
    double pass;             /* of the queue served last */
    struct az_histogram *ms; /* of answers that were called for; NULL: none yet */
};

/* What one peer offers of one backend. */
struct offer {
    bool offered, stopped;
    char *kind, *state; /* state "" = well */
    uint32_t credit, slots;
    int64_t held;
    int group; /* -1: none */
    double rpm, tpm;
};

/* An account whose limits its workers share. */
struct group {
    char *name;
    int users; /* offers */
    double rpm, tpm;
    struct az_limit limit;
    uint64_t stalled; /* the turn in which it lets nobody through */
};

struct peer {
    bool live; /* has a session */
    bool silent;
    az_ms heard;
    size_t n_offers, cap_offers, n_offered;
    struct offer *offers; /* by backend of the scheduler */
    /* The message of questions that is being filled. */
    uint64_t batch, batch_turn;
    size_t batch_at, batch_n, batch_bytes;
};

/* A question that a peer holds in vain. */
struct recall {
    int peer;
    uint32_t number;
    struct az_key key;
};

struct az_sched {
    struct az_sched_config config;
    struct az_leases leases;
    size_t n_peers;
    struct peer *peers;
    size_t n_backends, cap_backends;
    struct backend *backends;
    size_t n_groups, cap_groups;
    struct group *groups;
    size_t n_dockets, cap_dockets;
    struct az_docket **dockets;
    uint64_t turn;      /* grows with each dispatch */
    uint64_t batches;   /* messages of questions, so far */
    az_ms wake;         /* an account's limit lets the next one through */
    az_ms next_silence; /* no peer can be found silent before */
    az_ms next_hedge;   /* no question can be found slow before */
    size_t n_recalls, cap_recalls;
    struct recall *recalls;
    int64_t n_lost; /* leases */
};

void fifo_init(struct fifo *f);
void fifo_push(struct fifo *f, struct entry *e);
struct entry *fifo_pop(struct fifo *f);

/* sched.c */
bool peer_may_be_asked(const struct peer *p, size_t backend);
/* Can the peer not use this job's panel? */
bool peer_is_unfit(const struct az_docket *d, size_t peer);
/* Is the peer that knows this item there for more? -1: none is. */
int entry_home(const struct az_sched *s, const struct entry *e, const struct queue *q);
/* The peer that this backend was last asked of: its server may know the prompt's prefix.
 * -1: nobody yet. */
int entry_knower(const struct entry *e, const struct queue *q);
/* The lease ends: off its question, its peer, and the sums of both. */
void lease_end(struct az_sched *s, struct az_lease *lease);
/* Its holder need not answer it: told with the next effects. */
void recall_later(struct az_sched *s, const struct az_lease *lease);

/* sched_names.c */
int text_replace(char **at, struct az_str s);
/* n_backends: there is none of this name. */
size_t backend_find(const struct az_sched *s, struct az_str name);
/* The backend of this name, made where there was none; it stays in its place until
 * as many have left it as use it. AZ_ENOMEM. */
int backend_use(struct az_sched *s, struct az_str name, size_t *ret);
void backend_leave(struct az_sched *s, size_t backend);
/* Of the account that it names now, and no other. AZ_ENOMEM: as before. */
int offer_group(struct az_sched *s, struct offer *o, const struct az_credit *c, az_ms now);
void offer_ungroup(struct az_sched *s, struct offer *o, az_ms now);

/* sched_share.c: send what credit, shares and money allow; tell the recalls. */
int sched_dispatch(struct az_sched *s, az_ms now, struct az_effects *fx, struct az_error *err);
/* Credit of a backend over all peers, after one of them changed. */
void backend_recount(struct az_sched *s, size_t backend);

/* sched_hedge.c */
int backend_learn(struct az_sched *s, const struct az_lease *lease, bool cached, az_ms now);
int sched_hedge(struct az_sched *s, az_ms now, struct az_effects *fx);
/* A question was sent that may be found slow. */
void hedge_watch(struct az_sched *s, const struct az_lease *lease);

/* docket.c */
void docket_free(struct az_docket *d);
int docket_fold_all(struct az_docket *d, struct az_effects *fx, struct az_error *err);
int docket_tick(struct az_docket *d, az_ms now, struct az_effects *fx, struct az_error *err);
/* A backend has stopped for good: what waits for it is blocked. */
void docket_backend_stopped(struct az_docket *d, size_t backend);

/* docket_answer.c */
/* An answer to what `lease` holds, or (NULL) to nothing. Ends the lease. */
int docket_answer(struct az_docket *d, struct az_lease *lease, const struct az_msg_answer *answer,
                  struct az_effects *fx, struct az_error *err);
/* The holder is silent (`lease` stays, lost) or gone (it has ended). */
int docket_lost(struct az_lease *lease, struct az_effects *fx);
/* The holder is back and nobody else was asked meanwhile. */
void docket_found(struct az_lease *lease);
/* Its holder has been given up: charged at its worst, waited for no more. */
void lease_lose(struct az_lease *l);

/* docket_entry.c: the items in the window */
void entry_free(struct entry *e);
void deadline_set(struct entry *e, az_ms at);
/* Decided and durable, or open for good: out of the window, to the done ones. */
void entry_leave(struct entry *e);
struct ask *ask_find(const struct entry *e, const struct az_key *key);
int ballot_add(struct entry *e, const struct az_ballot *ballot);
/* Ask the policy what is next, and do it. */
int entry_fold(struct entry *e, struct az_effects *fx, struct az_error *err);
bool worth_folding(const struct entry *e);
/* Nothing is left that could bring this item on: it leaves the window, open. */
void entry_release_open(struct entry *e);
void entry_settle(struct entry *e);
/* limits.item_s runs from when the last of its questions was sent: to wait in the
 * queue of a slow backend, beside a fast one, costs none of it. */
void entry_asked(struct entry *e, az_ms now);

/* docket_send.c */
/* The question of a slow lease to another peer, too. 1: sent; 0: not now; or AZ_ENOMEM. */
int ask_hedge(struct az_docket *d, struct ask *a, int peer, az_ms now, struct az_effects *fx);
void queue_push(struct ask *a);
void queue_return(struct ask *a); /* one that was asked before: first */
void queue_remove(struct ask *a);
/* A stopped backend or a spent budget: this question can't be asked. */
void ask_block(struct ask *a);
void queue_block_all(struct az_docket *d, struct queue *q);
/* Up to `max` questions of q to the peer; `limit` may be NULL. *sent: how many.
 * AZ_ENOMEM, or why it stopped there. */
enum { SEND_MORE, SEND_EMPTY, SEND_NO_MONEY, SEND_NO_LIMIT, SEND_HELD, SEND_FULL };
int queue_send(struct az_docket *d, struct queue *q, int peer, uint32_t max, struct az_limit *limit,
               az_ms now, struct az_effects *fx, uint32_t *sent);
