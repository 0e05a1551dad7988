/* client/cli/crossed.h: ballots decided by what was learnt from the true answers among
 * them, and no labelled item by a model that has seen it. Pure.
 *
 * Cross-fitting (Wolpert, "Stacked generalization", 1992, section 2; Chernozhukov et al.,
 * "Double/debiased machine learning", 2018, section 3): labelled items are dealt into
 * folds that keep clusters together, and those of a fold are decided by a model of the
 * other folds; items without a label by one of all. The folds are those of `calibrate`
 * and `report` (az_learn_folds() with the same seed), so that what is decided is right as
 * often as they say. */
#pragma once
#include "client/cli/corpus.h"
#include "policies/calibration.h"
#include "statistics/learn/learner.h"

enum {
    AZ_CROSSED_LEAST = 20,  /* labelled items; with fewer nothing is learnt */
    AZ_CROSSED_MOST = 5000, /* of more, so many drawn at random are learnt from */
};

struct az_crossed {
    const char *reason; /* why nothing was learnt, in static text; NULL: it was */
    /* By fold; the last has learnt from all of them. */
    struct az_calibration *models[AZ_LEARN_FOLDS + 1];
    int64_t labelled, used; /* items; used < labelled: drawn */
    struct az_names ids;    /* of the labelled ones, and by their numbers the folds */
    uint32_t *fold;
};

/* From the items of `c` that are labelled and were asked in full. `kind` is a learner's
 * name. The same seed and items in the same order give the same models. AZ_ENOMEM;
 * AZ_EINVAL: the numbers of a fit ran away. *ret is to be released after errors too. */
int az_crossed_learn(const struct az_corpus *c, const char *kind, uint64_t seed,
                     struct az_crossed *ret, struct az_error *err);
void az_crossed_release(struct az_crossed *x); /* a zeroed one is fine */

/* Which of `models` decides the item of this id: one that has not seen it. */
size_t az_crossed_which(const struct az_crossed *x, struct az_str id);
/* Was it among those that something was learnt from, or would have been? */
bool az_crossed_labelled(const struct az_crossed *x, struct az_str id);
