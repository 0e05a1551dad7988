/* workers/lexical/grams.h: n-grams as small numbers. Pure.
 *
 * An n-gram is known by the number of its first n - 1 elements and its last
 * element, so that comparing them is exact and costs the same for any n. */
#pragma once
#include "core/base.h"

enum { AZ_GRAM_NONE = 0 }; /* numbers start at 1, in order of first sight */

struct az_grams {
    uint64_t *keys;
    uint32_t *ids;
    size_t n_slots; /* a power of two */
    uint32_t n;
};

/* Room for `most` different ones. 0 or AZ_ENOMEM. */
int az_grams_init(struct az_grams *g, size_t most);
void az_grams_release(struct az_grams *g);
void az_grams_clear(struct az_grams *g);

uint32_t az_grams_add(struct az_grams *g, uint32_t first, uint32_t last);
uint32_t az_grams_find(const struct az_grams *g, uint32_t first, uint32_t last);
