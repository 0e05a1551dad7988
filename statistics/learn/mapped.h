/* statistics/learn/mapped.h: what a learner says, put through the map that makes it
 * hold (calibrate/calibrator.h). Pure.
 *
 * For each fold a model is learnt from the others and a map is chosen and fitted to
 * what models of these say of items that they have not seen (learnt without both
 * folds). So neither the model nor the map nor its choice has seen an item that they
 * are measured on. The map that is kept is chosen and fitted by what models of the
 * other folds say of all labelled items. A map changes how sure one is, never which
 * answer is on top: that stays the model's. */
#pragma once
#include "statistics/calibrate/crossfit.h"
#include "statistics/learn/learner.h"

struct az_mapped {
    struct az_calibrator map; /* owned; none: what is said holds, or nothing better was found */
    const char *reason;       /* why nothing was fitted; NULL: it was tried */
    bool tried[AZ_CALIBRATOR_KINDS];
    double loss[AZ_CALIBRATOR_KINDS]; /* mean cross-validated log loss of what was tried */
    double *raw, *q;                  /* rows × n_labels, out of fold: before and after; owned */
};

/* `rows` are all labelled; errors as of az_learn_out(). Release *ret after success. */
int az_mapped_fit(const char *learner, const struct az_design *d, struct az_rows rows,
                  uint64_t seed, struct az_mapped *ret, struct az_error *err);
void az_mapped_release(struct az_mapped *m); /* a zeroed one is fine */

/* p, which `learner` gave to `rows`, in place: n_labels a row. A count of votes becomes
 * what it would be with one more vote, shared by all answers, so that none is 0. */
void az_mapped_apply(const struct az_learner *learner, const struct az_calibrator *map,
                     const struct az_design *d, struct az_rows rows, double *p);
