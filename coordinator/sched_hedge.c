/* Hedged questions (Dean & Barroso 2013, "The tail at scale"): one that is slower
 * than the 95th percentile of its backend is asked once more, of another worker.
 * The first answer counts, the other only costs. */
#include "coordinator/sched_state.h"
#include "core/mem.h"

/* Answers before a percentile means anything. */
enum { LEARNT = 20, LOOK_AGAIN_MS = 1000 };
static const double slow = 0.95;

int backend_learn(struct az_sched *s, const struct az_lease *l, bool cached, az_ms now)
{
    struct backend *b = &s->backends[l->backend];
    if (cached)
        return 0;
    if (!b->ms && !(b->ms = az_zalloc(sizeof(*b->ms))))
        return AZ_ENOMEM;
    az_histogram_add(b->ms, now - l->since);
    if (b->ms->n == LEARNT) /* what was sent before may be slow by now */
        s->next_hedge = AZ_MIN(s->next_hedge, now);
    return 0;
}

/* When this lease is found slow; INT64_MAX: not at all. */
static az_ms slow_at(const struct az_sched *s, const struct az_lease *l)
{
    const struct backend *b = &s->backends[l->backend];
    if (l->lost || l->hedged || l->answered || !l->ask || !l->docket->panel->limits.hedge ||
        !b->ms || b->ms->n < LEARNT)
        return INT64_MAX;
    struct az_figure p = az_histogram_percentile(b->ms, slow);
    return l->since + (az_ms)p.value + 1;
}

void hedge_watch(struct az_sched *s, const struct az_lease *l)
{
    s->next_hedge = AZ_MIN(s->next_hedge, slow_at(s, l));
}

static int other_peer(const struct az_sched *s, const struct az_lease *l)
{
    int best = -1;
    for (size_t i = 0; i < s->n_peers; i++) {
        const struct peer *p = &s->peers[i];
        if ((int)i == l->peer || peer_is_unfit(l->docket, i) || !peer_may_be_asked(p, l->backend) ||
            !p->offers[l->backend].credit)
            continue;
        if (best < 0 || p->offers[l->backend].credit > s->peers[best].offers[l->backend].credit)
            best = (int)i;
    }
    return best;
}

static int hedge(struct az_sched *s, struct az_lease *l, az_ms now, struct az_effects *fx)
{
    int peer = l->docket->stopping || l->docket->broke ? -1 : other_peer(s, l);
    int r = peer < 0 ? 0 : ask_hedge(l->docket, l->ask, peer, now, fx);
    if (r <= 0)
        return r;
    l->hedged = true;
    s->peers[peer].offers[l->backend].credit--;
    s->backends[l->backend].credit--;
    return 0;
}

/* Where no other worker has room now, one may have later. */
int sched_hedge(struct az_sched *s, az_ms now, struct az_effects *fx)
{
    if (s->next_hedge > now)
        return 0;
    s->next_hedge = INT64_MAX;
    for (size_t p = 0; p < s->n_peers; p++) {
        for (struct az_lease *l = az_leases_of(&s->leases, (int)p); l; l = l->next) {
            az_ms at = slow_at(s, l);
            if (at > now)
                s->next_hedge = AZ_MIN(s->next_hedge, at);
            else if (hedge(s, l, now, fx) < 0)
                return AZ_ENOMEM;
            else if (!l->hedged)
                s->next_hedge = AZ_MIN(s->next_hedge, now + LOOK_AGAIN_MS);
        }
    }
    return 0;
}
