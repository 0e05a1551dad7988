/* client/cli/reference.h: how often the panel and its judges were wrong on labelled items
 * that nothing was learnt from: what policies/watch.h holds later items against. Pure. */
#pragma once
#include "policies/calibration.h"
#include "statistics/learn/design.h"

/* `p`: probabilities out of fold of `rows`, n_labels a row. One item of a cluster, drawn by
 * `seed`. Of scores the panel only. Arrays of *ret are the caller's: az_reference_release().
 * AZ_ENOMEM. */
int az_reference_of(const struct az_design *d, struct az_rows rows, const double *p, uint64_t seed,
                    struct az_reference *ret);
void az_reference_release(struct az_reference *r); /* a zeroed one is fine */
