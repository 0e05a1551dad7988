/* client/cli/import/repeats.h: how often a key came. Pure. 12 bytes a key, at most
 * half full; a key is known by 64 bits of its hash. */
#pragma once
#include "core/base.h"

struct az_repeats {
    uint64_t *keys; /* 0 = free */
    uint32_t *counts;
    size_t cap, n;
};

void az_repeats_release(struct az_repeats *t);
/* How often it came before this time; AZ_ENOMEM. */
int64_t az_repeats_add(struct az_repeats *t, uint64_t key);
