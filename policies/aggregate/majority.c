/* More than half of all seats, not of those that happened to parse. Where seats
 * in error could have made one, nobody knows and the verdict abstains: a
 * failure is never a vote, not even one for a tie. */
#include "policies/aggregate/aggregate.h"

static double highest(const struct az_tally *t, int *label)
{
    *label = 0;
    for (size_t i = 1; i < t->n_labels; i++) {
        if (t->sums[i] > t->sums[*label])
            *label = (int)i;
    }
    return t->n_labels ? t->sums[*label] : 0;
}

int az_majority_decide(const struct az_tally *t, struct az_verdict *v)
{
    double bar = t->total / 2 + az_tally_eps(t);
    int label;
    double most = highest(t, &label);
    if (most > bar)
        az_outcome_label(v, label);
    else if (most + t->lost > bar)
        az_outcome_abstain(v, "no majority, and %d of %d seats in error could have made one",
                           t->errors, t->n);
    else
        az_outcome_tie(t, v, "no majority");
    return 0;
}

/* Does nobody win, whatever the rest say? `most` is the highest sum. The bar
 * is a little lower here, so that rounding never says yes too soon. */
static bool nobody_wins(const struct az_tally *t, double most)
{
    double bar = t->total / 2 + az_tally_eps(t);
    double sure = t->total / 2 + az_tally_eps(t) / 2;
    if (most + t->rest > sure)
        return false; /* somebody still can */
    if (az_tie_rule(t->panel) == AZ_TIE_ABSTAIN || most + t->lost > bar)
        return true; /* abstained, by the one reason or the other */
    /* The tie rule, unless the rest fail to answer and so could have won. */
    bool blocked = most + t->lost + t->rest > sure;
    return !blocked && (az_tie_rule(t->panel) != AZ_TIE_JUDGE || t->chair_asked);
}

bool az_majority_settled(const struct az_tally *t)
{
    int label;
    double most = highest(t, &label);
    if (most + t->hoped_weight > t->total / 2 + az_tally_eps(t))
        return true;
    return !t->hoped && nobody_wins(t, most);
}

const struct az_aggregator az_majority = {
    .name = "majority",
    .kind = AZ_AGG_MAJORITY,
    .for_labels = true,
    .check = az_calibrated_check,
    .decide = az_majority_decide,
    .settled = az_majority_settled,
};
