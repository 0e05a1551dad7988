/* statistics/interval/clopper_pearson.h: exact bounds of a binomial proportion.
 * Pure.
 *
 * Clopper and Pearson, Biometrika 26 (1934) 404-413: a bound is a quantile of a
 * beta distribution. Exact means never below the level; at small n it is often
 * well above, and the interval wider than Wilson's. */
#pragma once
#include "core/base.h"

/* Two-sided, equal tails, `x` of `n` > 0 at `level` in (0, 1). False, and
 * nothing written, for other input. */
bool az_clopper_pearson(int64_t x, int64_t n, double level, double *low, double *high);

/* One-sided: p such that the true proportion is at most (at least) p with
 * probability `level`. NaN for input out of range. */
double az_binomial_upper(int64_t x, int64_t n, double level);
double az_binomial_lower(int64_t x, int64_t n, double level);
