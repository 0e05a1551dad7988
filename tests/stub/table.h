/* tests/stub/table.h: 64-bit key to a small number, open addressing. Keys are
 * hashes already. Grows, never shrinks; a key may stand for several numbers
 * (table_add), found one after the other. */
#pragma once
#include "core/base.h"

struct table {
    struct slot {
        uint64_t key;
        uint32_t value; /* number + 1; 0 = free */
    } * slots;
    size_t cap, n; /* cap is a power of two */
};

void table_release(struct table *t);

/* 0, or AZ_ENOMEM. */
int table_add(struct table *t, uint64_t key, uint32_t value);

/* The value of the next slot that holds `key`; -1: no more. Start with
 * *at = 0 and pass it back to go on. */
int64_t table_find(const struct table *t, uint64_t key, size_t *at);
