#include "statistics/histogram.h"

#include <math.h>

enum { BUCKETS = AZ_HISTOGRAM_STEPS * AZ_HISTOGRAM_OCTAVES };

/* 0 … 63 stand for themselves; above, the five bits behind the leading one. */
static size_t bucket_of(int64_t value)
{
    if (value < 2 * AZ_HISTOGRAM_STEPS)
        return (size_t)value;
    int shift = 58 - __builtin_clzll((unsigned long long)value);
    size_t at = (size_t)shift * AZ_HISTOGRAM_STEPS + (size_t)(value >> shift);
    return AZ_MIN(at, (size_t)BUCKETS - 1);
}

static int64_t bucket_middle(size_t at)
{
    if (at < 2 * AZ_HISTOGRAM_STEPS)
        return (int64_t)at;
    int shift = (int)(at / AZ_HISTOGRAM_STEPS) - 1;
    int64_t low = (int64_t)(at % AZ_HISTOGRAM_STEPS + AZ_HISTOGRAM_STEPS) << shift;
    return low + (((int64_t)1 << shift) - 1) / 2;
}

void az_histogram_add(struct az_histogram *h, int64_t value)
{
    value = AZ_MAX(value, (int64_t)0);
    h->low = h->n ? AZ_MIN(h->low, value) : value;
    h->high = h->n ? AZ_MAX(h->high, value) : value;
    h->n++;
    h->counts[bucket_of(value)]++;
}

struct az_figure az_histogram_percentile(const struct az_histogram *h, double share)
{
    if (h->n == 0)
        return az_figure_none("nothing was timed", 0);

    int64_t wanted = AZ_MAX((int64_t)1, (int64_t)ceil(share * (double)h->n));
    int64_t seen = 0;
    size_t at = 0;
    for (; at < BUCKETS - 1; at++) {
        seen += h->counts[at];
        if (seen >= wanted)
            break;
    }
    int64_t value = bucket_middle(at);
    return az_figure_of((double)AZ_MAX(h->low, AZ_MIN(h->high, value)), h->n);
}
