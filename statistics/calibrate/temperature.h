/* statistics/calibrate/temperature.h: one number that makes probabilities less
 * (or more) sure of themselves. Pure.
 *
 * q = softmax(z / T), T the minimiser of the log-loss (Guo, Pleiss, Sun,
 * Weinberger, ICML 2017). It never changes which label is on top. */
#pragma once
#include "core/base.h"
#include "statistics/calibrate/logits.h"

struct az_temperature {
    double inverse; /* 1 / T, within [1e-4, 1e4]: the low end says that z tells nothing */
};

/* 0, or AZ_ENOENT: no item with a label. Newton's method, kept between bisections. */
int az_temperature_fit(const struct az_logits *l, struct az_temperature *ret);

/* q may be z. */
void az_temperature_apply(const struct az_temperature *t, const double *z, size_t k, double *q);

/* The mean log-loss of softmax(z / T) at T = 1 / inverse; NaN without labels. */
double az_temperature_loss(const struct az_logits *l, double inverse);
