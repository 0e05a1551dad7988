/* statistics/interval/weighted.h: a mean or a rate over items that were drawn with
 * unequal chances (sampling weights 1 / chance), by cluster. Pure.
 *
 * The mean is sum(w x) / sum(w). Its interval is that of interval/mean.h over the
 * values mean + w (x - mean), w scaled to a mean of 1, which linearises the ratio
 * (Särndal, Swensson and Wretman 1992, "Model Assisted Survey Sampling", section 5.5).
 * With equal weights it is that of the values themselves, whatever the weight. */
#pragma once
#include "core/base.h"
#include "statistics/figure.h"

/* `w` > 0, n of each. `rate`: values lie in [0, 1] (az_mean_rate()), else Student's t.
 * Undefined for `reason` when n is 0. 0 or AZ_ENOMEM. */
int az_weighted_mean(const double *x, const double *w, const uint64_t *cluster, size_t n, bool rate,
                     const char *reason, struct az_figure *ret);

/* Are they all the same, but for rounding? */
bool az_weights_equal(const double *w, size_t n);
