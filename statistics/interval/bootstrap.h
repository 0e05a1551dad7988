/* statistics/interval/bootstrap.h: an interval for a figure that has no formula:
 * clusters are drawn again with all their items, and the figure computed anew.
 * Pure; the same seed gives the same interval.
 *
 * Efron and Tibshirani, "An Introduction to the Bootstrap" (1993): percentile,
 * basic, and BCa (Efron, JASA 82 (1987) 171-185). Draws: one stream of SplitMix64,
 * index floor(u * n). Quantiles with linear interpolation at (B - 1) q. With few
 * clusters (under some 20) all of them are too narrow. */
#pragma once
#include "core/base.h"
#include "core/error.h"
#include "statistics/figure.h"

/* The figure of n items by their numbers, with repeats. NaN where it is undefined. */
typedef double az_statistic(const uint32_t *items, size_t n, void *arg);

struct az_bootstrap_of {
    size_t n;
    const uint64_t *cluster; /* NULL: each item its own */
    const int32_t *stratum;  /* NULL: one. Drawn within; a cluster is of its first item's */
    az_statistic *figure;
    void *arg;
    size_t draws; /* 1000 to 2000 for an interval */
    uint64_t seed;
    double level;
};

struct az_bootstrap {
    double value, se; /* of the items as they are; deviation of the draws */
    double low, high; /* percentile */
    double basic_low, basic_high;
    double z0, acceleration; /* BCa's bias and skew; NaN: it has none */
    double level_low, level_high;
    double bca_low, bca_high;
    int64_t clusters;
    int64_t undefined; /* draws on which the figure was */
};

/* 0, AZ_ENOMEM, or AZ_ENOENT: fewer than two clusters, or the figure is undefined on
 * the items or on more than a twentieth of the draws. */
int az_bootstrap(const struct az_bootstrap_of *of, struct az_bootstrap *ret);

/* Its value with BCa's interval, or the percentile one where BCa has none. n is
 * the number of clusters. */
struct az_figure az_bootstrap_figure(const struct az_bootstrap *b);
