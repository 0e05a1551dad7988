/* statistics/guarantee/pick.h: one item of each cluster. Pure.
 *
 * A guarantee counts draws, and items of one cluster are one draw. */
#pragma once
#include "core/base.h"

/* Indices of one item of each cluster, ascending; drawn evenly by `seed`. Where
 * `use` is not NULL, of the items that it has true for. `picked` has room for n;
 * `cluster` NULL: each item its own. 0 or AZ_ENOMEM. */
int az_pick_one(const uint64_t *cluster, const bool *use, size_t n, uint64_t seed, uint32_t *picked,
                size_t *n_picked);
