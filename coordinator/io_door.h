/* coordinator/io_door.h: a ROUTER and the sessions behind it: hello, sequence
 * numbers, roles, heartbeats. One door for workers, one for clients. It knows
 * nothing of what is said. Edge; one thread.
 *
 * A session lasts from a hello until the peer is found gone, breaks the
 * protocol, says hello again, or is refused or dropped by the caller. */
#pragma once
#include "core/base.h"
#include "core/error.h"
#include "core/io_sock.h"
#include "core/wire.h"

/* Numbers of peers are below this; one is kept for who says hello again. */
enum { AZ_DOOR_PEERS_MAX = 4096 };

struct az_door;
struct az_gate; /* coordinator/io_gate.h */

struct az_door_config {
    struct az_net *net;
    const char *endpoint; /* inproc://, ipc:// or tcp:// */
    const char *name;     /* "workers", "clients": for messages */
    /* Keys, mode of a socket's file; NULL = plain. The domain is the door's name. */
    const struct az_sock_options *sock;
    struct az_gate *gate; /* who may come; NULL = all, and over inproc:// always all */
    unsigned roles;       /* a hello needs one of them; where all may come, all have them */
    bool trust_names;     /* without a gate: whoever says a name is that principal */
    az_ms silence_ms;     /* told in the welcome; 0 = nobody minds silence */
    int in_max, out_max;  /* messages of one peer that wait; 0 = as io_sock.h */
    int peers_max;        /* at once, fewer than AZ_DOOR_PEERS_MAX; 0 = as many as may be */
};

enum az_door_kind {
    AZ_DOOR_OPENED,
    AZ_DOOR_MESSAGE,
    AZ_DOOR_GONE,
    AZ_DOOR_PASSED_OVER, /* many frames that say nothing; there may be more */
};

struct az_door_event {
    enum az_door_kind kind;
    int peer;          /* used again only after it was gone */
    struct az_msg msg; /* of MESSAGE, heartbeats too; borrowed until the next receive */
};

struct az_door_peer {
    const char *name, *principal, *software; /* "" where not said */
    unsigned roles;
    az_ms since, heard;
};

/* Listen. All that `config` points to is borrowed. */
int az_door_new(const struct az_door_config *config, struct az_door **ret, struct az_error *err);
void az_door_free(struct az_door *d);
AZ_FREEP(door)

int az_door_fd(const struct az_door *d);               /* edge-triggered: see io_sock.h */
const char *az_door_endpoint(const struct az_door *d); /* as az_sock_endpoint() */

/* What happened next. AZ_EAGAIN: nothing now. The welcome is sent before OPENED
 * is given. A second hello of a live session gives GONE, then OPENED; a message
 * that breaks the protocol is answered with one Refuse and gives GONE, and so does
 * a key that the gate's list has no more. Whoever has no session is told so once,
 * and is not heard. */
int az_door_receive(struct az_door *d, az_ms now, struct az_door_event *ret, struct az_error *err);

/* AZ_ENOENT: no such peer any more, GONE follows if it has not been given.
 * AZ_EAGAIN: its queue is full; the message is not sent. */
int az_door_send(struct az_door *d, int peer, struct az_msg *msg, struct az_error *err);

/* Its session is over until it says hello again; no GONE follows. */
void az_door_refuse(struct az_door *d, int peer, const struct az_error *why); /* told once */
void az_door_drop(struct az_door *d, int peer);                               /* silently */

/* NULL: there was never such a peer. After its end it tells of the last one,
 * until the next receive. */
const struct az_door_peer *az_door_peer(const struct az_door *d, int peer);

/* Heartbeats for peers that were told nothing for a while, so that none goes
 * without for a quarter of `silence_ms`. Returns when it is due again. */
az_ms az_door_tick(struct az_door *d, az_ms now);

/* Tell everybody to stop. */
void az_door_stop_all(struct az_door *d);
