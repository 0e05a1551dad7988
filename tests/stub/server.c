#include "tests/stub/server.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "core/mem.h"
#include "tests/stub/conn.h"

enum { EVENTS_MAX = 256, ROOM = 16 << 10 };

struct server {
    int epoll, listener, port;
    bool stopped;
    struct server_calls calls;
    struct conn *all, *dead;
    struct timers timers;
    struct server_stats stats;
    int64_t now_ns;
    char filler[64 << 10];
};

int64_t server_clock_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static void link_conn(struct conn **list, struct conn *c)
{
    c->next = *list;
    c->prev = list;
    if (c->next)
        c->next->prev = &c->next;
    *list = c;
}

static void unlink_conn(struct conn *c)
{
    *c->prev = c->next;
    if (c->next)
        c->next->prev = c->prev;
}

static void ended(struct conn *c, bool whole)
{
    uint32_t tag = c->tag;
    c->tag = 0;
    if (tag)
        c->server->calls.on_end(c->server->calls.arg, tag, whole);
}

/* Freed only after the batch: later events of it may name this connection. */
static void bury(struct conn *c)
{
    struct server *s = c->server;
    bool waited = c->state == CONN_WAITING;
    if (c->state == CONN_DEAD)
        return;
    c->state = CONN_DEAD;
    timers_unset(&s->timers, c);
    close(c->fd);
    unlink_conn(c);
    link_conn(&s->dead, c);
    s->stats.connections--;
    ended(c, false);
    if (waited)
        s->calls.on_timeout(s->calls.arg, c, true);
}

static void sweep(struct server *s)
{
    while (s->dead) {
        struct conn *c = s->dead;
        s->dead = c->next;
        free(c->in.p);
        free(c->out.p);
        free(c);
    }
}

static int append(struct bytes *b, struct az_str s)
{
    int r = az_grow(&b->p, &b->cap, b->n + s.n, 1);
    if (r < 0)
        return r;
    if (s.n)
        memcpy(b->p + b->n, s.p, s.n);
    b->n += s.n;
    return 0;
}

static void want_out(struct conn *c, bool on)
{
    if (c->wants_out == on)
        return;
    c->wants_out = on;
    struct epoll_event e = {.events = EPOLLIN | (on ? EPOLLOUT : 0), .data.ptr = c};
    epoll_ctl(c->server->epoll, EPOLL_CTL_MOD, c->fd, &e);
}

static void finish(struct conn *c);

/* The next bytes to send; empty: all sent. */
static struct az_str outstanding(struct conn *c)
{
    size_t end = c->ending == END_DRIP ? c->drip_to : c->out.n;
    if (c->sent < end)
        return (struct az_str){c->out.p + c->sent, end - c->sent};
    if (c->filler) {
        size_t n = AZ_MIN((size_t)c->filler, sizeof(c->server->filler));
        return (struct az_str){c->server->filler, n};
    }
    return c->tail ? az_str(c->tail) : (struct az_str){NULL, 0};
}

static void advance(struct conn *c, size_t n)
{
    if (c->sent < c->out.n)
        c->sent += n;
    else if (c->filler)
        c->filler -= (int64_t)n;
    else
        c->tail += n;
}

/* Send what the socket takes; come back on EPOLLOUT for the rest. */
static void flush(struct conn *c)
{
    struct az_str s;
    while ((s = outstanding(c)).n) {
        ssize_t n = send(c->fd, s.p, s.n, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            want_out(c, true);
            return;
        }
        if (n < 0) {
            bury(c);
            return;
        }
        advance(c, (size_t)n);
    }
    want_out(c, false);
    if (c->ending == END_DRIP && c->drip_to < c->out.n) {
        c->state = CONN_DRIPPING;
        if (timers_set(&c->server->timers, c, c->server->now_ns + c->drip_ns) < 0)
            bury(c);
        return;
    }
    finish(c);
}

