/* statistics/calibrate/logit.h: logistic regression on one to three numbers a
 * row, for the maps from scores to probabilities. Pure.
 *
 * Newton's method with halved steps on the log-likelihood
 * sum w (t ln q + (1 - t) ln(1 - q)), q = sigmoid(coef . x), t in [0, 1]. */
#pragma once
#include "core/base.h"

enum { AZ_LOGIT_MAX = 3 };

double az_sigmoid(double u);
double az_logit(double p); /* ln(p / (1 - p)) */

/* -ln sigmoid(u), and -ln(1 - sigmoid(u)), without overflow. */
double az_log1pexp(double u); /* ln(1 + e^u) */

/* `x` is n rows of d <= AZ_LOGIT_MAX; `w` NULL or weights, 0 leaves a row out.
 * A column that the ones before it explain keeps its coefficient 0, so the
 * intercept comes first. False, and nothing written: no rows, or no finite
 * optimum (classes that the scores separate, targets all 0 or 1). */
bool az_logit_fit(const double *x, const double *t, const double *w, size_t n, size_t d,
                  double *coef);
