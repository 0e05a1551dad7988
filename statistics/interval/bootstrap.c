#include "statistics/interval/bootstrap.h"

#include <math.h>
#include <string.h>

#include "core/mem.h"
#include "core/rng.h"
#include "statistics/special.h"

enum { GROUPS = 500 }; /* of the jackknife, at most */

/* Items by cluster, clusters by stratum. */
struct layout {
    uint32_t *items;                    /* in order of stratum, cluster */
    size_t *start;                      /* clusters + 1: where its items begin */
    size_t *stratum;                    /* strata + 1: where its clusters begin */
    size_t clusters, strata, items_max; /* items_max: the most a draw can have */
};

struct place {
    int32_t stratum;
    size_t first; /* the first item of its cluster */
    uint64_t cluster;
    uint32_t item;
};

static int by_cluster(const void *a, const void *b)
{
    const struct place *p = a, *q = b;
    if (p->cluster != q->cluster)
        return p->cluster < q->cluster ? -1 : 1;
    return (p->item > q->item) - (p->item < q->item);
}

/* Clusters of a stratum in the order in which they came. */
static int by_stratum(const void *a, const void *b)
{
    const struct place *p = a, *q = b;
    if (p->stratum != q->stratum)
        return p->stratum < q->stratum ? -1 : 1;
    if (p->first != q->first)
        return p->first < q->first ? -1 : 1;
    return (p->item > q->item) - (p->item < q->item);
}

static void places(const struct az_bootstrap_of *of, struct place *p)
{
    for (size_t i = 0; i < of->n; i++)
        p[i] = (struct place){.cluster = of->cluster ? of->cluster[i] : i, .item = (uint32_t)i};
    qsort(p, of->n, sizeof(*p), by_cluster);
    for (size_t i = 0, first = 0; i < of->n; i++) {
        if (p[i].cluster != p[first].cluster)
            first = i;
        p[i].first = p[first].item;
        p[i].stratum = of->stratum ? of->stratum[p[first].item] : 0;
    }
    qsort(p, of->n, sizeof(*p), by_stratum);
}

static void lay(const struct place *p, size_t n, struct layout *l)
{
    size_t longest = 0, largest = 0;
    for (size_t i = 0; i < n; i++) {
        l->items[i] = p[i].item;
        if (i == 0 || p[i].stratum != p[i - 1].stratum)
            l->stratum[l->strata++] = l->clusters;
        if (i == 0 || p[i].cluster != p[i - 1].cluster)
            l->start[l->clusters++] = i;
    }
    l->start[l->clusters] = n;
    l->stratum[l->strata] = l->clusters;
    for (size_t s = 0; s < l->strata; s++) { /* each stratum may draw its longest every time */
        longest = 0;
        for (size_t c = l->stratum[s]; c < l->stratum[s + 1]; c++)
            longest = AZ_MAX(longest, l->start[c + 1] - l->start[c]);
        largest += longest * (l->stratum[s + 1] - l->stratum[s]);
    }
    l->items_max = largest;
}

static int lay_out(const struct az_bootstrap_of *of, struct layout *l)
{
    AZ_AUTO_MEM struct place *p = az_alloc(of->n * sizeof(*p));
    *l = (struct layout){az_alloc(of->n * sizeof(*l->items)),
                         az_alloc((of->n + 1) * sizeof(*l->start)),
                         az_alloc((of->n + 1) * sizeof(*l->stratum)),
                         0,
                         0,
                         0};
    if (!p || !l->items || !l->start || !l->stratum)
        return AZ_ENOMEM;
    az_assert(of->n <= UINT32_MAX);
    places(of, p);
    lay(p, of->n, l);
    return 0;
}

static void layout_release(struct layout *l)
{
    free(l->items);
    free(l->start);
    free(l->stratum);
}

static size_t take(const struct layout *l, size_t cluster, uint32_t *to, size_t n)
{
    size_t k = l->start[cluster + 1] - l->start[cluster];
    memcpy(to + n, l->items + l->start[cluster], k * sizeof(*to));
    return n + k;
}

static size_t draw(const struct layout *l, struct az_rng *rng, uint32_t *to)
{
    size_t n = 0;
    for (size_t s = 0; s < l->strata; s++) {
        size_t from = l->stratum[s], k = l->stratum[s + 1] - from;
        for (size_t i = 0; i < k; i++)
            n = take(l, from + (size_t)(az_rng_unit(rng) * (double)k), to, n);
    }
    return n;
}

static int ascending(const void *a, const void *b)
{
    double p = *(const double *)a, q = *(const double *)b;
    return (p > q) - (p < q);
}

static double quantile(const double *sorted, size_t n, double q)
{
    double h = (double)(n - 1) * q;
    size_t i = AZ_MIN((size_t)h, n - 1);
    return i + 1 < n ? sorted[i] + (h - (double)i) * (sorted[i + 1] - sorted[i]) : sorted[i];
}

