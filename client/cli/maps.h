/* client/cli/maps.h: what comes out of an aggregation, before and after the map that
 * makes it hold, scored on labelled items that neither had seen. Pure. */
#pragma once
#include "client/cli/methods.h"
#include "statistics/learn/mapped.h"

enum { AZ_MAPS_MAX = 2 };

struct az_map_told {
    const char *learner;
    struct az_mapped mapped;
    struct az_report_method before, after; /* `quality` points into this struct */
    struct az_quality quality[2];
};

/* Zeroed = empty; not to be moved while it holds something. */
struct az_maps {
    size_t n;
    struct az_map_told v[AZ_MAPS_MAX];
};

void az_maps_release(struct az_maps *m);
/* Of the learner `name` on `rows`, all labelled. AZ_ENOMEM; AZ_EINVAL: a fit ran away. */
int az_maps_add(struct az_maps *m, const char *name, const struct az_design *d, struct az_rows rows,
                uint64_t seed, struct az_error *err);
/* NULL: it has none. */
const struct az_map_told *az_maps_find(const struct az_maps *m, const char *learner);
