#include "workers/serve.h"

enum {
    PROBE_MS = 500, /* between probes: loading a model takes minutes */
    PAUSE_FIRST_MS = 1000,
    PAUSE_LAST_MS = 60000,
    DOUBLINGS = 6,
    SETTLED_MS = 60000, /* ready for so long: the next end is a first one */
};

/* moves[from] has a bit for each state that may follow. */
#define BIT(state) (1u << (state))
static const unsigned moves[AZ_SERVER_STATES] = {
    [AZ_SERVER_IDLE] = BIT(AZ_SERVER_STARTING) | BIT(AZ_SERVER_OVER),
    [AZ_SERVER_STARTING] = BIT(AZ_SERVER_READY) | BIT(AZ_SERVER_PAUSING) | BIT(AZ_SERVER_STOPPING) |
                           BIT(AZ_SERVER_OVER),
    [AZ_SERVER_READY] = BIT(AZ_SERVER_PAUSING) | BIT(AZ_SERVER_STOPPING) | BIT(AZ_SERVER_OVER),
    [AZ_SERVER_PAUSING] = BIT(AZ_SERVER_STARTING) | BIT(AZ_SERVER_OVER),
    [AZ_SERVER_STOPPING] = BIT(AZ_SERVER_OVER),
};

static void move(struct az_server *s, enum az_server_state to, const char *trouble)
{
    az_assert(moves[s->state] & BIT(to));
    s->state = to;
    snprintf(s->trouble, sizeof(s->trouble), "%s", trouble);
    az_assert((s->state == AZ_SERVER_READY) == !*s->trouble);
}

struct az_server az_server(const struct az_serve *config, uint64_t seed)
{
    return (struct az_server){.restart = config->restart,
                              .stop_ms = (az_ms)config->stop_s * 1000,
                              .trouble = "starting",
                              .rng = az_rng(seed)};
}

enum az_server_do az_server_tick(struct az_server *s, az_ms now)
{
    if (now < az_server_deadline(s))
        return AZ_DO_NOTHING;
    switch (s->state) {
    case AZ_SERVER_IDLE:
    case AZ_SERVER_PAUSING:
        move(s, AZ_SERVER_STARTING, "starting");
        s->due = now;
        return AZ_DO_START;
    case AZ_SERVER_STARTING:
        s->probing = true;
        return AZ_DO_PROBE;
    case AZ_SERVER_STOPPING:
        s->killed = true;
        return AZ_DO_KILL;
    default:
        return AZ_DO_NOTHING;
    }
}

az_ms az_server_deadline(const struct az_server *s)
{
    switch (s->state) {
    case AZ_SERVER_IDLE:
        return 0;
    case AZ_SERVER_STARTING:
        return s->probing ? INT64_MAX : s->due;
    case AZ_SERVER_PAUSING:
        return s->due;
    case AZ_SERVER_STOPPING:
        return s->killed ? INT64_MAX : s->due;
    default:
        return INT64_MAX;
    }
}

void az_server_on_probe(struct az_server *s, bool answered, az_ms now)
{
    s->probing = false;
    s->due = s->state == AZ_SERVER_STARTING ? now + PROBE_MS : s->due;
    if (!answered || s->state != AZ_SERVER_STARTING)
        return;
    move(s, AZ_SERVER_READY, "");
    s->ready_since = now;
}

/* Twice as long each time, half of it by chance: what its end left behind on a
 * GPU goes away in its own time. */
static az_ms pause_of(struct az_server *s)
{
    az_ms most =
        AZ_MIN((az_ms)PAUSE_FIRST_MS << AZ_MIN(s->failures, DOUBLINGS), (az_ms)PAUSE_LAST_MS);
    return most / 2 + (az_ms)az_rng_below(&s->rng, (uint64_t)(most / 2) + 1);
}

void az_server_on_end(struct az_server *s, const char *how, az_ms now)
{
    char trouble[AZ_SERVER_STATE_MAX];
    if (s->state == AZ_SERVER_STOPPING) {
        move(s, AZ_SERVER_OVER, "stopped");
    } else if (s->restart) {
        if (s->state == AZ_SERVER_READY && now - s->ready_since >= SETTLED_MS)
            s->failures = 0;
        s->due = now + pause_of(s);
        s->failures++;
        snprintf(trouble, sizeof(trouble), "%s, starts again", how);
        move(s, AZ_SERVER_PAUSING, trouble);
    } else {
        snprintf(trouble, sizeof(trouble), "%s, stays away", how);
        move(s, AZ_SERVER_OVER, trouble);
    }
    s->probing = false;
}

enum az_server_do az_server_stop(struct az_server *s, az_ms now)
{
    switch (s->state) {
    case AZ_SERVER_STARTING:
    case AZ_SERVER_READY:
        move(s, AZ_SERVER_STOPPING, "stopping");
        s->due = now + s->stop_ms;
        return AZ_DO_TERM;
    case AZ_SERVER_IDLE:
    case AZ_SERVER_PAUSING:
        move(s, AZ_SERVER_OVER, "stopped");
        return AZ_DO_NOTHING;
    default:
        return AZ_DO_NOTHING;
    }
}
