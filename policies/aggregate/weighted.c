/* A majority in which a seat counts by its judge's weight: more than half of
 * the weight of all seats, those in error included. */
#include "policies/aggregate/aggregate.h"

const struct az_aggregator az_weighted = {
    .name = "weighted",
    .kind = AZ_AGG_WEIGHTED,
    .for_labels = true,
    .check = az_calibrated_check,
    .weighs = true,
    .decide = az_majority_decide,
    .settled = az_majority_settled,
};
