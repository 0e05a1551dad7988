/* tests/stub/server.h: connections on one epoll, timers on one heap. One
 * thread, no waiting but in epoll: thousands of answers can be due later.
 *
 * A request is handed to `on_request`, which must answer with server_reply(),
 * now or later; a connection has one request under way at a time. */
#pragma once
#include "core/base.h"
#include "core/buf.h"
#include "core/error.h"
#include "tests/stub/http.h"

struct server;
struct conn;

/* How an answer ends. */
enum ending {
    END_KEEP,  /* whole; the connection stays */
    END_CLOSE, /* whole, then closed */
    END_CUT,   /* half the bytes, then closed */
    END_RESET, /* no byte: connection reset */
    END_HANG,  /* no byte, ever */
    END_DRIP,  /* the head at once, then a byte every drip_ns */
};

struct reply {
    struct az_str head, body; /* copied */
    int64_t filler;           /* this many 'x' after the body … */
    const char *tail;         /* … and this (static), or NULL */
    enum ending ending;
    int64_t delay_ns, drip_ns;
    bool hold; /* not before server_release() */
};

struct server_calls {
    void *arg;
    void (*on_request)(void *arg, struct conn *c, const struct http_request *r);
    /* The answer's last byte was handed to the kernel (whole), or the
     * connection ended before. Once for each server_reply(). `tag` is the
     * one given there. */
    void (*on_end)(void *arg, uint32_t tag, bool whole);
    /* A connection waited (server_wait) long enough, or went away (gone). */
    void (*on_timeout)(void *arg, struct conn *c, bool gone);
    /* After each batch of events. */
    void (*on_batch)(void *arg);
};

/* Listens on 127.0.0.1; port 0 = any. */
int server_open(int port, const struct server_calls *calls, struct server **ret,
                struct az_error *err);
void server_free(struct server *s);
int server_port(const struct server *s);
/* Until server_stop(), which a signal handler may call: signals that the caller
 * blocks are let in while it waits, and then only. */
void server_run(struct server *s);
void server_stop(struct server *s);

/* tag 0: on_end is not called. */
void server_reply(struct conn *c, const struct reply *r, uint32_t tag);
/* No answer yet; on_timeout is called in ns unless server_reply() came first. */
void server_wait(struct conn *c, int64_t ns);
int64_t server_clock_ns(void); /* monotonic */
/* Everything held goes out now. */
void server_release(struct server *s);

struct server_stats {
    int64_t connections, connections_max, connections_total;
};
struct server_stats server_stats(const struct server *s);
