/* statistics/interval/needed.h: how many labels it takes until the interval that
 * choose.h would show is as narrow as somebody wants. Pure.
 *
 * From the labels there are: their mean, and the variance of PPI++ with the part that
 * labels have in it and that of the rest; the first shrinks with their number, drawn as these
 * were, the second stays. The method is the one that the rule of choose.h would take at
 * that number. It is an estimate from few labels, good to some tenth at a hundred of them. OUA
 * is taken to be as wide as PPI++. */
#pragma once
#include "core/base.h"
#include "statistics/interval/choose.h"

enum { AZ_NEEDED_LEAST = 10 }; /* labelled items; from fewer nothing is said */

/* Labelled items in all for an interval of at most `width` > 0 from end to end. 0: too few
 * labels to say, or labels of another source; above of->n: not even all items. 0 or
 * AZ_ENOMEM. */
int az_labels_needed(const struct az_mean_of *of, double width, int64_t *ret);
