/* workers/retry.h: what a status and its headers say about asking again, and
 * how long to wait. Pure: the time and the random stream are arguments.
 *
 * There is one retry layer, and this is its rule: 408, 409, 425, 429 and 5xx
 * are transient unless the server says otherwise (x-should-retry). */
#pragma once
#include "core/base.h"
#include "core/rng.h"
#include "core/str.h"
#include "workers/reply.h"

/* The last header `name` (without colon, any case) among raw header lines,
 * trimmed; {NULL, 0} = not there. Borrowed from `headers`. */
struct az_str az_header_find(struct az_str headers, const char *name);

/* One of the provider's rate limits as its headers tell it. */
struct az_quota {
    bool known;
    int64_t remaining; /* requests or tokens */
    int64_t reset_ms;  /* from now until it is full again; -1 = not said */
};

struct az_hints {
    int64_t retry_after_ms; /* -1 = not said */
    int should_retry;       /* x-should-retry: 1, 0; -1 = not said */
    struct az_quota requests, tokens;
};

/* Retry-After in seconds or as a date, retry-after-ms, x-should-retry,
 * x-ratelimit-* and anthropic-ratelimit-*. What can't be read is "not said";
 * so is anything negative. `now_wall_ms` is Unix time. */
struct az_hints az_hints_read(struct az_str headers, int64_t now_wall_ms);

/* When to come back after a 429: retry_after_ms, else the reset of the quota
 * that is used up; -1 = not said. */
int64_t az_hints_wait(const struct az_hints *h);

/* NONE for 2xx; RETRY; STOP for 401, 402, 403, 404; ITEM for the rest. */
enum az_trouble az_retry_status(long status, const struct az_hints *h);

/* Milliseconds to wait before the next try: full jitter over an exponential
 * ceiling ("Exponential Backoff And Jitter", AWS Architecture Blog, 2015), and
 * never less than the server asked for. `failures` counts from 1. */
int64_t az_retry_delay(int failures, int64_t retry_after_ms, struct az_rng *rng);
