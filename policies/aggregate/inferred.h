/* policies/aggregate/inferred.h: what was inferred of all items together, from agreement
 * alone (statistics/infer/infer.h), as an aggregator. Pure.
 *
 * Only who has all items can make one, so no panel names it: `assize decide --by` hands
 * it in. The decision is taken, and never a probability: these methods take judges to
 * err independently. */
#pragma once
#include "core/base.h"
#include "core/str.h"

struct az_inferred_answer {
    int label;  /* AZ_LABEL_NONE: several are as likely */
    bool score; /* `value` is one */
    double value;
};

struct az_inferred {
    const char *name; /* the method's, in a verdict's "how"; static */
    /* False: nothing was inferred of this item. */
    bool (*answer)(const struct az_inferred *by, struct az_str item,
                   struct az_inferred_answer *ret);
};
