#include "workers/breaker.h"

/* moves[from] has a bit for each state that may follow. */
#define BIT(state) (1u << (state))
static const unsigned moves[AZ_BREAKER_STATES] = {
    [AZ_BREAKER_CLOSED] = BIT(AZ_BREAKER_OPEN),
    [AZ_BREAKER_OPEN] = BIT(AZ_BREAKER_HALF_OPEN) | BIT(AZ_BREAKER_CLOSED),
    [AZ_BREAKER_HALF_OPEN] = BIT(AZ_BREAKER_OPEN) | BIT(AZ_BREAKER_CLOSED),
};

static bool holds(const struct az_breaker *b)
{
    switch (b->state) {
    case AZ_BREAKER_CLOSED:
        return b->failures < b->max && !b->opened && !b->probing;
    case AZ_BREAKER_OPEN:
        return b->opened > 0 && !b->probing;
    case AZ_BREAKER_HALF_OPEN:
        return b->opened > 0;
    default:
        return false;
    }
}

static void move(struct az_breaker *b, enum az_breaker_state to)
{
    az_assert(moves[b->state] & BIT(to));
    b->state = to;
    b->failures = 0;
    b->probing = false;
    if (to == AZ_BREAKER_CLOSED)
        b->opened = 0;
}

void az_breaker_init(struct az_breaker *b, int max_failures, az_ms first_ms, az_ms last_ms)
{
    az_assert(max_failures > 0 && first_ms > 0 && last_ms >= first_ms);
    *b = (struct az_breaker){.max = max_failures, .first_ms = first_ms, .last_ms = last_ms};
}

static void open_until(struct az_breaker *b, az_ms now)
{
    az_ms for_ms = b->first_ms;
    for (int i = 0; i < b->opened && for_ms < b->last_ms; i++)
        for_ms *= 2;
    b->until = now + AZ_MIN(for_ms, b->last_ms);
    b->opened++;
    move(b, AZ_BREAKER_OPEN);
}

bool az_breaker_ask(struct az_breaker *b, az_ms now)
{
    if (b->state == AZ_BREAKER_OPEN && now >= b->until)
        move(b, AZ_BREAKER_HALF_OPEN);
    bool yes = b->state == AZ_BREAKER_CLOSED || (b->state == AZ_BREAKER_HALF_OPEN && !b->probing);
    if (b->state == AZ_BREAKER_HALF_OPEN)
        b->probing = true;
    az_assert(holds(b));
    return yes;
}

void az_breaker_success(struct az_breaker *b)
{
    if (b->state != AZ_BREAKER_CLOSED)
        move(b, AZ_BREAKER_CLOSED);
    b->failures = 0;
    az_assert(holds(b));
}

void az_breaker_failure(struct az_breaker *b, az_ms now)
{
    if (b->state == AZ_BREAKER_HALF_OPEN)
        open_until(b, now);
    else if (b->state == AZ_BREAKER_CLOSED && ++b->failures >= b->max)
        open_until(b, now);
    az_assert(holds(b));
}

void az_breaker_cancelled(struct az_breaker *b)
{
    b->probing = false;
    az_assert(holds(b));
}

az_ms az_breaker_wait(const struct az_breaker *b, az_ms now)
{
    return b->state == AZ_BREAKER_OPEN ? AZ_MAX(b->until - now, (az_ms)0) : 0;
}

const char *az_breaker_state_name(enum az_breaker_state s)
{
    static const char *const names[] = {"closed", "open", "half open"};
    az_assert(s >= 0 && s < AZ_BREAKER_STATES);
    return names[s];
}
