/* What the log says of workers: that they come, fall silent, are back, and go. */
#include "coordinator/io_coordinator_state.h"
#include "core/io_clock.h"
#include "core/log.h"

/* Their lines can't be told apart in `assize workers` and here. One that was killed
 * and comes again may find its earlier session there. */
static void tell_namesake(const struct az_coordinator *c, int peer)
{
    const struct az_door_peer *w = az_door_peer(c->door, peer);
    for (int p = 0; p < AZ_PEERS_MAX; p++) {
        if (p == peer || !az_sched_live(c->sched, p) || az_sched_silent(c->sched, p))
            continue;
        const struct az_door_peer *other = az_door_peer(c->door, p);
        if (strcmp(w->name, other->name))
            continue;
        az_warn("two workers have the same name, unless the first has just ended",
                KV("worker", w->name), KV("principal", w->principal),
                KV("first", other->principal));
        return;
    }
}

void tell_came(const struct az_coordinator *c, int peer)
{
    const struct az_door_peer *w = az_door_peer(c->door, peer);
    az_info("worker came", KV("worker", w->name), KV("principal", w->principal),
            KV("software", w->software));
    tell_namesake(c, peer);
}

void tell_gone(struct az_coordinator *c, int peer)
{
    const struct az_door_peer *w = az_door_peer(c->door, peer);
    c->silent[peer] = false;
    az_info("worker is gone, asking elsewhere", KV("worker", w->name),
            KV("principal", w->principal), KV("leases", az_sched_held(c->sched, peer)));
}

void tell_heard(struct az_coordinator *c, int peer)
{
    if (!c->silent[peer])
        return;
    c->silent[peer] = false;
    az_info("worker is heard again", KV("worker", az_door_peer(c->door, peer)->name));
}

void tell_unfit(const struct az_coordinator *c, int peer, const struct az_msg *msg)
{
    const struct az_door_peer *w = az_door_peer(c->door, peer);
    char why[256];
    snprintf(why, sizeof(why), AZ_STR_FMT, AZ_STR_ARG(msg->unfit.why));
    az_warn("a worker cannot use a job's panel, asking elsewhere", KV("worker", w->name),
            KV("software", w->software), KV("why", why));
}

void tell_silent(struct az_coordinator *c)
{
    for (int p = 0; p < AZ_PEERS_MAX; p++) {
        if (c->silent[p] || !az_sched_live(c->sched, p) || !az_sched_silent(c->sched, p))
            continue;
        const struct az_door_peer *w = az_door_peer(c->door, p);
        c->silent[p] = true;
        az_warn("worker went silent, asking elsewhere", KV("worker", w->name),
                KV("principal", w->principal), KV("silent_ms", az_clock_ms() - w->heard),
                KV("leases", az_sched_held(c->sched, p)));
    }
}
