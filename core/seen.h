/* core/seen.h: which ids a file has had so far, and with what content.
 * Pure. 12 bytes an id, at most half full: an id is known by 64 bits of its
 * hash, its content by 32. */
#pragma once
#include "core/base.h"
#include "core/hash.h"
#include "core/str.h"

struct az_seen_ids {
    uint64_t *ids; /* 0 = free */
    uint32_t *contents;
    size_t cap, n;
};

void az_seen_ids_release(struct az_seen_ids *s);

enum az_seen_answer { AZ_SEEN_NEW, AZ_SEEN_SAME, AZ_SEEN_OTHER };

/* Add it, unless it is there: then with the same content or with another.
 * AZ_ENOMEM. */
int az_seen_ids_add(struct az_seen_ids *s, struct az_str id, const struct az_hash *content);
