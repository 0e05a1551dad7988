/* statistics/guarantee/bounds.h: p-values of "the risk is above alpha". Pure.
 *
 * A small p-value lets one claim that the mean loss is at most alpha: the claim
 * is wrong with probability at most p. NaN for input out of range. Bounds of a
 * proportion are in statistics/interval/clopper_pearson.h. */
#pragma once
#include "core/base.h"

/* Losses of 0 and 1: P(Bin(n, alpha) <= errors), exact and the smallest of
 * these. n = 0 gives 1. */
double az_risk_p_binomial(int64_t errors, int64_t n, double alpha);

/* Losses anywhere in [0, 1], `sum` of `n`, by two inequalities:
 * Hoeffding: exp(-n h(min(R, alpha), alpha)), h the relative entropy of two coins;
 * Bentkus: e P(Bin(n, alpha) <= ceil(n R)), R = sum / n;
 * and the smaller of both (Bates, Angelopoulos, Lei, Malik, Jordan, Journal of
 * the ACM 68 (2021) 43; Angelopoulos et al., "Learn then Test", 2021). They
 * can exceed 1. A sum within 1e-9 above an integer is that integer. */
double az_risk_p_hoeffding(double sum, int64_t n, double alpha);
double az_risk_p_bentkus(double sum, int64_t n, double alpha);
double az_risk_p_hoeffding_bentkus(double sum, int64_t n, double alpha);

/* The fewest draws without an error that show a risk of at most alpha:
 * ceil(ln delta / ln(1 - alpha)). 59 for 0.05 and 0.05. 0 for alpha or delta
 * outside (0, 1). */
int64_t az_risk_draws_without_error(double alpha, double delta);

/* The fewest draws among which a sum of losses of `errors` may be: min {n: p <=
 * delta}, p of the exact test or (losses between 0 and 1) of Hoeffding's and
 * Bentkus'. 0 as above. */
int64_t az_risk_draws(int64_t errors, double alpha, double delta, bool exact);
