/* coordinator/lease.h: who holds which question. Pure; not thread-safe.
 *
 * A lease lasts until its answer comes or its holder is gone. It is found by
 * holder, docket and key, for an answer names nothing else; a question may have
 * several: one that was lost and may still answer, and a second asking. */
#pragma once
#include "core/base.h"
#include "core/map.h"
#include "core/model.h"

struct ask;
struct az_docket;

struct az_lease {
    struct az_lease *next, *prev; /* of the same peer, in the order of asking */
    struct az_lease *chain;       /* of the same hash */
    struct az_lease *of_ask;      /* of the same question */
    struct az_docket *docket;
    struct ask *ask; /* NULL: nobody waits for it any more */
    int peer;
    uint32_t number; /* of the docket */
    struct az_key key;
    int attempts;     /* by leases that gave the question back before */
    az_nusd reserved; /* for it, now */
    az_nusd charged;  /* settled at its worst when the holder fell silent */
    az_nusd spent;    /* by earlier leases, once nobody waits for it */
    int64_t tokens;   /* taken from the limit of an account */
    size_t backend;   /* the scheduler's */
    az_ms since;
    bool lost;     /* the holder is silent: asked elsewhere */
    bool hedged;   /* another was asked beside it, or it is that other */
    bool answered; /* by another: only what it cost is still wanted */
};

struct az_lease_list {
    struct az_lease *head, *tail;
};

struct az_leases {
    struct az_map by_hash;
    size_t n_peers, cap_peers;
    struct az_lease_list *of_peer;
    struct az_lease *spare;
    size_t n;
};

void az_leases_release(struct az_leases *l);

/* A new one, all else zero; AZ_ENOMEM is NULL. There must be none yet that has
 * the same three (az_lease_find()). */
struct az_lease *az_lease_grant(struct az_leases *l, int peer, uint32_t number,
                                const struct az_key *key);
struct az_lease *az_lease_find(const struct az_leases *l, int peer, uint32_t number,
                               const struct az_key *key);
void az_lease_end(struct az_leases *l, struct az_lease *lease);

/* What a peer holds, oldest first: follow `next`. */
struct az_lease *az_leases_of(const struct az_leases *l, int peer);
