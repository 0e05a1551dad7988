/* statistics/calibrate/isotonic.h: the best rising step function from a score
 * to a mean. Pure.
 *
 * Weighted least squares under monotone increase, by pooling adjacent violators
 * (Ayer et al., Annals of Mathematical Statistics 26 (1955) 641-647; Barlow et
 * al. 1972). Equal scores are pooled first. The fitted values have the mean of
 * the y they were fitted to: AutoCal-R in "Causal Judge Evaluation" (Landesberg
 * 2025) uses it for that. Wants some 500 labels: with fewer it learns noise. */
#pragma once
#include "core/base.h"

struct az_isotonic {
    size_t n;
    double *x, *y; /* knots: x strictly rising, y not falling; owned */
};

/* `w` NULL: 1; 0 leaves a point out. 0, AZ_ENOMEM, or AZ_ENOENT: no point with
 * weight. Free with az_isotonic_release(), which accepts a zeroed one. */
int az_isotonic_fit(const double *x, const double *y, const double *w, size_t n,
                    struct az_isotonic *ret);
void az_isotonic_release(struct az_isotonic *m);

/* Linear between knots, constant outside. */
double az_isotonic_apply(const struct az_isotonic *m, double x);
