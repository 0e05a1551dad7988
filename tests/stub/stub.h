/* tests/stub/stub.h: the judge API: routes, and one answer to each request.
 *
 *   POST …/chat/completions   as OpenAI does
 *   POST …/v1/messages        as Anthropic does
 *   GET  …/models /health     always well
 *   POST /control             settings, as JSON; "reset": true clears counts
 *   GET  /counts[?questions=1]
 *   GET  /wait?requests=N&below.in_flight=M&timeout_ms=T
 *                             answers with the counts as soon as all of it
 *                             holds; 504 when it did not in time
 *   GET  /last                the last request to a judge, as it came
 */
#pragma once
#include "core/base.h"
#include "tests/stub/config.h"
#include "tests/stub/counts.h"
#include "tests/stub/server.h"

enum { WAITERS_MAX = 64, CONDITIONS_MAX = 8 };

struct waiter {
    struct conn *conn;
    size_t n;
    struct condition {
        const int64_t *counter;
        int64_t bound;
        bool below;
    } at[CONDITIONS_MAX];
};

/* An answer under way. */
struct call {
    uint64_t key;
    int status;
    bool completion; /* the client gets what it asked for */
    bool broken;     /* the stub itself ends it early */
    uint32_t next;   /* in the list of free ones */
};

struct stub {
    struct config config;
    struct counts counts;
    struct server *server;
    struct az_rng rng;
    struct said said;
    struct az_buf head, body, last_head, last_body;
    struct call *calls;
    size_t n_calls, calls_cap;
    uint32_t free_call; /* index + 1 */
    struct waiter waiters[WAITERS_MAX];
    size_t n_waiters;
    int64_t answers;
};

int stub_open(struct stub *s, struct az_error *err); /* config is set */
void stub_release(struct stub *s);

/* stub_admin.c: the requests that are not for a judge. False: no such path. */
bool stub_admin(struct stub *s, struct conn *c, const struct http_request *r);
void stub_wake(struct stub *s); /* waiters whose time has come */
void stub_unwait(struct stub *s, struct conn *c, bool gone);
void stub_send(struct conn *c, struct stub *s, int status); /* s->body, at once */
