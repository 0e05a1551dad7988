/* coordinator/io_door_state.h: what the io_door*.c share. */
#pragma once
#include "coordinator/io_door.h"
#include "coordinator/io_gate.h"
#include "coordinator/session.h"
#include "core/map.h"

enum { AZ_STRANGERS = 64 };

enum az_door_session_state {
    AZ_DOOR_SESSION_FREE,
    AZ_DOOR_SESSION_LIVE,
    AZ_DOOR_SESSION_OVER, /* its GONE has not been given */
};

struct az_door_session {
    enum az_door_session_state state;
    struct az_route route;
    struct az_peer_seq seq;
    bool told;       /* something, since the last tick */
    const char *key; /* in the gate's list; "" = no gate */
    char *text;      /* all text of this struct, one block */
    struct az_door_peer peer;
};

struct az_door {
    struct az_door_config config;
    struct az_gate *gate; /* NULL: all may come */
    unsigned generation;  /* of the gate's list, when all sessions were held against it */
    struct az_sock *sock;
    struct az_arena *in, *out;
    struct az_map routes; /* hash of a route -> its live session */
    az_ms due;            /* next heartbeats */
    int opened;           /* its OPENED has not been given; -1 = none */
    int max;              /* sessions at once */
    int n;                /* places ever taken: one more, for who says hello again */
    int n_free, n_over;
    int *free, *over; /* stacks of places */
    struct az_door_session *sessions;
    struct az_route strangers[AZ_STRANGERS]; /* who was told lately, and is not answered */
    size_t next_stranger;
};

/* ---- io_door_session.c: the table of sessions, and who has none ---- */

struct az_door_session *az_door_session_find(const struct az_door *d, const struct az_route *route);
struct az_door_session *az_door_session_at(struct az_door *d, int peer); /* NULL: not live */
/* AZ_EBUSY: no place. */
int az_door_session_new(struct az_door *d, const struct az_route *route, const struct az_msg *hello,
                        const struct az_grant *grant, struct az_door_session **ret,
                        struct az_error *err);
/* Its place is free at once, or when GONE has been given. */
void az_door_session_end(struct az_door *d, struct az_door_session *s, bool tell_caller);
void az_door_session_place_free(struct az_door *d, int place);

void az_door_ignore(struct az_door *d, const struct az_route *route);
bool az_door_ignores(const struct az_door *d, const struct az_route *route);
void az_door_greet(struct az_door *d, const struct az_route *route); /* ignored no more */

/* ---- io_door_gate.c: who may come, and who may stay ---- */

/* What the sender of the last frame may do, for as long as `hello` is there; else
 * *why, for it; the log knows. */
int az_door_knock(struct az_door *d, const struct az_msg *hello, struct az_grant *ret,
                  struct az_error *why);
/* After a reload: sessions whose keys are gone are over. */
void az_door_review(struct az_door *d);

/* ---- io_door.c ---- */

/* One clear word to whoever is not heard any more. `again`: a hello would do. */
void az_door_tell(struct az_door *d, const struct az_route *route, uint64_t seq,
                  const struct az_error *why, bool again);
