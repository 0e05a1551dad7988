#include "statistics/interval/mean.h"

#include <math.h>

#include "core/error.h"
#include "core/hash.h"
#include "core/mem.h"
#include "statistics/interval/wilson.h"
#include "statistics/special.h"

enum { FIRST_SLOTS = 16 };

static const double two_sided = 0.975; /* of a 95 % interval */

static size_t home(uint64_t cluster, size_t cap)
{
    return (size_t)az_hash64_mix(cluster, UINT64_C(0x6d65616e)) & (cap - 1);
}

/* The cluster's slot, or the empty one where it belongs. */
static struct az_mean_slot *find(struct az_mean_slot *slots, size_t cap, uint64_t cluster)
{
    size_t at = home(cluster, cap);
    while (slots[at].n > 0 && slots[at].cluster != cluster)
        at = (at + 1) & (cap - 1);
    return &slots[at];
}

/* Move everything to `cap` slots; when grouping, without keeping apart what
 * shares a slot. */
static int rehash(struct az_mean *m, size_t cap, bool group)
{
    struct az_mean_slot *slots = az_zalloc(cap * sizeof(*slots));
    if (!slots)
        return AZ_ENOMEM;

    for (size_t i = 0; i < m->cap; i++) {
        const struct az_mean_slot *from = &m->slots[i];
        if (from->n == 0)
            continue;
        struct az_mean_slot *to =
            group ? &slots[home(from->cluster, cap)] : find(slots, cap, from->cluster);
        to->cluster = from->cluster;
        to->sum += from->sum;
        to->n += from->n;
    }
    free(m->slots);
    m->slots = slots;
    m->cap = cap;
    return 0;
}

/* Room for one more cluster. */
static int make_room(struct az_mean *m)
{
    if (m->used == AZ_MEAN_CLUSTERS) {
        if (rehash(m, AZ_MEAN_CLUSTERS, true) < 0)
            return AZ_ENOMEM;
        m->grouped = m->repeated = true;
        return 0;
    }
    if (2 * (m->used + 1) <= m->cap)
        return 0;
    return rehash(m, m->cap ? 2 * m->cap : FIRST_SLOTS, false);
}

static int slot_for(struct az_mean *m, uint64_t cluster, struct az_mean_slot **ret)
{
    if (!m->grouped) {
        struct az_mean_slot *slot = m->cap ? find(m->slots, m->cap, cluster) : NULL;
        if (slot && slot->n > 0) {
            m->repeated = true;
            *ret = slot;
            return 0;
        }
        if (make_room(m) < 0)
            return AZ_ENOMEM;
    }
    if (m->grouped) {
        *ret = &m->slots[home(cluster, m->cap)];
        return 0;
    }
    *ret = find(m->slots, m->cap, cluster);
    m->used++;
    return 0;
}

int az_mean_add(struct az_mean *m, uint64_t cluster, double x)
{
    struct az_mean_slot *slot;

    if (slot_for(m, cluster, &slot) < 0)
        return AZ_ENOMEM;
    slot->cluster = cluster;
    slot->sum += x;
    slot->n++;
    m->n++;
    m->sum += x;
    if (x != 0 && x != 1)
        m->between = true;
    return 0;
}

void az_mean_release(struct az_mean *m)
{
    free(m->slots);
    *m = (struct az_mean){0};
}

/* The variance of the mean; *groups is how many clusters it rests on. */
static double variance(const struct az_mean *m, size_t *groups)
{
    double mean = m->sum / (double)m->n, ss = 0;
    size_t c = 0;

    for (size_t i = 0; i < m->cap; i++) {
        if (m->slots[i].n == 0)
            continue;
        double off = m->slots[i].sum - (double)m->slots[i].n * mean;
        ss += off * off;
        c++;
    }
    *groups = c;
    if (c < 2)
        return NAN;
    return (double)c / (double)(c - 1) * ss / ((double)m->n * (double)m->n);
}

struct az_figure az_mean_figure(const struct az_mean *m, const char *reason)
{
    struct az_figure f = az_figure_ratio(m->sum, m->n, reason);
    if (!f.defined)
        return f;

    size_t groups;
    double v = variance(m, &groups);
    if (groups < 2)
        return f;
    double half = az_t_quantile(two_sided, (double)(groups - 1)) * sqrt(v);
    return az_figure_between(f, f.value - half, f.value + half, m->repeated ? "t by cluster" : "t");
}

/* How many independent items the rate is worth. Where all values are the same
 * the variance says nothing: then no more than there are clusters. */
static double effective_n(const struct az_mean *m, double rate)
{
    double n = (double)m->n;
    if (!m->repeated)
        return n;

    size_t groups;
    double v = variance(m, &groups);
    if (groups < 2 || !(v > 0))
        return (double)groups;
    return AZ_MIN(n, rate * (1.0 - rate) / v);
}

struct az_figure az_mean_rate(const struct az_mean *m, const char *reason)
{
    struct az_figure f = az_mean_figure(m, reason);
    if (!f.defined)
        return f;
    if (m->between && f.has_interval && f.high > f.low) {
        f.low = AZ_MAX(f.low, 0.0);
        f.high = AZ_MIN(f.high, 1.0);
        return f;
    }

    double low, high;
    if (!az_wilson(f.value, effective_n(m, f.value), az_normal_quantile(two_sided), &low, &high))
        return f;
    return az_figure_between(f, low, high, m->repeated ? "wilson by cluster" : "wilson");
}
