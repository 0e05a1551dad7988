/* statistics/interval/paired.h: two ways to decide the same items, compared item
 * by item: the mean difference with its 95 % interval, and McNemar's test of
 * two rates. Pure, streaming.
 *
 * The difference is a mean over items of x - y, so its interval is that of
 * interval/mean.h (Student's t with the cluster-robust variance of Liang and
 * Zeger 1986): what both have in common, the hardness of an item, drops out.
 *
 * McNemar (1947, Psychometrika 12) looks at the discordant pairs alone, those that
 * one of the two has and the other has not. Up to AZ_MCNEMAR_EXACT of them
 * the two-sided exact conditional (binomial) p is given; beyond, the mid-p,
 * which keeps its level where the exact one is too cautious and the chi-squared
 * with continuity correction is more so (Fagerland, Lydersen and Laake 2013, BMC Medical
 * Research Methodology 13:91). Items are taken as independent. */
#pragma once
#include "core/base.h"
#include "statistics/figure.h"
#include "statistics/interval/mean.h"

enum { AZ_MCNEMAR_EXACT = 25 };

/* A zeroed struct is an empty one. */
struct az_paired {
    struct az_mean x, y, difference;
    bool between; /* a value was neither 0 nor 1: no test */
    int64_t both, only_x, only_y, neither;
};

/* 0, or AZ_ENOMEM: then it is only to be released. Finite numbers; of a rate 0 and 1, or
 * shares between. */
int az_paired_add(struct az_paired *p, uint64_t cluster, double x, double y);
void az_paired_release(struct az_paired *p); /* empty again */

/* Mean of x - y over the items. Where all differences are equal there is no
 * interval: they vary by nothing that could be measured. Undefined for `reason` when empty. */
struct az_figure az_paired_difference(const struct az_paired *p, const char *reason);

/* The test of only_x against only_y: the figure's value is p, its n the discordant
 * pairs, its method "mcnemar exact" or "mcnemar mid-p". Undefined: no discordant pair, or values
 * that are neither 0 nor 1. */
struct az_figure az_paired_mcnemar(const struct az_paired *p);

/* The same from counts. */
struct az_figure az_mcnemar(int64_t only_x, int64_t only_y);
double az_mcnemar_exact(int64_t only_x, int64_t only_y);
double az_mcnemar_mid_p(int64_t only_x, int64_t only_y);
