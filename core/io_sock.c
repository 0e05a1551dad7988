#include "core/io_sock.h"

#include <errno.h>

#include "core/io_sock_state.h"
#include "core/mem.h"

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

void az_sock_free(struct az_sock *s)
{
    if (!s)
        return;
    zmq_msg_close(&s->in);
    /* Before it is closed: afterwards another may have the name. */
    if (s->file.number)
        az_ipc_remove(s->endpoint + strlen("ipc://"), &s->file);
    az_sock_monitor_stop(s);
    if (s->zmq)
        zmq_close(s->zmq);
    free(s);
}

void az_sock_linger(struct az_sock *s, az_ms ms)
{
    int value = (int)ms;
    zmq_setsockopt(s->zmq, ZMQ_LINGER, &value, sizeof(value));
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

static int receive_failed(struct az_sock *s, struct az_error *err)
{
    if (errno != EAGAIN)
        return az_fail(err, AZ_EIO, "receiving failed: %s", zmq_strerror(errno));
    az_sock_trouble(s, NULL); /* so that events don't pile up where nobody asks */
    return AZ_EAGAIN;
}

int az_sock_recv(struct az_sock *s, struct az_route *route, struct az_str *frame,
                 struct az_error *err)
{
    if (s->router) {
        if (receive(s) < 0)
            return receive_failed(s, err);
        size_t n = zmq_msg_size(&s->in);
        *route = (struct az_route){.n = n <= AZ_ROUTE_MAX ? n : 0};
        memcpy(route->bytes, zmq_msg_data(&s->in), route->n);
        if (n > AZ_ROUTE_MAX || !zmq_msg_more(&s->in)) {
            drop_rest(s);
            return az_fail(err, AZ_EPROTO, "a message without a body");
        }
    }
    if (receive(s) < 0)
        return receive_failed(s, err);
    if (zmq_msg_more(&s->in)) {
        drop_rest(s);
        return az_fail(err, AZ_EPROTO, "a message of more than one frame");
    }
    RECEIVED();
    *frame = (struct az_str){zmq_msg_data(&s->in), zmq_msg_size(&s->in)};
    return 0;
}

static const char *property(const struct az_sock *s, const char *name)
{
    const char *text = zmq_msg_gets(&s->in, name);
    return text ? text : "";
}

/* With a handler only its answer can have set this; without one, the peer could. */
const char *az_sock_user(const struct az_sock *s)
{
    return s->asked ? property(s, "User-Id") : "";
}

const char *az_sock_address(const struct az_sock *s)
{
    return property(s, "Peer-Address");
}

const char *az_sock_endpoint(const struct az_sock *s)
{
    return s->endpoint;
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
