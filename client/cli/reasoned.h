/* client/cli/reasoned.h: does it pay to read the judges' rationales? What `calibrate`
 * finds out for each judge and then for the panel, and what the panel's design is if
 * it does. Pure.
 *
 *     az_reasoned_init(&r, panel, n_responses);       seats come in by az_reasoned_seat()
 *     az_reasoned_try(&r, &design, fit, seed, err);   judge by judge (statistics/quantitative/)
 *     az_reasoned_panel(&r, "auto", …);               on the same items: what the panel decides
 * with and without if (r.used) az_reasoned_say(&r, &design, AZ_OFFER_NO_FOLD);
 *
 * Nothing is scored that was learnt from: a fold's items are decided by a panel that was
 * learnt without them, from judges whose rationales were learnt to read without them and
 * without the item's own fold. */
#pragma once
#include "client/cli/corpus.h"
#include "core/base.h"
#include "core/error.h"
#include "statistics/learn/learner.h"
#include "statistics/quantitative/offer.h"

enum {
    AZ_REASONED_MOST = 3000
}; /* labelled items; of more, so many drawn at random are learnt from */

struct az_reasoned_judge {
    struct az_evaluations says;
    uint32_t *item; /* of the sample, one an evaluation */
    size_t item_cap;
    struct az_offer offer;
};

struct az_reasoned {
    const struct az_panel *panel; /* borrowed */
    struct az_reasoned_judge *v;  /* one a judge; NULL: the answers can't be regressed on */
    size_t n_tried, n_offered;
    struct az_rows rows; /* that it was learnt from */
    uint32_t *room;
    uint32_t *fold; /* by item of the design */
    /* Of the panel: log losses without and with rationales; the gain. */
    bool compared, used;
    struct az_figure plain, loss, gain;
    double *p;                       /* of the rows, out of fold, with rationales */
    struct az_quantitative **models; /* one a judge, NULL for those that are not read; borrowed */
};

/* AZ_ENOMEM. Release in any case; not to be moved. */
int az_reasoned_init(struct az_reasoned *r, const struct az_panel *panel, size_t n_responses,
                     struct az_error *err);
void az_reasoned_release(struct az_reasoned *r); /* a zeroed one is fine */

az_corpus_seat_fn az_reasoned_seat; /* with the struct as `arg` */

/* Learns to read the rationales on `rows`, which are labelled, or AZ_REASONED_MOST of them,
 * of each judge that gave enough of them. `d` is of the whole sample. AZ_ENOMEM. */
int az_reasoned_try(struct az_reasoned *r, const struct az_design *d, struct az_rows rows,
                    uint64_t seed, struct az_error *err);

/* Does the panel's `learner` gain by those that are offered? r->used where its log loss
 * is lower by more than the standard error of that: that each of them tells more than its
 * label was tested before. Nothing is done where none is offered. Errors of
 * az_learn(). */
int az_reasoned_panel(struct az_reasoned *r, const char *learner, const struct az_sample *s,
                      const struct az_design *d, uint64_t seed, struct az_error *err);

/* Put what rationales make of votes into the design, as it is without fold `without`
 * (statistics/quantitative/offer.h). AZ_ENOMEM. */
int az_reasoned_say(const struct az_reasoned *r, struct az_design *d, size_t without);
