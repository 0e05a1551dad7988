/* tests/stub/conn.h: inside the server: a connection and its timer. */
#pragma once
#include "core/base.h"
#include "tests/stub/server.h"

enum conn_state {
    CONN_READING, /* for a whole request */
    CONN_WAITING, /* server_wait(), or handed over and not answered yet */
    CONN_DELAYED, /* the answer is due when the timer ends */
    CONN_HELD,    /* … or when held answers are let go */
    CONN_HUNG,
    CONN_WRITING,
    CONN_DRIPPING,
    CONN_DEAD, /* closed; freed after the batch of events */
};

struct bytes {
    char *p;
    size_t n, cap;
};

struct conn {
    struct server *server;
    int fd;
    enum conn_state state;
    bool close, wants_out, continued;
    bool handling; /* inside on_request: serve() sends what it leaves */
    uint32_t tag;
    struct bytes in, out;
    size_t sent, n_head, drip_to;
    int64_t filler, drip_ns;
    const char *tail;
    enum ending ending;
    int64_t due_ns;
    size_t timer;              /* place in the heap + 1; 0 = none */
    struct conn *next, **prev; /* all connections, or the graveyard */
};

/* A min-heap by due_ns; each connection has at most one timer. */
struct timers {
    struct conn **at;
    size_t n, cap;
};

int timers_set(struct timers *t, struct conn *c, int64_t due_ns);
void timers_unset(struct timers *t, struct conn *c);
/* The first that is due by now_ns, unset; NULL: none. */
struct conn *timers_due(struct timers *t, int64_t now_ns);
