/* workers/breaker.h: a backend that fails again and again is left alone for a
 * while, then tried with one call. Pure: `now` is an argument. Not thread-safe.
 *
 * closed --failures--> open --its time is up--> half open --one success--> closed
 *                        ^----------- the probe fails, twice as long ----' */
#pragma once
#include "core/base.h"

enum az_breaker_state {
    AZ_BREAKER_CLOSED,
    AZ_BREAKER_OPEN,
    AZ_BREAKER_HALF_OPEN,
    AZ_BREAKER_STATES
};

struct az_breaker {
    enum az_breaker_state state;
    int failures;   /* in a row, while closed */
    int opened;     /* in a row: how often the probe failed, plus 1; 0 = closed */
    bool probing;   /* half open: the one call is under way */
    az_ms until;    /* open: asked again from then on */
    int max;        /* failures in a row that open it */
    az_ms first_ms; /* open for so long the first time */
    az_ms last_ms;  /* and at the most */
};

void az_breaker_init(struct az_breaker *b, int max_failures, az_ms first_ms, az_ms last_ms);

/* May a call start? In half open, the call that is told yes is the probe: one
 * of the three below must follow for it. */
bool az_breaker_ask(struct az_breaker *b, az_ms now);

/* What became of a call. Failures are those of the backend (no connection,
 * timeout, 5xx), not of a question. Calls that were under way when it opened
 * may still report: a success closes it; a failure while it is open changes
 * nothing, and in half open counts as the probe's. */
void az_breaker_success(struct az_breaker *b);
void az_breaker_failure(struct az_breaker *b, az_ms now);
void az_breaker_cancelled(struct az_breaker *b); /* never learnt: says nothing */

/* Milliseconds until az_breaker_ask() can be true; 0 = now, or when the probe
 * reports. */
az_ms az_breaker_wait(const struct az_breaker *b, az_ms now);

const char *az_breaker_state_name(enum az_breaker_state s); /* "closed" … */
