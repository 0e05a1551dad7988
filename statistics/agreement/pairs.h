/* statistics/agreement/pairs.h: agreement of every two judges of a panel, and
 * of all of them. Pure, streaming: counts only.
 *
 * Memory: 8 * (2 * n_labels + 4) bytes a pair of judges. */
#pragma once
#include "core/base.h"
#include "core/error.h"
#include "statistics/agreement/alpha.h"
#include "statistics/agreement/kappa.h"

struct az_pairs {
    size_t n_judges;
    struct az_kappa *kappas; /* of (a, b), b < a, at a * (a - 1) / 2 + b */
    int64_t *margins;
    struct az_alpha alpha;
};

/* AZ_ENOMEM, and nothing to release. */
int az_pairs_init(struct az_pairs *p, size_t n_judges, size_t n_labels);
void az_pairs_release(struct az_pairs *p); /* a zeroed one is fine */

/* One item: each judge's one label, negative where it is split or missing. */
void az_pairs_add(struct az_pairs *p, const int *labels);

/* Of two different judges; the margins of the higher index come first. */
const struct az_kappa *az_pairs_of(const struct az_pairs *p, size_t a, size_t b);

/* Means of percent agreement and of kappa over the pairs where each is defined;
 * n is the number of such pairs. */
struct az_figure az_pairs_percent(const struct az_pairs *p);
struct az_figure az_pairs_kappa(const struct az_pairs *p);
