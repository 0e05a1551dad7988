/* The highest share among the seats that voted; a shared top is a tie. */
#include <math.h>

#include "policies/aggregate/aggregate.h"

static int decide(const struct az_tally *t, struct az_verdict *v)
{
    int top = az_shares_top(t->sums, t->n_labels);
    if (top != AZ_LABEL_NONE)
        az_outcome_label(v, top);
    else
        az_outcome_tie(t, v, "the top is shared");
    return 0;
}

/* The leader's lead is more than all that the rest could give to the next. */
static bool settled(const struct az_tally *t)
{
    double most = -INFINITY, next = t->n_labels > 1 ? -INFINITY : 0;
    for (size_t i = 0; i < t->n_labels; i++) {
        next = AZ_MAX(next, AZ_MIN(most, t->sums[i]));
        most = AZ_MAX(most, t->sums[i]);
    }
    return most + t->hoped_weight > next + t->rest + 2 * az_tally_eps(t);
}

const struct az_aggregator az_plurality = {
    .name = "plurality",
    .kind = AZ_AGG_PLURALITY,
    .for_labels = true,
    .check = az_calibrated_check,
    .decide = decide,
    .settled = settled,
};
