/* core/limit.h: a provider's limits of requests and tokens a minute. Pure:
 * `now` is an argument and never goes back. Not thread-safe.
 *
 * Two token buckets that are reserved from together. A bucket holds a tenth of
 * a minute's worth (at least one request) and fills with the rest over a
 * minute, so that no 60 seconds see more than the limit. */
#pragma once
#include "core/base.h"

struct az_bucket {
    double level, capacity;
    double per_ms; /* 0 = no limit */
};

struct az_limit {
    struct az_bucket requests, tokens;
    az_ms at;           /* the levels are of this time */
    az_ms paused_until; /* nobody goes before: the server said so */
};

/* Zero means no limit. */
void az_limit_init(struct az_limit *l, double rpm, double tpm, az_ms now);

/* Other limits from now on; what was taken and a pause still count. */
void az_limit_tune(struct az_limit *l, double rpm, double tpm, az_ms now);

/* Take one request and its tokens (prompt estimate plus max_tokens: providers
 * count what may come). False: not now, nothing was taken. A request larger
 * than a full bucket goes when the bucket is full, and leaves a debt. */
bool az_limit_reserve(struct az_limit *l, int64_t tokens, az_ms now);

/* Milliseconds until az_limit_reserve() with as many tokens can work; 0 = now. */
az_ms az_limit_wait(struct az_limit *l, int64_t tokens, az_ms now);

/* The call used `used` of the `reserved` tokens: give back, or take, the rest. */
void az_limit_settle(struct az_limit *l, int64_t reserved, int64_t used, az_ms now);

/* The server said to come back at `until`. An earlier time changes nothing. */
void az_limit_pause(struct az_limit *l, az_ms until);