static void reset(struct conn *c)
{
    struct linger l = {.l_onoff = 1};
    setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
    bury(c);
}

/* The time has come for the answer. */
static void begin(struct conn *c)
{
    switch (c->ending) {
    case END_RESET:
        reset(c);
        return;
    case END_HANG:
        c->state = CONN_HUNG;
        return;
    default:
        c->state = CONN_WRITING;
        flush(c);
    }
}

/* Hand over the requests that lie whole in the buffer. */
static void serve(struct conn *c)
{
    while (c->state == CONN_READING && c->in.n) {
        struct http_request r;
        int got = http_parse((struct az_str){c->in.p, c->in.n}, &r);
        if (got < 0) {
            bury(c);
            return;
        }
        if (!got) {
            if (r.expects && !c->continued)
                c->continued = send(c->fd, "HTTP/1.1 100 Continue\r\n\r\n", 25, MSG_NOSIGNAL) == 25;
            return;
        }
        c->continued = false;
        c->close = r.close;
        c->state = CONN_WAITING;
        c->handling = true;
        size_t used = r.n_bytes;
        c->server->calls.on_request(c->server->calls.arg, c, &r);
        c->handling = false;
        if (c->state == CONN_DEAD)
            return;
        memmove(c->in.p, c->in.p + used, c->in.n - used);
        c->in.n -= used;
        if (c->state == CONN_WRITING)
            begin(c);
    }
}

static void finish(struct conn *c)
{
    bool whole = c->ending != END_CUT;
    ended(c, whole);
    if (c->close || c->ending == END_CLOSE || c->ending == END_CUT) {
        bury(c);
        return;
    }
    c->state = CONN_READING;
}

static void readable(struct conn *c)
{
    for (;;) {
        if (az_grow(&c->in.p, &c->in.cap, c->in.n + ROOM, 1) < 0) {
            bury(c);
            return;
        }
        size_t room = c->in.cap - c->in.n;
        ssize_t n = recv(c->fd, c->in.p + c->in.n, room, MSG_DONTWAIT);
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            break;
        if (n <= 0) {
            bury(c);
            return;
        }
        c->in.n += (size_t)n;
        if ((size_t)n < room || c->in.n > HEAD_MAX + BODY_MAX)
            break;
    }
    serve(c);
}

void server_reply(struct conn *c, const struct reply *r, uint32_t tag)
{
    struct server *s = c->server;
    timers_unset(&s->timers, c);
    c->out.n = c->sent = 0;
    c->tag = tag;
    c->ending = r->ending;
    c->filler = r->filler;
    c->tail = r->tail;
    c->drip_ns = r->drip_ns;
    c->drip_to = c->n_head = r->head.n;
    if (append(&c->out, r->head) < 0 || append(&c->out, r->body) < 0) {
        bury(c);
        return;
    }
    if (r->ending == END_CUT)
        c->out.n = r->head.n + r->body.n / 2;
    if (r->hold) {
        c->state = CONN_HELD;
    } else if (r->delay_ns > 0) {
        c->state = CONN_DELAYED;
        if (timers_set(&s->timers, c, s->now_ns + r->delay_ns) < 0)
            bury(c);
    } else {
        c->state = CONN_WRITING;
        if (!c->handling) {
            begin(c);
            serve(c);
        }
    }
}

void server_wait(struct conn *c, int64_t ns)
{
    c->state = CONN_WAITING;
    if (timers_set(&c->server->timers, c, c->server->now_ns + ns) < 0)
        bury(c);
}

void server_release(struct server *s)
{
    for (struct conn *c = s->all, *next; c; c = next) {
        next = c->next;
        if (c->state != CONN_HELD)
            continue;
        begin(c);
        serve(c);
    }
}

static void timer_ended(struct conn *c)
{
    struct server *s = c->server;
    if (c->state == CONN_WAITING) {
        s->calls.on_timeout(s->calls.arg, c, false);
        return;
    }
    if (c->state == CONN_DRIPPING) {
        c->drip_to++;
        flush(c);
    } else {
        begin(c);
    }
    serve(c);
}

