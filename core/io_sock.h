/* core/io_sock.h: ZeroMQ sockets that speak envelopes: a ROUTER at the
 * coordinator, a DEALER at the other end. Edge; one thread a socket.
 *
 * ZMQ_FD is edge-triggered: whoever sleeps on az_sock_fd() must first have
 * received until AZ_EAGAIN, also after sending (sends eat edges too). */
#pragma once
#include "core/arena.h"
#include "core/base.h"
#include "core/error.h"
#include "core/io_keys.h"
#include "core/str.h"
#include "core/wire.h"

struct az_net; /* a ZeroMQ context: shared by the sockets of a process */
int az_net_new(struct az_net **ret, struct az_error *err);
void az_net_free(struct az_net *n); /* after its sockets */
AZ_FREEP(net)

enum { AZ_ROUTE_MAX = 32 };

/* Who sent a message, as the ROUTER knows it. */
struct az_route {
    unsigned char bytes[AZ_ROUTE_MAX];
    size_t n;
};

/* Whom to let in, whom to believe. All zero: plain. */
struct az_sock_options {
    const struct az_keypair *keys; /* CURVE, with these as one's own; NULL = plain */
    const char *server_key;        /* connecting with keys: the other end's public key */
    /* Binding: the name by which io_zap.h is asked about each peer; without a
     * handler nobody comes in. Must be there where there are keys. */
    const char *zap_domain;
    bool insecure;     /* plain tcp:// beyond this machine all the same */
    unsigned ipc_mode; /* of the file of an ipc:// socket; 0 = 0600 */
    /* Messages that wait, of each peer: a bound on memory, for each may be large.
     * 0 = more than credit allows. */
    int in_max, out_max;
};

/* A ROUTER that listens, a DEALER that connects; `options` may be NULL, and is
 * borrowed for the call. AZ_EINVAL: an endpoint that is none, that other machines
 * reach without keys, or an ipc:// socket in a folder that all can write to.
 * AZ_EBUSY: somebody listens there (ipc). */
struct az_sock;
int az_sock_bind(struct az_net *n, const char *endpoint, const struct az_sock_options *options,
                 struct az_sock **ret, struct az_error *err);
int az_sock_connect(struct az_net *n, const char *endpoint, const struct az_sock_options *options,
                    struct az_sock **ret, struct az_error *err);
void az_sock_free(struct az_sock *s);
AZ_FREEP(sock)

/* What was sent may take so long to be gone when the socket is freed (0 unless
 * said); az_net_free() waits for it. */
void az_sock_linger(struct az_sock *s, az_ms ms);

int az_sock_fd(const struct az_sock *s);

/* With the port that was free where "*" was asked for. */
const char *az_sock_endpoint(const struct az_sock *s);

/* The next frame; borrowed until the next receive. `route` is filled by a
 * ROUTER. AZ_EAGAIN: none now. AZ_EPROTO: a message of the wrong shape. */
int az_sock_recv(struct az_sock *s, struct az_route *route, struct az_str *frame,
                 struct az_error *err);

/* What the handler said of the sender of the last frame (a key of its list); ""
 * where there is no handler. Borrowed until the next receive. */
const char *az_sock_user(const struct az_sock *s);
/* Where it came from, for people; "" = not known. Borrowed likewise. */
const char *az_sock_address(const struct az_sock *s);

/* Why a socket that connects has nothing to tell: 0 = it is connected, or knows
 * nothing yet. AZ_EAGAIN: it goes on trying. AZ_EINVAL: it was refused, and tries
 * no more: a new socket may. Other calls know nothing of it. */
int az_sock_trouble(struct az_sock *s, struct az_error *err);
int az_sock_trouble_fd(const struct az_sock *s); /* edge-triggered; -1: inproc has none */

/* Send bytes that free(p) frees (they are given away, also on failure).
 * AZ_EAGAIN: the peer's queue is full. AZ_ENOENT: no such peer. */
int az_sock_send(struct az_sock *s, const struct az_route *route, char *p, size_t n,
                 struct az_error *err);
