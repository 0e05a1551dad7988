/* statistics/folds.h: folds and splits that keep clusters together. Pure.
 *
 * Which fold an item falls into depends on the seed, the items' clusters, their
 * sizes and (where it is given) their classes, not on the order of the items. */
#pragma once
#include "core/base.h"
#include "core/error.h"

/* Deal n items into `n_folds` >= 2 folds: ret[i] in [0, n_folds). Clusters are
 * dealt largest first into the fold with the fewest items; among equals by a hash
 * of cluster and seed. With `class_of` (one number an item, or NULL) each class is
 * spread evenly, a cluster being of its smallest class. AZ_ENOMEM. */
int az_folds(const uint64_t *clusters, const int32_t *class_of, size_t n, size_t n_folds,
             uint64_t seed, uint32_t *ret);

/* Take clusters in the order of a seeded hash until `share` of the items, at least
 * one cluster, are taken: taken[i]. Returns how many items, or AZ_ENOMEM. */
int64_t az_split(const uint64_t *clusters, size_t n, double share, uint64_t seed, bool *taken);

/* Keep `want` of n places at the front of v, each set of them as likely, in their order; all
 * where there are no more (selection sampling: Knuth, The Art of Computer Programming,
 * volume 2, section 3.4.2, algorithm S). Returns how many. */
size_t az_draw(uint32_t *v, size_t n, size_t want, uint64_t seed);

/* How many clusters there are; AZ_ENOMEM. */
int64_t az_clusters(const uint64_t *clusters, size_t n);
