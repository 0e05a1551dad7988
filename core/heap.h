/* core/heap.h: a min-heap of things by time. Pure. */
#pragma once
#include "core/base.h"

struct az_heap {
    struct az_heap_row {
        int64_t at;
        void *what;
    } * v;
    size_t n, cap;
};

void az_heap_release(struct az_heap *h);
int az_heap_push(struct az_heap *h, int64_t at, void *what); /* AZ_ENOMEM */
/* The earliest time; INT64_MAX when empty. */
int64_t az_heap_first(const struct az_heap *h);
/* The earliest, when it is due by `now`; else NULL. */
void *az_heap_pop(struct az_heap *h, int64_t now);
