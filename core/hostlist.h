/* core/hostlist.h: "gpu[01-08,12]" to its names, as batch systems write them.
 * Pure. Brackets that hold a ':' are an IPv6 address and stay. */
#pragma once
#include "core/arena.h"
#include "core/base.h"
#include "core/error.h"
#include "core/str.h"

/* Every name that `text` stands for, in order, the last bracket fastest; text
 * without brackets stands for itself. Names are in `arena`.
 * AZ_EINVAL: a range that is none; AZ_ELIMIT: more than `max` names. */
int az_hostlist_expand(struct az_arena *arena, struct az_str text, size_t max, const char ***ret,
                       size_t *n, struct az_error *err);
