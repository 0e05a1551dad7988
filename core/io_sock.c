#include "core/io_sock.h"

#include <errno.h>
#include <zmq.h>

#include "core/mem.h"

struct az_net {
    void *ctx;
};

struct az_sock {
    void *zmq;
    bool router;
    zmq_msg_t in;
};

/* ZeroMQ hands messages over without locks that ThreadSanitizer knows: tell it
 * that what was done before a send comes before what follows a receive. */
#ifdef __SANITIZE_THREAD__
void __tsan_acquire(void *address);
void __tsan_release(void *address);
static char handover;
#define SENT() __tsan_release(&handover)
#define RECEIVED() __tsan_acquire(&handover)
#else
#define SENT() ((void)0)
#define RECEIVED() ((void)0)
#endif

enum { HIGH_WATER = 100000 }; /* messages; credit keeps far below it */

int az_net_new(struct az_net **ret, struct az_error *err)
{
    struct az_net *n = az_zalloc(sizeof(*n));
    if (!n)
        return az_oom(err);
    n->ctx = zmq_ctx_new();
    if (!n->ctx) {
        free(n);
        return az_fail(err, AZ_EIO, "no messaging context: %s", zmq_strerror(errno));
    }
    *ret = n;
    return 0;
}

void az_net_free(struct az_net *n)
{
    if (!n)
        return;
    zmq_ctx_term(n->ctx);
    free(n);
}

static int set(void *zmq, int option, int value)
{
    return zmq_setsockopt(zmq, option, &value, sizeof(value));
}

static int sock_new(struct az_net *n, int type, struct az_sock **ret, struct az_error *err)
{
    struct az_sock *s = az_zalloc(sizeof(*s));
    if (!s)
        return az_oom(err);
    s->router = type == ZMQ_ROUTER;
    s->zmq = zmq_socket(n->ctx, type);
    int64_t frame_max = AZ_WIRE_FRAME_MAX;
    if (!s->zmq || set(s->zmq, ZMQ_LINGER, 0) < 0 || set(s->zmq, ZMQ_SNDHWM, HIGH_WATER) < 0 ||
        set(s->zmq, ZMQ_RCVHWM, HIGH_WATER) < 0 ||
        zmq_setsockopt(s->zmq, ZMQ_MAXMSGSIZE, &frame_max, sizeof(frame_max)) < 0 ||
        (s->router && set(s->zmq, ZMQ_ROUTER_MANDATORY, 1) < 0)) {
        if (s->zmq)
            zmq_close(s->zmq);
        free(s);
        return az_fail(err, AZ_EIO, "no socket: %s", zmq_strerror(errno));
    }
    zmq_msg_init(&s->in);
    *ret = s;
    return 0;
}

int az_sock_bind(struct az_net *n, const char *endpoint, struct az_sock **ret, struct az_error *err)
{
    AZ_AUTO(sock) s = NULL;
    int r = sock_new(n, ZMQ_ROUTER, &s, err);
    if (r < 0)
        return r;
    if (zmq_bind(s->zmq, endpoint) < 0)
        return az_fail(err, AZ_EIO, "can't listen on '%s': %s", endpoint, zmq_strerror(errno));
    *ret = AZ_TAKE(s);
    return 0;
}

int az_sock_connect(struct az_net *n, const char *endpoint, struct az_sock **ret,
                    struct az_error *err)
{
    AZ_AUTO(sock) s = NULL;
    int r = sock_new(n, ZMQ_DEALER, &s, err);
    if (r < 0)
        return r;
    if (zmq_connect(s->zmq, endpoint) < 0)
        return az_fail(err, AZ_EIO, "can't connect to '%s': %s", endpoint, zmq_strerror(errno));
    *ret = AZ_TAKE(s);
    return 0;
}

void az_sock_free(struct az_sock *s)
{
    if (!s)
        return;
    zmq_msg_close(&s->in);
    zmq_close(s->zmq);
    free(s);
}

void az_sock_linger(struct az_sock *s, az_ms ms)
{
    set(s->zmq, ZMQ_LINGER, (int)ms);
}

int az_sock_fd(const struct az_sock *s)
{
    int fd = -1;
    size_t n = sizeof(fd);
    zmq_getsockopt(s->zmq, ZMQ_FD, &fd, &n);
    return fd;
}

/* A signal must not look like the end of what is there: the edge would be lost. */
static int receive(struct az_sock *s)
{
    int r;
    do
        r = zmq_msg_recv(&s->in, s->zmq, ZMQ_DONTWAIT);
    while (r < 0 && errno == EINTR);
    return r;
}

/* Read and drop what is left of a message of too many parts. */
static void drop_rest(struct az_sock *s)
{
    while (zmq_msg_more(&s->in) && receive(s) >= 0)
        ;
}

static int receive_failed(struct az_error *err)
{
    return errno == EAGAIN ? AZ_EAGAIN
                           : az_fail(err, AZ_EIO, "receiving failed: %s", zmq_strerror(errno));
}

int az_sock_recv(struct az_sock *s, struct az_route *route, struct az_str *frame,
                 struct az_error *err)
{
    if (s->router) {
        if (receive(s) < 0)
            return receive_failed(err);
        size_t n = zmq_msg_size(&s->in);
        *route = (struct az_route){.n = AZ_MIN(n, (size_t)AZ_ROUTE_MAX)};
        memcpy(route->bytes, zmq_msg_data(&s->in), route->n);
        if (n > AZ_ROUTE_MAX || !zmq_msg_more(&s->in)) {
            drop_rest(s);
            return az_fail(err, AZ_EPROTO, "a message without a body");
        }
    }
    if (receive(s) < 0)
        return receive_failed(err);
    if (zmq_msg_more(&s->in)) {
        drop_rest(s);
        return az_fail(err, AZ_EPROTO, "a message of more than one frame");
    }
    RECEIVED();
    *frame = (struct az_str){zmq_msg_data(&s->in), zmq_msg_size(&s->in)};
    return 0;
}

static void free_bytes(void *p, void *hint)
{
    RECEIVED();
    free(p);
}

static int send_failed(struct az_error *err)
{
    int e = errno;
    return e == EAGAIN ? AZ_EAGAIN
                       : az_fail(err, e == EHOSTUNREACH ? AZ_ENOENT : AZ_EIO, "sending failed: %s",
                                 zmq_strerror(e));
}

static int send_route(struct az_sock *s, const struct az_route *route)
{
    int r;
    do
        r = zmq_send(s->zmq, route->bytes, route->n, ZMQ_SNDMORE | ZMQ_DONTWAIT);
    while (r < 0 && errno == EINTR);
    return r;
}

static int send_body(struct az_sock *s, zmq_msg_t *out)
{
    int r;
    do
        r = zmq_msg_send(out, s->zmq, ZMQ_DONTWAIT);
    while (r < 0 && errno == EINTR);
    return r;
}

int az_sock_send(struct az_sock *s, const struct az_route *route, char *p, size_t n,
                 struct az_error *err)
{
    zmq_msg_t out;
    SENT();
    if (zmq_msg_init_data(&out, p, n, free_bytes, NULL) < 0) {
        free(p);
        return az_oom(err);
    }
    int r = 0;
    if ((route && send_route(s, route) < 0) || send_body(s, &out) < 0) {
        r = send_failed(err);
        zmq_msg_close(&out);
    }
    return r;
}
