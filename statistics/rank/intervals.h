/* statistics/rank/intervals.h: cluster-bootstrap intervals for a whole table: all
 * systems are computed anew on each draw, so that their figures belong together. Pure;
 * the same seed gives the same intervals.
 *
 * A draw takes as many clusters as there are, with replacement, each with all its rows
 * (Efron and Tibshirani 1993, chapters 6 and 13); one stream of SplitMix64, index
 * floor(u * n), clusters in order of their first rows. 95 % percentile intervals,
 * quantiles by linear interpolation at (draws - 1) * q. A draw on which a figure is
 * undefined is left out of that figure; more than a twentieth of them, or fewer than
 * two clusters: no interval. With under some 20 clusters they are too narrow.
 *
 * Beside them, ranks: the interval of the place of each system among those defined. */
#pragma once
#include "core/error.h"
#include "statistics/figure.h"

/* Figures of all systems, row i counting weights[i] times (0 is never): `n_systems`
 * numbers into `ret`, NaN where undefined. 0 or AZ_ENOMEM. */
typedef int az_table_fn(void *arg, const double *weights, double *ret);

struct az_table_of {
    size_t n_rows, n_systems;
    const uint64_t *clusters; /* n_rows; NULL: each row its own */
    az_table_fn *table;
    void *arg;
    size_t draws; /* 1000 is enough */
    uint64_t seed;
};

struct az_rank_range {
    size_t low, high; /* 1 is the first; 0: none */
};

/* Gives each defined figure its interval, "cluster bootstrap" (or "bootstrap" where
 * each row is its own); `ranks` may be NULL. 0 or AZ_ENOMEM. */
int az_table_intervals(const struct az_table_of *of, struct az_figure *figures,
                       struct az_rank_range *ranks);
