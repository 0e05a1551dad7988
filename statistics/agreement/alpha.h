/* statistics/agreement/alpha.h: Krippendorff's alpha, with missing votes. Pure,
 * streaming: the coincidence matrix, or sums, and no item is kept.
 *
 * alpha = 1 - observed / expected disagreement (Krippendorff, "Computing
 * Krippendorff's alpha-reliability", 2011). One value a seat and item; an item
 * with fewer than two values is dropped. n is the number of items that count. */
#pragma once
#include "core/base.h"
#include "statistics/figure.h"

enum az_alpha_level { AZ_ALPHA_NOMINAL, AZ_ALPHA_ORDINAL };

struct az_alpha {
    size_t n_labels;
    int64_t items;
    double *coincidence; /* n_labels * n_labels */
    int64_t *counts;     /* scratch of one item */
};

/* AZ_ENOMEM, and nothing to release. */
int az_alpha_init(struct az_alpha *a, size_t n_labels);
void az_alpha_release(struct az_alpha *a);

/* One item: a label in [0, n_labels) a seat, negative where it is missing. */
void az_alpha_add(struct az_alpha *a, const int *labels, size_t n);

/* The ordinal form takes labels in their declared order. Undefined when no item
 * has two values, or when all values are the same. */
struct az_figure az_alpha_figure(const struct az_alpha *a, enum az_alpha_level level);

/* The interval form, for scores: any values, no matrix. Zeroed = empty. */
struct az_alpha_scores {
    int64_t items, n;
    double mean, ss; /* of all values that count */
    double within;   /* observed disagreement, summed */
};

/* `has[i]` says whether seat i has a score. */
void az_alpha_scores_add(struct az_alpha_scores *a, const double *scores, const bool *has,
                         size_t n);
struct az_figure az_alpha_scores_figure(const struct az_alpha_scores *a);
