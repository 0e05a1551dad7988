/* statistics/interval/choose.h: one interval for a mean, a rate or an accuracy
 * out of few true answers and what the panel says of all items. Pure.
 *
 * The method follows from how many labels there are and where they come from, never
 * from which interval came out narrowest:
 *
 *   labels are no sample of the job     Rogan-Gladen, for yes or no and 15 labels of each;
 *                                       else the panel alone
 *   no labels                           the panel alone: judge error not included
 *   fewer than 50 labelled clusters     labels only
 *   a rate with n min(p, 1 - p) < 15    labels only
 *   every item is labelled              labels only
 *   the panel says it on another scale  OUA
 *   else                                PPI++
 *
 * Labels only: Clopper-Pearson below 1000 independent labels of weight 1, since
 * Wilson's interval holds the truth in as few as 92 to 94 % at some rates (at 0.5 with
 * 50 labels, 93.5) and is no more than a few per cent narrower from 200 on; by cluster
 * and weight, and where values lie between 0 and 1 (a tie's half), Wilson's with the sample
 * size that has the variance; t for numbers. */
#pragma once
#include "core/base.h"
#include "core/error.h"
#include "statistics/figure.h"

enum { AZ_CHOOSE_LABELS = 50, AZ_CHOOSE_RARE = 15, AZ_CHOOSE_EXACT = 1000 };

struct az_mean_of {
    size_t n;
    const double *judged; /* what the panel says of each item; NaN-free */
    const double *truth;  /* where labelled */
    const bool *labelled;
    const double *w;         /* sampling weights of labelled items, > 0; NULL: 1 */
    const uint64_t *cluster; /* NULL: each item its own */
    const bool *drawn;       /* where only a draw of the items without a label is here, whether a
                              * labelled one would be in it; NULL: all items are here */
    bool rate;               /* truth is 0 or 1, or now and then between */
    bool same_scale; /* judged estimates truth: probability, share, score of the same scale */
    bool elsewhere;  /* labelled items are of another source: no sample of the job, and
                      * only the others count for it */
    uint64_t seed;   /* folds of OUA; scores on another scale need truth in [0, 1] */
};

struct az_chosen {
    struct az_figure figure; /* its n: labelled items, or the judged where none are used */
    bool judge_error;        /* the interval knows that the panel errs */
    const char *why;         /* why this method and no other; static */
    struct az_figure labels; /* labels only, to compare; undefined without labels */
    struct az_figure panel;  /* the panel alone */
};

/* 0 or AZ_ENOMEM. */
int az_choose_mean(const struct az_mean_of *of, struct az_chosen *ret);
