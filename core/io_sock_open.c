/* Sockets are opened: who may come, what is checked before. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/endpoint.h"
#include "core/io_ipc.h"
#include "core/io_sock_state.h"
#include "core/mem.h"

/* Its header shows this option of 4.3.4 only to those who ask for drafts. */
#ifndef ZMQ_ZAP_ENFORCE_DOMAIN
#define ZMQ_ZAP_ENFORCE_DOMAIN 93
#endif

enum {
    HIGH_WATER = 100000, /* messages; credit keeps far below it */
    /* A connection whose other end is gone without a word is closed after: */
    HEARTBEAT_MS = 10000,
    HEARTBEAT_TIMEOUT_MS = 30000,
    HANDSHAKE_MS = 10000,
    RECONNECT_MS = 100, /* doubled up to: */
    RECONNECT_MAX_MS = 5000,
    KEEPALIVE_IDLE_S = 60,
    KEEPALIVE_EVERY_S = 15,
    KEEPALIVE_TRIES = 4,
};

struct option {
    int name, value;
};

static const struct option all[] = {
    {ZMQ_LINGER, 0},
    {ZMQ_HANDSHAKE_IVL, HANDSHAKE_MS},
    {ZMQ_RECONNECT_IVL, RECONNECT_MS},
    {ZMQ_RECONNECT_IVL_MAX, RECONNECT_MAX_MS},
};

static const struct option tcp[] = {
    {ZMQ_HEARTBEAT_IVL, HEARTBEAT_MS},          {ZMQ_HEARTBEAT_TIMEOUT, HEARTBEAT_TIMEOUT_MS},
    {ZMQ_HEARTBEAT_TTL, HEARTBEAT_TIMEOUT_MS},  {ZMQ_TCP_KEEPALIVE, 1},
    {ZMQ_TCP_KEEPALIVE_IDLE, KEEPALIVE_IDLE_S}, {ZMQ_TCP_KEEPALIVE_INTVL, KEEPALIVE_EVERY_S},
    {ZMQ_TCP_KEEPALIVE_CNT, KEEPALIVE_TRIES},
};

static int set(void *zmq, int option, int value)
{
    return zmq_setsockopt(zmq, option, &value, sizeof(value));
}

static int set_text(void *zmq, int option, const char *value)
{
    return zmq_setsockopt(zmq, option, value, strlen(value));
}

static int set_each(void *zmq, const struct option *options, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (set(zmq, options[i].name, options[i].value) < 0)
            return -1;
    }
    return 0;
}

/* What has no keys stays on this machine. */
static int check_plain(const char *text, const struct az_endpoint *at,
                       const struct az_sock_options *o, struct az_error *err)
{
    if (o->keys || at->loopback || o->insecure)
        return 0;
    az_fail(err, AZ_EINVAL, "'%s' is not of this machine, and there is no key", text);
    az_hint(err, "Make keys with 'assize keygen'; or say insecure where the network is trusted.");
    return AZ_EINVAL;
}

static int set_queues(void *zmq, const struct az_sock_options *o)
{
    if (set(zmq, ZMQ_RCVHWM, o->in_max ? o->in_max : HIGH_WATER) < 0)
        return -1;
    return set(zmq, ZMQ_SNDHWM, o->out_max ? o->out_max : HIGH_WATER);
}

static int set_transport(struct az_sock *s, const struct az_endpoint *at,
                         const struct az_sock_options *o)
{
    int64_t frame_max = AZ_WIRE_FRAME_MAX;
    if (set_each(s->zmq, all, AZ_LEN(all)) < 0 || set_queues(s->zmq, o) < 0 ||
        zmq_setsockopt(s->zmq, ZMQ_MAXMSGSIZE, &frame_max, sizeof(frame_max)) < 0 ||
        (at->transport == AZ_TCP && set_each(s->zmq, tcp, AZ_LEN(tcp)) < 0) ||
        (at->ipv6 && set(s->zmq, ZMQ_IPV6, 1) < 0))
        return -1;
    return s->router ? set(s->zmq, ZMQ_ROUTER_MANDATORY, 1) : 0;
}

/* Without its handler CURVE lets everybody in whom it can decrypt: the domain is
 * enforced, and there is no server without one. */
static int set_server(void *zmq, const struct az_sock_options *o)
{
    if (o->zap_domain && (set_text(zmq, ZMQ_ZAP_DOMAIN, o->zap_domain) < 0 ||
                          set(zmq, ZMQ_ZAP_ENFORCE_DOMAIN, 1) < 0))
        return -1;
    if (!o->keys)
        return 0;
    return set(zmq, ZMQ_CURVE_SERVER, 1) < 0 ||
                   set_text(zmq, ZMQ_CURVE_SECRETKEY, o->keys->secret_key) < 0
               ? -1
               : 0;
}

