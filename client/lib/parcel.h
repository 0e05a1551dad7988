/* client/lib/parcel.h: lines of an items file put together into chunks. Pure. */
#pragma once
#include "core/base.h"
#include "core/str.h"
#include "protos/job.pb-c.h"

struct az_parcel {
    struct az_parcel *next; /* for the owner, as is `sent` */
    bool sent;
    Assize__Chunk msg; /* without its job */
    struct az_arena *arena;
    size_t cap, bytes;
};

/* `after`: the last line before it, 0: none. NULL: out of memory. */
struct az_parcel *az_parcel_new(uint64_t index, int64_t after);
void az_parcel_free(struct az_parcel *c);
AZ_FREEP(parcel)

/* 0: it is in, copied; {NULL, 0} is no gold. 1: it does not fit beside what is
 * there, nor will any other: the chunk is whole. AZ_ENOMEM. `max` is bytes; one
 * line that is longer goes alone. */
int az_parcel_add(struct az_parcel *c, size_t max, int64_t number, struct az_str text,
                  struct az_str gold);
