/* client/cli/beside.h: what was decided by rules that were learnt, and on the same items
 * the majority of all: whether it was worth learning. Pure. */
#pragma once
#include "client/cli/compare.h"
#include "client/cli/decide.h"
#include "coordinator/summary.h"

struct az_beside {
    const struct az_panel *plain; /* decides by the majority (a score: the mean) */
    const char *by;               /* the rule that is learnt */
    int64_t learnt_from;          /* items */
    struct az_compare compare;    /* a: the rule; b: the majority */
};

void az_beside_init(struct az_beside *b, const struct az_panel *plain, const char *by,
                    int64_t learnt_from);
void az_beside_release(struct az_beside *b); /* a zeroed one is fine */

/* One item, by what was said of it; those without a true answer are passed over. AZ_ENOMEM. */
int az_beside_add(struct az_beside *b, const struct az_decide_case *c,
                  const struct az_verdict *verdict, struct az_ballots ballots,
                  struct az_arena *arena, struct az_error *err);

/* For az_summary_extra; after a zeroed one is not by anything. */
struct az_summary_beside az_beside_figures(const struct az_beside *b);
