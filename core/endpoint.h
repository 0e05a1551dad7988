/* core/endpoint.h: what an endpoint's text means: inproc://NAME, ipc://PATH,
 * tcp://HOST:PORT. Pure. */
#pragma once
#include "core/base.h"
#include "core/error.h"
#include "core/str.h"

enum az_transport { AZ_INPROC, AZ_IPC, AZ_TCP };

struct az_endpoint {
    enum az_transport transport;
    struct az_str where; /* the name, the path, or the host without its brackets */
    bool loopback;       /* only this machine can reach it; of inproc and ipc too */
    bool ipv6;           /* the host is an address of IP version 6 */
};

/* Borrows from `text`. AZ_EINVAL: none of these, or one that no assize uses. */
int az_endpoint_parse(const char *text, struct az_endpoint *ret, struct az_error *err);
