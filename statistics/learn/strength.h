/* statistics/learn/strength.h: how strongly a panel speaks for each answer, without
 * anything learnt. Pure. */
#pragma once
#include "statistics/learn/design.h"

/* The mean share over the judges that voted, but for `except` (-1: none); zeros
 * when there is nobody. Returns how many voted. */
size_t az_strength_mean(const struct az_design *d, size_t item, int except, double *ret);

/* 1/m for each of the m answers with the largest mean share; zeros when nobody
 * voted. */
void az_strength_majority(const struct az_design *d, size_t item, double *ret);

/* A judge's credit on one item; 1/(labels of the item) when it said nothing. */
double az_judge_credit(const struct az_design *d, size_t item, size_t judge);

/* Labels that some of `rows` has as its truth, at least 2. */
double az_labels_seen(const struct az_design *d, struct az_rows rows);
