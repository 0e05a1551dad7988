/* Why nothing comes: what ZeroMQ, which tries for ever, tells on the side. */
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "core/io_sock_state.h"

enum {
    EVENTS = ZMQ_EVENT_CLOSED | ZMQ_EVENT_CONNECT_RETRIED | ZMQ_EVENT_DISCONNECTED |
             ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_SUCCEEDED |
             ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH,
};

int az_sock_monitor(struct az_net *n, struct az_sock *s, struct az_error *err)
{
    static atomic_uint number;
    char at[64];
    int none = 0;
    snprintf(at, sizeof(at), "inproc://assize.monitor.%u", atomic_fetch_add(&number, 1));
    s->monitor = zmq_socket(n->ctx, ZMQ_PAIR);
    if (!s->monitor || zmq_setsockopt(s->monitor, ZMQ_LINGER, &none, sizeof(none)) < 0 ||
        zmq_setsockopt(s->monitor, ZMQ_RCVHWM, &none, sizeof(none)) < 0 || /* no limit */
        zmq_socket_monitor(s->zmq, at, EVENTS) < 0 || zmq_connect(s->monitor, at) < 0)
        return az_fail(err, AZ_EIO, "no monitor of '%s': %s", s->endpoint, zmq_strerror(errno));
    return 0;
}

/* Before its reader is closed: an event that nobody takes blocks ZeroMQ's own thread,
 * and all sockets with it. (For the same reason the reader has no limit.) */
void az_sock_monitor_stop(struct az_sock *s)
{
    if (!s->monitor)
        return;
    zmq_socket_monitor(s->zmq, NULL, 0);
    zmq_close(s->monitor);
}

static void on_event(struct az_sock *s, unsigned event)
{
    struct az_error *t = &s->trouble;
    switch (event) {
    case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
        *t = (struct az_error){0};
        break;
    case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
        az_fail(t, AZ_EINVAL, "'%s' does not let this key or user in", s->endpoint);
        az_hint(t, "Its list of keys needs a line for it; 'assize keygen' prints one.");
        break;
    case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
        az_fail(t, AZ_EINVAL, "'%s' is secured with keys and this end is not, or the reverse",
                s->endpoint);
        break;
    case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
        az_fail(t, AZ_EAGAIN, "'%s' breaks off before anything is said", s->endpoint);
        az_hint(t, "Is the server's public key the right one?");
        break;
    case ZMQ_EVENT_CLOSED:
    case ZMQ_EVENT_CONNECT_RETRIED:
        if (!t->code)
            az_fail(t, AZ_EAGAIN, "nobody listens at '%s'", s->endpoint);
        break;
    case ZMQ_EVENT_DISCONNECTED:
        if (!t->code)
            az_fail(t, AZ_EAGAIN, "the connection to '%s' was lost", s->endpoint);
        break;
    }
}

/* Two frames: number and value, then the endpoint. */
static bool next_event(struct az_sock *s, unsigned *event)
{
    unsigned char head[6];
    char rest[1];
    int r;
    do
        r = zmq_recv(s->monitor, head, sizeof(head), ZMQ_DONTWAIT);
    while (r < 0 && errno == EINTR);
    if (r < 0)
        return false;
    do
        r = zmq_recv(s->monitor, rest, sizeof(rest), ZMQ_DONTWAIT);
    while (r < 0 && errno == EINTR);
    uint16_t number;
    memcpy(&number, head, sizeof(number));
    *event = number;
    return true;
}

int az_sock_trouble(struct az_sock *s, struct az_error *err)
{
    unsigned event;
    while (s->monitor && next_event(s, &event))
        on_event(s, event);
    if (s->trouble.code && err)
        *err = s->trouble;
    return s->trouble.code;
}

int az_sock_trouble_fd(const struct az_sock *s)
{
    int fd = -1;
    size_t n = sizeof(fd);
    if (s->monitor)
        zmq_getsockopt(s->monitor, ZMQ_FD, &fd, &n);
    return fd;
}
