/* statistics/quantitative/parts.h: what regression.c and least_squares.c share. Pure. */
#pragma once
#include "statistics/quantitative/regression.h"

/* The judge's share of each label, of its ballots that name one. */
void az_quantitative_shares(const struct az_evaluations *e, size_t item, double *share);
/* Levels with mean 0 and spread 1; and the mean of them under these shares. */
void az_quantitative_levels(const struct az_quantitative *m, double *level);
double az_quantitative_expected(const struct az_quantitative *m, const double *share);

/* Fits m's base, words and spread. 0, AZ_ENOMEM or AZ_EINVAL. */
int az_quantitative_least_squares(struct az_quantitative *m, const struct az_evaluations *e,
                                  const double *truth, const double *w);
/* The log of the Gaussian's density at each level, but for a constant. */
void az_quantitative_gaussian(const struct az_quantitative *m, const struct az_evaluations *e,
                              size_t item, double *u);
