/* client/cli/starter.h: panels to start from, with comments: what `assize init`
 * writes. Pure. */
#pragma once
#include "core/base.h"

struct az_starter {
    const char *name; /* of the question's kind */
    const char *yaml;
};

/* Ends with a row without a name; the first is the default. */
extern const struct az_starter az_starters[];

const struct az_starter *az_starter_find(const char *name); /* NULL: none of that name */
