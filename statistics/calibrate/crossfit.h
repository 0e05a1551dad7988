/* statistics/calibrate/crossfit.h: calibrated probabilities, none of which comes
 * from a map that saw the item. Pure.
 *
 * Labelled items are dealt into folds by cluster. For each fold the kind of map is
 * chosen by the cross-validated log loss over the other folds and fitted on these
 * (where no map may be chosen, too, one must win by more than the standard error of
 * the difference, by cluster: what a few labels cannot tell apart stays as it is);
 * so neither the map nor its choice has seen the fold's labels, and the log loss of
 * the result is that of the whole procedure (nested cross-validation; Varma and
 * Simon, BMC Bioinformatics 7 (2006) 91). Items without a label get the map that
 * all labels choose and fit. */
#pragma once
#include "statistics/calibrate/calibrator.h"
#include "statistics/figure.h"

enum {
    AZ_CROSSFIT_FOLDS_MAX = 20,
    AZ_CROSSFIT_LEAST = 10,     /* labelled clusters: below, nothing is fitted */
    AZ_CROSSFIT_ISOTONIC = 500, /* labelled items from which curves are tried */
};

struct az_crossfit {
    struct az_calibrator map; /* fitted to all labels; owned */
    double *q;                /* n rows of n_labels; owned */
    const char *reason;       /* why nothing was fitted; NULL: it was */
    int64_t n;                /* labelled items */
    bool tried[AZ_CALIBRATOR_KINDS];
    double loss[AZ_CALIBRATOR_KINDS]; /* mean cross-validated log loss of what was tried */
    struct az_figure log_loss;        /* of the labelled rows of q: honest, by cluster */
    struct az_figure raw;             /* the same of softmax(z) */
};

/* `kinds`: a bit (1 << kind) for each that may be chosen. `cluster` NULL: each
 * item its own. Fewer than AZ_CROSSFIT_LEAST labelled clusters: q is softmax(z),
 * with a reason. 0 or AZ_ENOMEM. */
int az_crossfit(const struct az_logits *l, const uint64_t *cluster, uint64_t own, unsigned kinds,
                size_t n_folds, uint64_t seed, struct az_crossfit *ret);
void az_crossfit_release(struct az_crossfit *c);
