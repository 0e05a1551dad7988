/* core/io_sock.h: ZeroMQ sockets that speak envelopes: a ROUTER at the
 * coordinator, a DEALER at the other end. Edge; one thread a socket.
 *
 * ZMQ_FD is edge-triggered: whoever sleeps on az_sock_fd() must first have
 * received until AZ_EAGAIN, also after sending (sends eat edges too). */
#pragma once
#include "core/arena.h"
#include "core/base.h"
#include "core/error.h"
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

struct az_sock;
int az_sock_bind(struct az_net *n, const char *endpoint, struct az_sock **ret,
                 struct az_error *err); /* ROUTER */
int az_sock_connect(struct az_net *n, const char *endpoint, struct az_sock **ret,
                    struct az_error *err); /* DEALER */
void az_sock_free(struct az_sock *s);
AZ_FREEP(sock)

/* What was sent may take so long to be gone when the socket is freed (0 unless
 * said); az_net_free() waits for it. */
void az_sock_linger(struct az_sock *s, az_ms ms);

int az_sock_fd(const struct az_sock *s);

/* The next frame; borrowed until the next receive. `route` is filled by a
 * ROUTER. AZ_EAGAIN: none now. AZ_EPROTO: a message of the wrong shape. */
int az_sock_recv(struct az_sock *s, struct az_route *route, struct az_str *frame,
                 struct az_error *err);

/* Send bytes that free(p) frees (they are given away, also on failure).
 * AZ_EAGAIN: the peer's queue is full. AZ_ENOENT: no such peer. */
int az_sock_send(struct az_sock *s, const struct az_route *route, char *p, size_t n,
                 struct az_error *err);
