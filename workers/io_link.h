/* workers/io_link.h: a worker's line to its coordinator: the socket, its session
 * (session.h) and what is packed and read. Edge; one thread. */
#pragma once
#include "core/base.h"
#include "core/error.h"
#include "core/io_loop.h"
#include "core/io_sock.h"
#include "core/wire.h"

struct az_link;

struct az_link_config {
    struct az_net *net; /* borrowed, as all below */
    const char *endpoint;
    const char *name;
    const struct az_sock_options *options; /* NULL = plain */
    uint64_t seed;                         /* of the pauses between sessions */
};

/* Apart at first: az_link_tick() connects. Watches its socket on `loop`, which
 * outlives it. */
int az_link_new(const struct az_link_config *config, struct az_loop *loop, struct az_link **ret,
                struct az_error *err);
void az_link_free(struct az_link *l); /* what was sent and is not gone yet is not sent */
AZ_FREEP(link)

bool az_link_open(const struct az_link *l);

/* For what a message points to, until it is sent. */
struct az_arena *az_link_scratch(struct az_link *l);

/* AZ_ENOMEM, or why the session can't go on: the caller ends it. */
int az_link_send(struct az_link *l, struct az_msg *msg, az_ms now, struct az_error *err);

/* The next message; its text is borrowed until the next receive. AZ_EAGAIN: none
 * now. Else as az_link_send(). */
int az_link_recv(struct az_link *l, struct az_msg *msg, az_ms now, struct az_error *err);

/* Until when what was sent is the worker's (session.h). */
az_ms az_link_lease(const struct az_link *l);

/* Connects and says hello, says heartbeats, finds silence: 0, or as
 * az_link_send(). To be called at az_link_deadline(). */
int az_link_tick(struct az_link *l, az_ms now, struct az_error *err);
az_ms az_link_deadline(const struct az_link *l);

/* If it is apart, the next tick knocks. */
void az_link_hurry(struct az_link *l, az_ms now);

/* The session is over; the connection is closed, and after a pause there is
 * another one. Returns when. */
az_ms az_link_lose(struct az_link *l, az_ms now);

/* What was sent may take so long to be gone when the link is freed. */
void az_link_linger(struct az_link *l, az_ms ms);
