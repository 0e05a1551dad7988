/* statistics/interval/wilson.h: Wilson's score interval of a proportion. Pure.
 *
 * Wilson, Journal of the American Statistical Association 22 (1927) 209-212. It
 * stays inside [0, 1] and is not empty at 0 or 1, unlike p +- z * se. */
#pragma once
#include "core/base.h"

/* `share` in [0, 1] of `n` > 0 observations, which need not be whole (an
 * effective sample size); z = 1.96 for 95 %. False, and nothing written, for
 * other input. */
bool az_wilson(double share, double n, double z, double *low, double *high);
