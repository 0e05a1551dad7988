/* statistics/interval/rogan_gladen.h: the true share behind a judged one, from
 * what labelled items elsewhere say about the judge. Pure.
 *
 * Rogan and Gladen, American Journal of Epidemiology 107 (1978) 71-76: with
 * sensitivity Se and specificity Sp, (p + Sp - 1) / (Se + Sp - 1), p the judged
 * share. It needs no labelled item of the job itself, but the same Se and Sp there
 * and here. Interval: Lang and Reiczigel, Preventive Veterinary Medicine 113 (2014)
 * 13-22, which adds z^2/2 to the judged counts and 1 to each of the others. */
#pragma once
#include "core/base.h"
#include "statistics/figure.h"

struct az_rogan_gladen {
    int64_t said_yes, n;     /* of the job's items */
    int64_t yes_of_yes, yes; /* labelled, truly yes: how many the judge called so */
    int64_t no_of_no, no;    /* labelled, truly no */
};

/* Cut to [0, 1]. Undefined where a count is missing, or the judge tells yes from
 * no no better than a coin could: Youden's Se + Sp - 1 is not above 0 by two of
 * its standard errors; or no share in [0, 1] goes with what it said. n is that of the
 * labels. */
struct az_figure az_rogan_gladen(const struct az_rogan_gladen *c);
