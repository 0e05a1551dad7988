/* Limits a minute, of a worker's backend and of an account that workers share: no 60
 * seconds see more than the limit in force, the highest of those there were in them.
 * Counted as core/limit.h does: calls when they begin, tokens as what was taken less
 * what was given back, and one request that is larger than a full bucket on top. */
#include "tests/sim/world.h"

enum { MINUTE_MS = 60000 };

void rate_set(struct rate *r, double rpm, double tpm, az_ms now)
{
    if (r->rpm == rpm && r->tpm == tpm)
        return;
    if (r->n) /* something went through under the old one */
        r->was[r->n_was++ % AZ_LEN(r->was)] = (struct rate_was){r->rpm, r->tpm, now};
    r->rpm = rpm;
    r->tpm = tpm;
}

/* Of two limits, 0 = none. */
static double higher(double a, double b)
{
    return a <= 0 || b <= 0 ? 0 : AZ_MAX(a, b);
}

static void add(struct rate *r, bool call, double tokens, az_ms now)
{
    r->v[r->n++ % AZ_LEN(r->v)] = (struct rate_entry){now, tokens, call};
}

void rate_settled(struct rate *r, double more, az_ms now)
{
    if (r->rpm > 0 || r->tpm > 0)
        add(r, false, more, now);
}

void rate_call(struct world *w, struct rate *r, double tokens, const char *what)
{
    if (r->rpm <= 0 && r->tpm <= 0)
        return;
    double rpm = r->rpm, tpm = r->tpm, sum = 0, most = 0;
    int calls = 0;
    add(r, true, tokens, w->now);
    for (size_t i = 0; i < AZ_LEN(r->was) && i < r->n_was; i++) {
        if (r->was[i].until <= w->now - MINUTE_MS)
            continue;
        rpm = higher(rpm, r->was[i].rpm);
        tpm = higher(tpm, r->was[i].tpm);
    }
    for (size_t n = 0; n < AZ_LEN(r->v) && n < r->n; n++) {
        const struct rate_entry *e = &r->v[(r->n - 1 - n) % AZ_LEN(r->v)];
        if (e->at <= w->now - MINUTE_MS)
            break;
        calls += e->call;
        sum += e->tokens;
        most = AZ_MAX(most, sum);
    }
    double above = AZ_MAX(tokens - r->tpm / 10, 0.0);
    if (rpm > 0 && calls > rpm + 0.1)
        world_fail(w, "%s: %d calls in a minute, its limit is %g", what, calls, rpm);
    if (tpm > 0 && most > tpm + above + 1)
        world_fail(w, "%s: %g tokens in a minute, its limit is %g", what, most, tpm);
}

/* ---- the shared account ---- */

/* The lowest that any of its workers states; the last, where none does. */
void account_stated(struct world *w)
{
    double rpm = 0, tpm = 0;
    for (int p = 0; p < w->n_seats; p++) {
        const struct seat *s = &w->seats[p];
        if (s->state != SEAT_LIVE)
            continue;
        rpm = s->rpm > 0 && (rpm <= 0 || s->rpm < rpm) ? s->rpm : rpm;
        tpm = s->tpm > 0 && (tpm <= 0 || s->tpm < tpm) ? s->tpm : tpm;
    }
    rate_set(&w->account, rpm > 0 ? rpm : w->account.rpm, tpm > 0 ? tpm : w->account.tpm, w->now);
}

void account_announced(struct world *w, int peer, const struct az_credits *credits)
{
    for (size_t i = 0; i < credits->n; i++) {
        if (!credits->v[i].limit_group.n)
            continue;
        w->seats[peer].rpm = credits->v[i].rpm;
        w->seats[peer].tpm = credits->v[i].tpm;
    }
    account_stated(w);
}
