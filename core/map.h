/* core/map.h: a hash map from int64 keys to pointers (open addressing). Pure;
 * not thread-safe. Values are never NULL. */
#pragma once
#include "core/base.h"

struct az_map {
    struct az_map_slot {
        int64_t key;
        void *value; /* NULL = free */
    } * slots;
    size_t cap, n; /* cap is 0 or a power of two */
};

void az_map_release(struct az_map *m); /* values are the caller's */
void *az_map_get(const struct az_map *m, int64_t key);
/* AZ_ENOMEM, or 0. An old value of the key is replaced. */
int az_map_put(struct az_map *m, int64_t key, void *value);
/* Returns the value that was there, or NULL. */
void *az_map_remove(struct az_map *m, int64_t key);
