/* client/cli/promises.h: what a model may promise, found on labelled items that it was
 * not learnt from. Pure. */
#pragma once
#include "policies/calibration.h"
#include "statistics/learn/design.h"

struct az_promises {
    double risk, delta, conformal; /* what is asked for; 0: not that */
    int64_t start;                 /* errors that the first test of the risk allows */
    struct az_guarantee guarantee;
    struct az_risk tested; /* what the guarantee is from */
    struct az_label_sets sets;
};

/* Where the tests of the risk begin: planned by what the learner says, out of fold, of the
 * items that the model was learnt from. AZ_ENOMEM. */
int az_promises_plan(struct az_promises *p, const char *learner, const struct az_design *d,
                     struct az_rows fit, struct az_rows test, uint64_t seed);

/* Fills the rest of `p` from the model's probabilities for `test`, through `map` (NULL: as
 * they are); `seed` draws one item of a cluster. AZ_ENOMEM; AZ_EINVAL: the model says nothing of
 * them. */
int az_promises_test(struct az_promises *p, const struct az_model *model,
                     const struct az_calibrator *map, const struct az_design *d,
                     struct az_rows test, uint64_t seed);