static void accept_all(struct server *s)
{
    for (;;) {
        int fd = accept4(s->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0)
            return;
        int one = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
        struct conn *c = az_zalloc(sizeof(*c));
        struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};
        if (!c || epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &e) < 0) {
            free(c);
            close(fd);
            return;
        }
        *c = (struct conn){.server = s, .fd = fd};
        link_conn(&s->all, c);
        s->stats.connections_total++;
        s->stats.connections++;
        s->stats.connections_max = AZ_MAX(s->stats.connections_max, s->stats.connections);
    }
}

static void on_event(struct server *s, const struct epoll_event *e)
{
    struct conn *c = e->data.ptr;
    if (!c) {
        accept_all(s);
        return;
    }
    if (c->state != CONN_DEAD && (e->events & EPOLLOUT)) {
        flush(c);
        serve(c);
    }
    if (c->state != CONN_DEAD && (e->events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
        readable(c);
}

/* Milliseconds until the first timer, rounded up; -1 = none. */
static int timeout_ms(const struct server *s)
{
    if (!s->timers.n)
        return -1;
    int64_t left = s->timers.at[0]->due_ns - s->now_ns;
    return left <= 0 ? 0 : (int)AZ_MIN((left + 999999) / 1000000, INT64_C(60000));
}

void server_run(struct server *s)
{
    struct epoll_event events[EVENTS_MAX];
    sigset_t none;
    sigemptyset(&none);
    s->now_ns = server_clock_ns();
    while (!s->stopped) {
        int n = epoll_pwait(s->epoll, events, EVENTS_MAX, timeout_ms(s), &none);
        s->now_ns = server_clock_ns();
        for (int i = 0; i < n; i++)
            on_event(s, &events[i]);
        struct conn *c;
        while ((c = timers_due(&s->timers, s->now_ns)))
            timer_ended(c);
        s->calls.on_batch(s->calls.arg);
        sweep(s);
    }
}

void server_stop(struct server *s)
{
    s->stopped = true;
}

static int listen_on(int port, int *bound)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int one = 1;
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_port = htons((uint16_t)port),
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof(a);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (bind(fd, (struct sockaddr *)&a, n) < 0 || listen(fd, 4096) < 0 ||
        getsockname(fd, (struct sockaddr *)&a, &n) < 0) {
        close(fd);
        return -1;
    }
    *bound = ntohs(a.sin_port);
    return fd;
}

int server_open(int port, const struct server_calls *calls, struct server **ret,
                struct az_error *err)
{
    struct server *s = az_zalloc(sizeof(*s));
    if (!s)
        return az_oom(err);
    s->calls = *calls;
    memset(s->filler, 'x', sizeof(s->filler));
    s->epoll = epoll_create1(EPOLL_CLOEXEC);
    s->listener = listen_on(port, &s->port);
    struct epoll_event e = {.events = EPOLLIN};
    if (s->epoll < 0 || s->listener < 0 ||
        epoll_ctl(s->epoll, EPOLL_CTL_ADD, s->listener, &e) < 0) {
        int r = az_fail(err, AZ_EIO, "port %d of 127.0.0.1: %s", port, strerror(errno));
        server_free(s);
        return r;
    }
    *ret = s;
    return 0;
}

void server_free(struct server *s)
{
    if (!s)
        return;
    s->calls.on_end = NULL;
    for (struct conn *c = s->all; c; c = s->all) {
        c->tag = 0;
        c->state = CONN_HUNG; /* nobody is told any more */
        bury(c);
    }
    sweep(s);
    free(s->timers.at);
    if (s->listener >= 0)
        close(s->listener);
    if (s->epoll >= 0)
        close(s->epoll);
    free(s);
}

int server_port(const struct server *s)
{
    return s->port;
}

struct server_stats server_stats(const struct server *s)
{
    return s->stats;
}
