/* client/cli/import/entry.h: one JSON object of any size to the few of its members
 * that matter, as its bytes come. Pure. For logs whose records carry a hundred
 * times what is read of them. */
#pragma once
#include "core/buf.h"
#include "core/json_split.h"

struct az_entry {
    const char *const *keys;
    struct az_json_split split;
    struct az_buf record;
    bool too_long;
};

/* `keys` ends in NULL and is borrowed. */
void az_entry_init(struct az_entry *e, const char *const *keys);
void az_entry_release(struct az_entry *e);

/* The next bytes. AZ_EINVAL: not JSON. */
int az_entry_feed(struct az_entry *e, struct az_str bytes, struct az_error *err);
/* All is there: *ret is an object of those members, until the next feed, which
 * begins another. AZ_EINVAL: cut off, or a member is too long. */
int az_entry_end(struct az_entry *e, struct az_str *ret, struct az_error *err);
