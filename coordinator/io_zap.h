/* coordinator/io_zap.h: the handler that ZeroMQ asks about each peer before it
 * lets it in (RFC 27). Edge; one thread.
 *
 * There is one in an az_net. Sockets with a zap_domain (core/io_sock.h) let
 * nobody in while there is none, so it is made before them. */
#pragma once
#include "core/base.h"
#include "core/error.h"
#include "core/io_sock.h"

struct az_zap;

/* Who knocks. Borrowed for the call. */
struct az_zap_peer {
    const char *domain; /* the door's name */
    const char *key; /* as in the list of acl.h: a public key, uid:N, plain; "" = none of these */
    const char *address; /* for people: an address, or "ipc" */
};

/* True: let it in, and each of its messages carries `key` (az_sock_user()). */
typedef bool az_zap_fn(void *arg, const struct az_zap_peer *peer);

int az_zap_new(struct az_net *net, az_zap_fn *fn, void *arg, struct az_zap **ret,
               struct az_error *err);
void az_zap_free(struct az_zap *z);
AZ_FREEP(zap)

int az_zap_fd(const struct az_zap *z); /* edge-triggered */
/* Answer all who wait. */
void az_zap_serve(struct az_zap *z);
