/* tests/sim/world.h: a whole lab in one thread: the real scheduler and real
 * workers, and around them a clock, a network, a disk and judges that are made up
 * from one seed. Peers are lost, the coordinator crashes, judges are slow, wrong,
 * busy, silent; the same seed does the same again.
 *
 * What must hold is checked after each step (world_check.c); the first breach ends
 * the run and is told. */
#pragma once
#include "coordinator/sched.h"
#include "core/heap.h"
#include "core/rng.h"
#include "workers/work.h"

enum {
    WORLD_ITEMS = 24,
    WORLD_WORKERS = 2,
    WORLD_BACKENDS = 3,
    WORLD_STEPS = 200000, /* more: it does not end */
};

/* Something that will happen. `life` is the coordinator's or the worker's when it
 * was put in; it comes to nothing when that one has died since. */
struct event {
    enum {
        EV_TO_WORKER, /* a frame arrives */
        EV_TO_COORDINATOR,
        EV_REPLY,  /* a judge answers, or does not */
        EV_COMMIT, /* what was handed to the disk is durable */
        EV_COORDINATOR_TICK,
        EV_WORKER_TICK,
        EV_GONE, /* the coordinator notices that a peer is lost */
        EV_WORKER_DIES,
        EV_WORKER_JOINS,
        EV_COORDINATOR_DIES,
        EV_COORDINATOR_STARTS,
    } kind;
    int who, life, peer;
    uint64_t ticket;
    struct az_str frame;
    struct work_call *call;
    enum az_call_end end;
    struct az_response response;
};

/* What the disk holds, or will once its ticket is durable. */
struct record {
    struct record *next;
    uint64_t ticket; /* 0 = not submitted yet */
    struct az_effect what;
    bool late; /* a ballot after its item's verdict */
};

struct stored_ballot {
    struct az_ballot ballot;
    bool late;
};

struct stored_item {
    size_t n;
    struct stored_ballot ballots[256];
    struct az_verdict verdict; /* AZ_OPEN: none */
};

struct worker {
    bool alive;
    int life, peer;
    struct az_work *work;
    struct az_wfxs fx;
    uint32_t may_hold[WORLD_BACKENDS]; /* credit announced */
    az_ms last_sent, last_received;    /* frames of one peer keep their order */
};

struct world {
    uint64_t seed;
    struct az_rng rng;
    az_ms now;
    struct az_arena *arena; /* of all that is in flight or on disk */
    struct az_heap events;
    bool trace;
    char failed[512]; /* empty: all held so far */

    /* this seed's weather */
    az_ms slow_ms, disk_ms, net_ms;
    int wrong, busy, broken, silent, stops; /* in 1000 calls */
    bool quota_gone;

    struct az_panel *panel;
    struct az_str portable; /* the panel as workers get it */

    struct record *pending; /* oldest first */
    struct stored_item items[WORLD_ITEMS];
    az_nusd disk_ceiling, billed;
    bool with_limit;

    bool up;
    int life;
    struct az_sched *sched;
    struct az_docket *docket;
    struct az_effects fx;
    uint64_t ticket, committed;
    az_ms last_commit;
    int next_item, next_peer, starts;
    bool left[WORLD_ITEMS];
    bool verdict_put[WORLD_ITEMS]; /* by this life */
    az_ms added[WORLD_ITEMS];

    struct worker workers[WORLD_WORKERS];
    size_t n_backends;
    bool over;
};

/* NULL, or what broke (kept in *w). */
const char *world_run(struct world *w, uint64_t seed, bool trace);
void world_release(struct world *w);

/* ---- between the files of the world ---- */

void world_fail(struct world *w, const char *fmt, ...) AZ_PRINTF(2, 3);
void world_at(struct world *w, az_ms at, struct event e);
uint64_t world_roll(struct world *w, uint64_t n); /* [0, n) */

/* world_panel.c: what is asked, and with which limits */
void world_panel(struct world *w);
struct az_item *world_item(int64_t seq);

/* world_worker.c */
void worker_join(struct world *w, int who);
void worker_die(struct world *w, int who);
void worker_receive(struct world *w, struct event *e);
void worker_reply(struct world *w, struct event *e);
void worker_tick(struct world *w, int who);

/* world_judge.c: what a judge answers to a call, and what it bills */
void judge_call(struct world *w, int who, struct work_call *call, az_ms timeout_ms);

/* world_check.c: what must hold */
void check_asked(struct world *w, int peer, const struct az_msg_question *q);
void check_verdict(struct world *w, int64_t seq);
void check_money(struct world *w);
void check_held(struct world *w, int who);
void check_end(struct world *w);

static inline bool stored_has(const struct stored_item *s, const struct az_key *key)
{
    for (size_t i = 0; i < s->n; i++) {
        if (az_key_cmp(&s->ballots[i].ballot.key, key) == 0)
            return true;
    }
    return false;
}
