/* statistics/histogram.h: percentiles of whole numbers (milliseconds) in fixed
 * memory. Pure; a zeroed struct is an empty one.
 *
 * Values below 64 are counted one by one, larger ones in 32 steps an octave: a
 * percentile is off by at most 1/64 of itself and never leaves what was seen. */
#pragma once
#include "core/base.h"
#include "statistics/figure.h"

enum { AZ_HISTOGRAM_STEPS = 32, AZ_HISTOGRAM_OCTAVES = 32 };

struct az_histogram {
    int64_t n, low, high; /* low and high: the extremes seen */
    uint32_t counts[AZ_HISTOGRAM_STEPS * AZ_HISTOGRAM_OCTAVES];
};

/* A negative value counts as 0. */
void az_histogram_add(struct az_histogram *h, int64_t value);

/* The smallest value that at least `share` (0 to 1) of all do not exceed. */
struct az_figure az_histogram_percentile(const struct az_histogram *h, double share);
