/* statistics/interval/ppi.h: a mean from few labels and many predictions. Pure.
 *
 * Prediction-powered inference (Angelopoulos, Bates, Fannjiang, Jordan, Zrnic,
 * Science 382 (2023) 669-674): lambda times the mean prediction of the rest, plus
 * the mean over labelled items of y - lambda * prediction. PPI++ (Angelopoulos,
 * Duchi, Zrnic 2023) takes the lambda in [0, 1] of least variance, so that
 * predictions that tell nothing cost nothing. Predictions are frozen: not fitted to
 * these labels (or cross-fitted). Labelled items are a random sample, or carry the
 * weights of one. */
#pragma once
#include "core/base.h"
#include "core/error.h"
#include "statistics/figure.h"

struct az_ppi_data {
    size_t n; /* labelled items: */
    const double *y, *predicted;
    const double *w;         /* > 0; NULL: 1 */
    const uint64_t *cluster; /* NULL: each item its own; then so for the rest */
    size_t n_rest;           /* items without a label; 0 allowed */
    const double *predicted_rest;
    const uint64_t *cluster_rest;
};

/* As published, for independent items of weight 1: population variances, `lambda`
 * NaN for the tuned one, cov(y, predicted) / ((1 + n/N) var(predicted, all)). False
 * for n = 0 or no rest. */
struct az_ppi {
    double estimate, se, lambda;
};
bool az_ppi_published(const struct az_ppi_data *d, double lambda, struct az_ppi *ret);

/* The same with weights and clusters: an item's influence on the estimate, summed
 * by cluster over labelled and other items together, so that a cluster in both
 * is no mistake; lambda minimises the sum of squares. `lambda` NaN: tuned. The variance
 * is the sum of squares, each divided by (1 - leverage)^2: about the jackknife's
 * (MacKinnon and White, Journal of Econometrics 29 (1985) 305-325). */
struct az_ppi_fit {
    double estimate, variance, lambda;
    double p_labels;  /* the weighted mean of the labels alone */
    int64_t n;        /* labelled items */
    int64_t clusters; /* labelled clusters */
    double kish;      /* what the weights leave of n: (sum w)^2 / sum w^2 (Kish 1965) */
    double spread;    /* the weighted variance of the labels; of 0 and 1 p (1 - p) */
    double df;
    double skew; /* of the estimate: sum of cubed influences / variance^1.5 */
};
/* 0, AZ_ENOMEM, or AZ_ENOENT: fewer than three labelled clusters. */
int az_ppi_fit(const struct az_ppi_data *d, double lambda, struct az_ppi_fit *ret);

/* Its 95 % interval. A mean: t with C - 1 degrees of freedom, bent by the skew (Hall,
 * JRSS-B 54 (1992) 221-228), for a symmetric one misses on the long side. A rate: Wilson's with
 * the sample size that has this variance (of labels alone no more than Kish's,
 * as many of 0 and 1 as have the spread of what lies between: few
 * of the rarer answer say little about a variance), and t for z: a symmetric interval
 * misses too often where the rate is near 0 or 1. Made at 95.5 %: what is normal only
 * in the limit falls short by up to half a point where one answer is rare
 * (bench/intervals.c counts it). */
struct az_figure az_ppi_figure(const struct az_ppi_fit *f, bool rate, const char *method);
