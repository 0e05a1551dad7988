/* statistics/special.h: the special functions that intervals need. Pure,
 * thread-safe. Arguments out of range give NaN, which figures turn into
 * "undefined". */
#pragma once
#include "core/base.h"

/* z with P(Z <= z) = p, 0 < p < 1; to about 1e-14. Starting value: Abramowitz
 * and Stegun 26.2.23, then Halley's method on erfc. */
double az_normal_quantile(double p);

/* log B(a, b), a and b > 0. */
double az_log_beta(double a, double b);

/* The regularised incomplete beta function I_x(a, b), 0 <= x <= 1: the
 * continued fraction DLMF 8.17.22 by Lentz's method. */
double az_beta_inc(double a, double b, double x);

/* x with I_x(a, b) = p, 0 <= p <= 1, by bisection: to the last bits, also near 0. */
double az_beta_quantile(double p, double a, double b);

/* P(X <= k) for X binomial of n draws at probability p: I_{1-p}(n - k, k + 1)
 * (DLMF 8.17.5). 0 for k < 0, 1 for k >= n. */
double az_binomial_cdf(int64_t k, int64_t n, double p);

/* P(Z <= z). */
double az_normal_cdf(double z);

/* t with P(T <= t) = p for Student's t with `df` > 0 degrees of freedom; by
 * bisection of I_y(1/2, df/2). Above a million degrees it is the normal's. */
double az_t_quantile(double p, double df);

/* The digamma function, x > 0: up by its recurrence to 10, then DLMF 5.11.2. */
double az_digamma(double x);
