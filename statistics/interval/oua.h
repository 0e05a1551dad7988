/* statistics/interval/oua.h: the mean of what judges' scores stand for, with the
 * uncertainty of the map from scores to truth in the interval. Pure.
 *
 * "Causal Judge Evaluation" (Landesberg 2025): labelled items give a map from score
 * to truth that keeps the mean; the estimate is the mean of the mapped scores of all
 * items. Its variance is that of the mapped scores over the items, by cluster, plus
 * what the map would have been with other labels (oracle-uncertainty-aware): the
 * jackknife over folds, (K - 1)/K sum of (estimate without fold k - mean)^2, the map
 * fitted anew each time. An interval without the second part covers far too rarely
 * when labels are few. Where clusters hold several items, what the map misses in one
 * goes with the scores of the others: twice that covariance by cluster is added, if it
 * is above 0 (the paper has independent items).
 *
 * The map is the plain logistic curve; from AZ_OUA_ISOTONIC labels on the isotonic
 * one. Labelled items are a random sample, or carry the weights of one. */
#pragma once
#include "core/base.h"
#include "core/error.h"
#include "statistics/figure.h"

enum { AZ_OUA_ISOTONIC = 500, AZ_OUA_FOLDS = 20, AZ_OUA_LEAST = 20 };

struct az_oua_data {
    size_t n;
    const double *score; /* n, any scale, higher for more */
    const double *truth; /* in [0, 1] where labelled */
    const bool *labelled;
    const double *w;         /* of labelled items, > 0; NULL: 1 */
    const uint64_t *cluster; /* NULL: each item its own */
};

struct az_oua {
    double estimate;
    double items, oracle; /* the two parts of the variance, */
    double both;          /* and their covariance, twice */
    double df;            /* of t, by Satterthwaite */
    int64_t n;            /* labelled */
    const char *map;      /* static: "platt" or "isotonic" */
};

/* 0, AZ_ENOMEM, or AZ_ENOENT: fewer than AZ_OUA_LEAST labelled clusters, or the labels
 * have no map (all the same). */
int az_oua_fit(const struct az_oua_data *d, uint64_t seed, struct az_oua *ret);

/* 95 %: Wilson's interval with the sample size that has this variance, t for z. */
struct az_figure az_oua_figure(const struct az_oua *o);