static int set_client(void *zmq, const struct az_sock_options *o)
{
    if (!o->keys)
        return 0;
    return set_text(zmq, ZMQ_CURVE_SERVERKEY, o->server_key) < 0 ||
                   set_text(zmq, ZMQ_CURVE_PUBLICKEY, o->keys->public_key) < 0 ||
                   set_text(zmq, ZMQ_CURVE_SECRETKEY, o->keys->secret_key) < 0
               ? -1
               : 0;
}

static int sock_new(struct az_net *n, int type, const char *text, const struct az_endpoint *at,
                    const struct az_sock_options *o, struct az_sock **ret, struct az_error *err)
{
    AZ_AUTO(sock) s = az_zalloc(sizeof(*s));
    if (!s)
        return az_oom(err);
    zmq_msg_init(&s->in);
    snprintf(s->endpoint, sizeof(s->endpoint), "%s", text);
    s->router = type == ZMQ_ROUTER;
    s->asked = s->router && o->zap_domain;
    s->zmq = zmq_socket(n->ctx, type);
    if (!s->zmq || set_transport(s, at, o) < 0 ||
        (s->router ? set_server(s->zmq, o) : set_client(s->zmq, o)) < 0)
        return az_fail(err, AZ_EIO, "no socket for '%s': %s", text, zmq_strerror(errno));
    *ret = AZ_TAKE(s);
    return 0;
}

static int bind_ipc(struct az_sock *s, const struct az_endpoint *at,
                    const struct az_sock_options *o, struct az_error *err)
{
    int r = az_ipc_prepare(at->where.p, err);
    if (r < 0)
        return r;
    mode_t before = az_ipc_narrow();
    int bound = zmq_bind(s->zmq, s->endpoint);
    int saved = errno;
    r = az_ipc_made(at->where.p, before, o->ipc_mode, &s->file, bound < 0 ? NULL : err);
    if (bound < 0)
        return az_fail(err, AZ_EIO, "can't listen on '%s': %s", s->endpoint, zmq_strerror(saved));
    return r;
}

int az_sock_bind(struct az_net *n, const char *endpoint, const struct az_sock_options *options,
                 struct az_sock **ret, struct az_error *err)
{
    static const struct az_sock_options plain;
    const struct az_sock_options *o = options ? options : &plain;
    struct az_endpoint at;
    AZ_AUTO(sock) s = NULL;
    int r = az_endpoint_parse(endpoint, &at, err);
    if (r == 0)
        r = check_plain(endpoint, &at, o, err);
    if (r == 0 && o->keys && !o->zap_domain)
        r = az_fail(err, AZ_EINVAL, "'%s' has keys, but nothing that says who may come", endpoint);
    if (r == 0)
        r = sock_new(n, ZMQ_ROUTER, endpoint, &at, o, &s, err);
    if (r < 0)
        return r;
    if (at.transport == AZ_IPC)
        r = bind_ipc(s, &at, o, err);
    else if (zmq_bind(s->zmq, endpoint) < 0)
        r = az_fail(err, AZ_EIO, "can't listen on '%s': %s", endpoint, zmq_strerror(errno));
    if (r < 0)
        return r;
    size_t size = sizeof(s->endpoint);
    zmq_getsockopt(s->zmq, ZMQ_LAST_ENDPOINT, s->endpoint, &size);
    *ret = AZ_TAKE(s);
    return 0;
}

int az_sock_connect(struct az_net *n, const char *endpoint, const struct az_sock_options *options,
                    struct az_sock **ret, struct az_error *err)
{
    static const struct az_sock_options plain;
    const struct az_sock_options *o = options ? options : &plain;
    struct az_endpoint at;
    AZ_AUTO(sock) s = NULL;
    int r = az_endpoint_parse(endpoint, &at, err);
    if (r == 0)
        r = check_plain(endpoint, &at, o, err);
    if (r == 0 && o->keys && !o->server_key)
        r = az_fail(err, AZ_EINVAL, "no key of the server at '%s'", endpoint);
    if (r == 0)
        r = sock_new(n, ZMQ_DEALER, endpoint, &at, o, &s, err);
    if (r == 0 && at.transport != AZ_INPROC)
        r = az_sock_monitor(n, s, err);
    if (r < 0)
        return r;
    if (zmq_connect(s->zmq, endpoint) < 0)
        return az_fail(err, AZ_EIO, "can't connect to '%s': %s", endpoint, zmq_strerror(errno));
    *ret = AZ_TAKE(s);
    return 0;
}