/* Skew by the jackknife over clusters, many of them in groups: sums of independent
 * clusters have the same sums of squares and cubes. NaN where the figure does not
 * move. */
static double acceleration(const struct az_bootstrap_of *of, const struct layout *l, uint32_t *room,
                           double *left_out)
{
    double mean = 0, square = 0, cube = 0;
    size_t groups = AZ_MIN(l->clusters, (size_t)GROUPS);
    for (size_t g = 0; g < groups; g++) {
        size_t n = 0;
        for (size_t c = 0; c < l->clusters; c++)
            n = c * groups / l->clusters == g ? n : take(l, c, room, n);
        left_out[g] = of->figure(room, n, of->arg);
        mean += left_out[g] / (double)groups;
    }
    for (size_t g = 0; g < groups; g++) {
        double off = mean - left_out[g];
        square += off * off;
        cube += off * off * off;
    }
    double rounding = 1e-12 * fabs(mean);
    return square > (double)groups * rounding * rounding ? cube / (6 * pow(square, 1.5)) : NAN;
}

static double adjusted(const struct az_bootstrap *b, double z)
{
    double shifted = b->z0 + z;
    return az_normal_cdf(b->z0 + shifted / (1 - b->acceleration * shifted));
}

/* z0 and the levels; NaN where the draws are all on one side. */
static void bias_correct(struct az_bootstrap *b, const double *sorted, size_t n, double level)
{
    size_t below = 0, same = 0;
    for (size_t i = 0; i < n; i++) {
        below += sorted[i] < b->value;
        same += sorted[i] == b->value;
    }
    double z = az_normal_quantile(0.5 + 0.5 * level);
    b->z0 = az_normal_quantile(((double)below + 0.5 * (double)same) / (double)n);
    b->level_low = adjusted(b, -z);
    b->level_high = adjusted(b, z);
    b->bca_low = isnan(b->level_low) ? NAN : quantile(sorted, n, b->level_low);
    b->bca_high = isnan(b->level_high) ? NAN : quantile(sorted, n, b->level_high);
}

static void intervals(struct az_bootstrap *b, double *values, size_t n, double level)
{
    double mean = 0, ss = 0, side = 0.5 - 0.5 * level;
    qsort(values, n, sizeof(*values), ascending);
    for (size_t i = 0; i < n; i++)
        mean += values[i] / (double)n;
    for (size_t i = 0; i < n; i++)
        ss += (values[i] - mean) * (values[i] - mean);
    b->se = n > 1 ? sqrt(ss / (double)(n - 1)) : 0;
    b->low = quantile(values, n, side);
    b->high = quantile(values, n, 1 - side);
    b->basic_low = 2 * b->value - b->high;
    b->basic_high = 2 * b->value - b->low;
    bias_correct(b, values, n, level);
}

/* `room` holds a draw, `values` the figures of draws and of the jackknife. */
static int run(const struct az_bootstrap_of *of, const struct layout *l, uint32_t *room,
               double *values, struct az_bootstrap *b)
{
    size_t n = 0, got = 0;
    for (size_t c = 0; c < l->clusters; c++)
        n = take(l, c, room, n);
    b->value = of->figure(room, n, of->arg);
    b->clusters = (int64_t)l->clusters;
    if (l->clusters < 2 || !isfinite(b->value))
        return AZ_ENOENT;
    b->acceleration = acceleration(of, l, room, values);

    struct az_rng rng = az_rng(of->seed);
    for (size_t i = 0; i < of->draws; i++) {
        double v = of->figure(room, draw(l, &rng, room), of->arg);
        if (isfinite(v))
            values[got++] = v;
    }
    b->undefined = (int64_t)(of->draws - got);
    if (got == 0 || 20 * (of->draws - got) > of->draws)
        return AZ_ENOENT;
    intervals(b, values, got, of->level);
    return 0;
}

int az_bootstrap(const struct az_bootstrap_of *of, struct az_bootstrap *ret)
{
    struct layout l;
    struct az_bootstrap b = {0};
    int r = lay_out(of, &l);
    if (r == 0) {
        AZ_AUTO_MEM uint32_t *room = az_alloc(AZ_MAX(l.items_max, of->n) * sizeof(*room));
        AZ_AUTO_MEM double *values = az_alloc(AZ_MAX((size_t)GROUPS, of->draws) * sizeof(*values));
        r = room && values ? run(of, &l, room, values, &b) : AZ_ENOMEM;
    }
    layout_release(&l);
    if (r == 0)
        *ret = b;
    return r;
}

struct az_figure az_bootstrap_figure(const struct az_bootstrap *b)
{
    struct az_figure f = az_figure_of(b->value, b->clusters);
    if (isfinite(b->bca_low) && isfinite(b->bca_high))
        return az_figure_between(f, b->bca_low, b->bca_high, "bootstrap, bca");
    return az_figure_between(f, b->low, b->high, "bootstrap, percentile");
}
