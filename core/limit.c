#include "core/limit.h"

#include <math.h>

#include "core/plant.h"

#define MINUTE_MS 60000.0

static struct az_bucket bucket(double a_minute, double least)
{
    if (a_minute <= 0)
        return (struct az_bucket){0};
    double capacity = AZ_MAX(a_minute / 10, least);
    double refill = AZ_MAX(a_minute - capacity, a_minute / 2);
    return (struct az_bucket){capacity, capacity, refill / MINUTE_MS};
}

void az_limit_init(struct az_limit *l, double rpm, double tpm, az_ms now)
{
    *l = (struct az_limit){.requests = bucket(rpm, 1), .tokens = bucket(tpm, 0), .at = now};
}

static void fill(struct az_bucket *b, double ms)
{
    b->level = AZ_MIN(b->level + b->per_ms * ms, b->capacity);
}

static void advance(struct az_limit *l, az_ms now)
{
    if (now <= l->at)
        return;
    fill(&l->requests, (double)(now - l->at));
    fill(&l->tokens, (double)(now - l->at));
    l->at = now;
}

static az_ms bucket_wait(const struct az_bucket *b, double need)
{
    if (b->per_ms <= 0)
        return 0;
    double missing = AZ_MIN(need, b->capacity) - b->level;
    /* Less than a thousandth is rounding. */
    return missing <= 1e-3 ? 0 : (az_ms)ceil(missing / b->per_ms);
}

static void retune(struct az_bucket *b, struct az_bucket to)
{
    if (b->per_ms > 0 && !AZ_PLANTED(AZ_PLANT_LIMIT_FILLED))
        to.level = AZ_MIN(b->level, to.capacity);
    *b = to;
}

void az_limit_tune(struct az_limit *l, double rpm, double tpm, az_ms now)
{
    advance(l, now);
    retune(&l->requests, bucket(rpm, 1));
    retune(&l->tokens, bucket(tpm, 0));
}

az_ms az_limit_wait(struct az_limit *l, int64_t tokens, az_ms now)
{
    advance(l, now);
    az_ms wait = AZ_MAX(bucket_wait(&l->requests, 1), bucket_wait(&l->tokens, (double)tokens));
    return AZ_MAX(wait, AZ_MAX(l->paused_until - now, (az_ms)0));
}

static void take(struct az_bucket *b, double n)
{
    if (b->per_ms > 0)
        b->level = AZ_MIN(b->level - n, b->capacity);
}

bool az_limit_reserve(struct az_limit *l, int64_t tokens, az_ms now)
{
    if (az_limit_wait(l, tokens, now) > 0)
        return false;
    take(&l->requests, 1);
    take(&l->tokens, (double)tokens);
    return true;
}

void az_limit_settle(struct az_limit *l, int64_t reserved, int64_t used, az_ms now)
{
    advance(l, now);
    int64_t more = used - reserved;
    take(&l->tokens, (double)(AZ_PLANTED(AZ_PLANT_TOKENS_TWICE) ? 2 * more : more));
}

void az_limit_pause(struct az_limit *l, az_ms until)
{
    l->paused_until = AZ_MAX(l->paused_until, until);
}
