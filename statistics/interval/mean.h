/* statistics/interval/mean.h: a mean or a rate over items that belong together
 * in clusters, with its 95 % interval. Pure, streaming.
 *
 * The variance is the cluster-robust one (Liang and Zeger 1986):
 * C/(C-1) * sum over clusters of (sum_c - n_c * mean)^2 / n^2; with one item a
 * cluster that is the usual s^2/n.
 *
 * Memory has a bound: up to AZ_MEAN_CLUSTERS clusters are kept apart; beyond,
 * clusters are thrown together by their hash into as many groups. Groups of
 * independent clusters are independent, so the variance stays unbiased, with
 * AZ_MEAN_CLUSTERS - 1 degrees of freedom. */
#pragma once
#include "core/base.h"
#include "statistics/figure.h"

enum { AZ_MEAN_CLUSTERS = 4096 };

struct az_mean_slot {
    uint64_t cluster;
    double sum;
    int64_t n; /* 0 = an empty slot */
};

/* A zeroed struct is an empty one. */
struct az_mean {
    int64_t n;
    double sum;
    bool between;  /* a value was neither 0 nor 1 */
    bool repeated; /* a cluster came twice (always true when grouped) */
    bool grouped;  /* more than AZ_MEAN_CLUSTERS clusters */
    size_t used, cap;
    struct az_mean_slot *slots;
};

/* 0, or AZ_ENOMEM and nothing changed. `x` is finite. */
int az_mean_add(struct az_mean *m, uint64_t cluster, double x);
void az_mean_release(struct az_mean *m); /* empty again */

/* Mean with Student's t ("t", or "t by cluster"). No interval with one cluster
 * only. Undefined for `reason` when empty. */
struct az_figure az_mean_figure(const struct az_mean *m, const char *reason);

/* The same for values in [0, 1]. Zeros and ones only: Wilson's interval with
 * the effective sample size share*(1-share)/variance, never above n ("wilson",
 * or "wilson by cluster"; Korn and Graubard 1998). With values between, such as
 * a tie's half: t, cut at 0 and 1. */
struct az_figure az_mean_rate(const struct az_mean *m, const char *reason);
