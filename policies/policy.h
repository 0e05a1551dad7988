/* policies/policy.h: the pure rule that says, from a panel and the ballots so
 * far, whom to ask next or what the verdict is. No I/O, no clock; randomness
 * only from the seed and the item's content.
 *
 * The same ballots in any order give the same step, and so does the same panel
 * with its judges in another order (but for their indexes). */
#pragma once
#include "core/base.h"
#include "core/error.h"
#include "core/model.h"
#include "core/panel.h"
#include "core/prompt.h"

struct az_plan; /* plan.h */

struct az_questions {
    size_t n;
    struct az_key *v; /* in plan order; item = item->seq */
};

struct az_step {
    /* AZ_ASK: questions wanted that have no ballot; the scheduler subtracts
     *         those under way (and waits when nothing is left to send).
     * AZ_DECIDE: the verdict is there: decided, abstained or failed. */
    enum { AZ_ASK, AZ_DECIDE } kind;
    struct az_questions ask;
    struct az_verdict verdict;
    /* AZ_DECIDE: bit i says whether ballots.v[i] counted ("used"). */
    bool *used;
};

/* How a fold is run: everything in it is an input, so it can be replayed. */
struct az_fold {
    const struct az_panel *panel;
    const struct az_item *item;
    struct az_ballots ballots;
    bool closed;            /* nobody will be asked any more (deadline, retry-free replay):
                               what is missing is an error, and the verdict is due */
    struct az_arena *arena; /* the step's memory */
    /* For who folds an item more than once, always with this arena: its plan, which
     * depends on panel and item alone. *plan is NULL at first. NULL: made each time. */
    const struct az_plan **plan;
};

/* AZ_ENOMEM, or 0 and *step. */
int az_policy_next(const struct az_fold *fold, struct az_step *step, struct az_error *err);

/* May this panel be run with its policy and aggregation? AZ_EINVAL with a hint. Reads its
 * calibration, which it then owns. (Called by the programs after az_panel_parse(); without
 * it a panel with a calibration decides nothing.) */
int az_policy_check(struct az_panel *panel, struct az_error *err);
/* Its calibration alone: for a panel that a job was run with. The same errors. */
int az_policy_calibrate(struct az_panel *panel, struct az_error *err);

/* What the judge of `key` may see of earlier rounds; empty in round 1. */
int az_policy_view(const struct az_fold *fold, const struct az_key *key, struct az_view *view);

/* Upper bound of questions an item can need: for estimates. */
int az_policy_max_questions(const struct az_panel *panel);
