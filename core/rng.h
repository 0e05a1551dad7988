/* core/rng.h: a seeded stream of random numbers (splitmix64, Steele et al.
 * 2014). Pure: the same seed gives the same stream on every machine. */
#pragma once
#include "core/base.h"

struct az_rng {
    uint64_t state;
};

struct az_rng az_rng(uint64_t seed);
uint64_t az_rng_next(struct az_rng *r);
double az_rng_unit(struct az_rng *r);                /* [0, 1) */
uint64_t az_rng_below(struct az_rng *r, uint64_t n); /* [0, n), n > 0, unbiased */
