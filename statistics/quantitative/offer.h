/* statistics/quantitative/offer.h: do the reasons of a judge say more than its labels?
 * Tried by folds, and offered only where they do. Pure.
 *
 * Candidates are each form that suits the answers (regression.h), with the words passed
 * over (the plain map) and with the words under each of AZ_OFFER_PENALTIES penalties.
 * For each fold, the candidate and the best plain map are chosen by the log loss over
 * the other folds, of fits that saw neither these nor the fold (nested cross-validation;
 * Varma and Simon, BMC Bioinformatics 7 (2006) 91). The mean difference of their losses
 * on the folds, with its interval by cluster, is the gain; it's offered where the
 * interval lies above 0. */
#pragma once
#include "statistics/figure.h"
#include "statistics/quantitative/regression.h"

enum {
    AZ_OFFER_FOLDS = 5,
    AZ_OFFER_PENALTIES = 5,
    AZ_OFFER_LEAST = 50, /* labelled clusters with reasons: below, it is not tried */
    AZ_OFFER_CANDIDATES = AZ_QUANTITATIVE_FORMS * (AZ_OFFER_PENALTIES + 1),
    AZ_OFFER_NO_FOLD = AZ_OFFER_FOLDS, /* of an item that is in none: nothing is learnt from it */
};

struct az_offer {
    bool tried, offered;
    const char *reason;           /* why it was not tried or is not offered; NULL: it is */
    int64_t n, n_clusters;        /* labelled items, and clusters, with reasons */
    struct az_quantitative *best; /* fitted to all folds; NULL where it was not tried; owned */
    struct az_figure plain, loss, gain; /* log losses, cross-fitted; gain = plain - loss */

    /* Would it be offered without the labels of fold f, and what are the probabilities
     * then? Of items in f by a fit without f; of those in fold g by one without f and g.
     * f = AZ_OFFER_NO_FOLD: with all of them, by one without g. */
    bool offered_without[AZ_OFFER_FOLDS + 1];
    double *p; /* (folds + 1) × items × labels; owned; see az_offer_p() */
    size_t n_items, n_labels;
};

/* `truth` as in regression.h; `w`, `cluster`: by item; fold[i] < AZ_OFFER_FOLDS, or
 * AZ_OFFER_NO_FOLD: the item's probabilities are those of `best`. 0 or AZ_ENOMEM. */
int az_offer(const struct az_evaluations *e, const double *truth, const double *w,
             const uint64_t *cluster, const uint32_t *fold, struct az_offer *ret);
void az_offer_release(struct az_offer *o); /* a zeroed one is fine */

static inline const double *az_offer_p(const struct az_offer *o, size_t without, size_t item)
{
    return o->p + (without * o->n_items + item) * o->n_labels;
}
