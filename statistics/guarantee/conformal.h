/* statistics/guarantee/conformal.h: sets of labels that hold the true one in at
 * least 1 - alpha of the items. Pure.
 *
 * Split conformal prediction (Vovk, Gammerman, Shafer 2005; Lei et al., JASA 113
 * (2018) 1094-1111) with score 1 - p(true) (Sadinle, Lei, Wasserman, JASA 114
 * (2019) 223-234): the set is every label of probability at least 1 - q. The promise
 * is marginal: over labelled items and future item together, not for each label
 * or each kind of item. Needs exchangeable items and probabilities fitted without
 * these labels. */
#pragma once
#include "core/base.h"
#include "statistics/figure.h"

/* The rank of the calibration score that is q: ceil((n + 1)(1 - alpha)), computed
 * with a slack of 1e-12; above n: q is infinite, and every label is in the set. */
int64_t az_conformal_rank(int64_t n, double alpha);

/* The fewest labelled items that allow less than everything: rank <= n. */
int64_t az_conformal_least(double alpha);

/* q of n scores; infinite where there are too few. 0 or AZ_ENOMEM. */
int az_conformal_quantile(const double *scores, size_t n, double alpha, double *ret);

struct az_conformal {
    bool defined;    /* false: too few labels, every label is in every set */
    double quantile; /* q; 0 when undefined */
    int64_t n;       /* labelled items: one a cluster */
    int64_t needed;  /* undefined: labels that it takes */
    double single;   /* of the labelled items, the share whose set is one label: */
    double size;     /* what it costs; and the mean size of a set */
    double held;     /* the share whose set has the true label: about 1 - alpha by design */
    const char *reason;
};

/* `p`: n rows of n_labels (up to 64) probabilities, of which an item has
 * labels_of[i] (NULL: all); truth[i] < 0: not labelled. 0 or AZ_ENOMEM. */
struct az_conformal_data {
    size_t n, n_labels;
    const double *p;
    const int16_t *labels_of;
    const int32_t *truth;
    const uint64_t *cluster; /* NULL: each its own */
};
int az_conformal_fit(const struct az_conformal_data *d, double alpha, uint64_t seed,
                     struct az_conformal *ret);

/* Bit k: label k is in the set. The likeliest label always is, so that no set is
 * empty. */
uint64_t az_conformal_set(const struct az_conformal *c, const double *p, size_t n_labels);
