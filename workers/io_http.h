/* workers/io_http.h: HTTP calls by libcurl's multi interface on a loop.
 * Edge; one thread.
 *
 * Keep-alive, HTTP/2 where a server offers it, no redirects, no proxies to
 * plain loopback; handles are used again and again. */
#pragma once
#include "core/base.h"
#include "core/error.h"
#include "core/io_loop.h"
#include "workers/backend.h"
#include "workers/io_key.h"

struct az_http;

enum az_http_end {
    AZ_HTTP_ANSWERED, /* response is whole */
    AZ_HTTP_CONNECT,  /* no connection: nothing was sent */
    AZ_HTTP_TIMEOUT,  /* sent, and not answered whole in time */
    AZ_HTTP_BROKEN,   /* the connection broke after something was sent */
    AZ_HTTP_TOO_LARGE,
};

enum { AZ_HTTP_RESPONSE_MAX = 16 << 20, AZ_HTTP_CONNECT_MS = 10000 };

/* `response` is borrowed during the call. `why` says what went wrong. */
typedef void az_http_done_fn(void *arg, void *call, enum az_http_end end,
                             const struct az_response *response, const char *why, int64_t ms);

/* `connections`: at most so many are kept. */
int az_http_new(struct az_loop *loop, int connections, az_http_done_fn *done, void *arg,
                struct az_http **ret, struct az_error *err);
void az_http_free(struct az_http *h); /* calls under way are dropped */
AZ_FREEP(http)

struct az_http_call {
    const char *url;            /* whole */
    const char *const *headers; /* fixed lines, NULL-terminated; or NULL */
    const char *extra_headers;  /* JSON object of more, or NULL */
    const struct az_secret_key *key;
    enum az_auth auth;
    struct az_str body; /* borrowed until done; {NULL} = a GET */
    int64_t timeout_ms;
    void *call; /* given back to `done` */
};

/* Start a POST, or a GET. */
int az_http_start(struct az_http *h, const struct az_http_call *call, struct az_error *err);

/* To be called before the loop sleeps, after the last az_http_start(): curl's
 * own timers. Returns when it wants to be called again. */
az_ms az_http_before_sleep(struct az_http *h);
