#include "workers/retry.h"

#include "workers/date.h"

enum {
    BASE_MS = 500,
    CEILING_MS = 30000,
    DOUBLINGS = 6,             /* 500 ms to 32 s, past the ceiling */
    WAIT_MAX_MS = 3600 * 1000, /* a server that says more is read as saying this */
};

struct az_str az_header_find(struct az_str headers, const char *name)
{
    struct az_str found = {NULL, 0}, line;
    while (az_str_line(&headers, &line)) {
        const char *colon = line.n ? memchr(line.p, ':', line.n) : NULL;
        if (!colon)
            continue;
        size_t n = (size_t)(colon - line.p);
        if (az_str_eqz_nocase((struct az_str){line.p, n}, name))
            found = az_str_trim((struct az_str){colon + 1, line.n - n - 1});
    }
    return found;
}

static int64_t bounded(double ms)
{
    return ms < 0 ? -1 : ms > WAIT_MAX_MS ? WAIT_MAX_MS : (int64_t)ms;
}

/* A date that has passed means "now". */
static int64_t until(int64_t then_ms, int64_t now_wall_ms)
{
    return bounded((double)AZ_MAX(then_ms - now_wall_ms, (int64_t)0));
}

static int64_t retry_after(struct az_str headers, int64_t now_wall_ms)
{
    double v;
    int64_t date;
    if (az_str_double(az_header_find(headers, "retry-after-ms"), &v))
        return bounded(v);
    struct az_str after = az_header_find(headers, "retry-after");
    if (az_str_double(after, &v))
        return bounded(v * 1000);
    return az_date_http(after, &date) ? until(date, now_wall_ms) : -1;
}

/* "6m0s", an RFC 3339 time, seconds from now, or Unix seconds. */
static int64_t reset(struct az_str s, int64_t now_wall_ms)
{
    int64_t ms;
    double v;
    if (az_date_rfc3339(s, &ms))
        return until(ms, now_wall_ms);
    if (az_str_double(s, &v))
        return v > 1e9 ? until((int64_t)(v * 1000), now_wall_ms) : bounded(v * 1000);
    return az_duration(s, &ms) ? bounded((double)ms) : -1;
}

static struct az_quota quota(struct az_str headers, const char *remaining, const char *reset_name,
                             int64_t now_wall_ms)
{
    struct az_quota q = {.reset_ms = -1};
    q.known = az_str_int(az_header_find(headers, remaining), &q.remaining) && q.remaining >= 0;
    if (q.known)
        q.reset_ms = reset(az_header_find(headers, reset_name), now_wall_ms);
    return q;
}

static const struct {
    const char *requests, *requests_reset, *tokens, *tokens_reset;
} dialects[] = {
    {"x-ratelimit-remaining-requests", "x-ratelimit-reset-requests", "x-ratelimit-remaining-tokens",
     "x-ratelimit-reset-tokens"},
    {"anthropic-ratelimit-requests-remaining", "anthropic-ratelimit-requests-reset",
     "anthropic-ratelimit-tokens-remaining", "anthropic-ratelimit-tokens-reset"},
    {"x-ratelimit-remaining", "x-ratelimit-reset", "anthropic-ratelimit-input-tokens-remaining",
     "anthropic-ratelimit-input-tokens-reset"},
};

struct az_hints az_hints_read(struct az_str headers, int64_t now_wall_ms)
{
    struct az_hints h = {.retry_after_ms = retry_after(headers, now_wall_ms),
                         .should_retry = -1,
                         .requests = {.reset_ms = -1},
                         .tokens = {.reset_ms = -1}};
    struct az_str should = az_header_find(headers, "x-should-retry");
    if (should.p)
        h.should_retry = az_str_eqz_nocase(should, "true")    ? 1
                         : az_str_eqz_nocase(should, "false") ? 0
                                                              : -1;
    for (size_t i = 0; i < AZ_LEN(dialects); i++) {
        if (!h.requests.known)
            h.requests =
                quota(headers, dialects[i].requests, dialects[i].requests_reset, now_wall_ms);
        if (!h.tokens.known)
            h.tokens = quota(headers, dialects[i].tokens, dialects[i].tokens_reset, now_wall_ms);
    }
    return h;
}

int64_t az_hints_wait(const struct az_hints *h)
{
    if (h->retry_after_ms >= 0)
        return h->retry_after_ms;
    int64_t wait = -1;
    if (h->requests.known && !h->requests.remaining)
        wait = h->requests.reset_ms;
    if (h->tokens.known && !h->tokens.remaining)
        wait = AZ_MAX(wait, h->tokens.reset_ms);
    return wait;
}

enum az_trouble az_retry_status(long status, const struct az_hints *h)
{
    if (status >= 200 && status < 300)
        return AZ_TROUBLE_NONE;
    if (status == 401 || status == 402 || status == 403 || status == 404)
        return AZ_TROUBLE_STOP;
    if (h->should_retry >= 0)
        return h->should_retry ? AZ_TROUBLE_RETRY : AZ_TROUBLE_ITEM;
    bool transient = status == 408 || status == 409 || status == 425 || status == 429 ||
                     (status >= 500 && status != 501 && status != 505);
    return transient ? AZ_TROUBLE_RETRY : AZ_TROUBLE_ITEM;
}

int64_t az_retry_delay(int failures, int64_t retry_after_ms, struct az_rng *rng)
{
    int doublings = AZ_MIN(AZ_MAX(failures, 1), DOUBLINGS + 1) - 1;
    int64_t ceiling = AZ_MIN((int64_t)BASE_MS << doublings, (int64_t)CEILING_MS);
    int64_t jitter = (int64_t)az_rng_below(rng, (uint64_t)ceiling + 1);
    if (retry_after_ms < 0)
        return jitter;
    /* All who were told the same moment must not come back at it together. */
    return AZ_MIN(retry_after_ms, (int64_t)WAIT_MAX_MS) + jitter / 4;
}
