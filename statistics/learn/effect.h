/* statistics/learn/effect.h: how many independent items clustered items are worth.
 * Pure.
 *
 * Items of one cluster share what makes them hard: a thousand answers to ten
 * prompts are no thousand observations. Each item is given the weight
 * 1 / (1 + (m − 1) ρ), m its cluster's size (the design effect of Kish 1965), and ρ
 * is the correlation within clusters of what the mean share, through its map, leaves
 * unexplained: of the truth's probability less its expectation where answers are
 * places, else of each label's indicator less its probability. */
#pragma once
#include "statistics/learn/model.h"

/* weight[item] of each of `rows` becomes its sampling weight times the above; other
 * items keep theirs. `weight` has d->n places. Returns ρ in [0, 1] in *rho (may be
 * NULL). 0, AZ_ENOMEM, AZ_EINVAL as a learner's fit. */
int az_effect_weights(const struct az_design *d, struct az_rows rows, double *weight, double *rho);
