/* coordinator/budget.h: money that may be spent: reserve before a call, settle
 * after it. Pure; all amounts are nano-dollars.
 *
 * Invariant: settled + reserved ≤ durable ≤ limit. `durable` is a ceiling that
 * the store has committed: after a crash everything up to it counts as spent,
 * so the limit holds whatever happened to the calls under way. It is raised in
 * blocks, so that not every call waits for the disk. */
#pragma once
#include "core/base.h"

struct az_budget {
    az_nusd limit;   /* AZ_NUSD_MAX = none */
    az_nusd settled; /* spent by all runs, at worst case where unknown */
    az_nusd reserved;
    az_nusd durable; /* the committed ceiling */
    az_nusd asked;   /* the ceiling that was sent to the store; ≥ durable */
};

/* `spent`: the ceiling that earlier runs left. */
struct az_budget az_budget(az_nusd limit, az_nusd spent);

enum az_budget_answer {
    AZ_BUDGET_GRANTED, /* `worst` is reserved */
    AZ_BUDGET_RAISE,   /* wanted: a higher durable ceiling, see az_budget_raise() */
    AZ_BUDGET_WAIT,    /* not now: calls under way hold what is left */
    AZ_BUDGET_SPENT,   /* never: it does not fit any more */
};
enum az_budget_answer az_budget_reserve(struct az_budget *b, az_nusd worst);

/* The ceiling to store so that `worst` fits, with a block of room beyond it. */
az_nusd az_budget_raise(struct az_budget *b, az_nusd worst);
/* That ceiling is durable. */
void az_budget_raised(struct az_budget *b, az_nusd ceiling);

/* A call that had `worst` reserved has ended and cost `actual`. */
void az_budget_settle(struct az_budget *b, az_nusd worst, az_nusd actual);
/* A call that was settled at `charged` turns out to have cost `actual`. */
void az_budget_correct(struct az_budget *b, az_nusd charged, az_nusd actual);
/* Another limit from now on. */
void az_budget_limit(struct az_budget *b, az_nusd limit);
