/* statistics/calibrate/beta.h: beta calibration of a probability. Pure.
 *
 * q = sigmoid(a ln p - b ln(1 - p) + c), a and b not negative (Kull, Silva Filho,
 * Flach, Electronic Journal of Statistics 11 (2017) 5052-5080): unlike Platt on
 * the log odds it can leave alone what is calibrated on one side only. */
#pragma once
#include "core/base.h"

struct az_beta {
    double a, b, c;
};

/* How a and b are tied. */
enum az_beta_form {
    AZ_BETA_FREE,   /* as they come, below 0 too: what the others start from */
    AZ_BETA_RISING, /* a below 0: fitted again with a = 0; else b likewise */
    AZ_BETA_AS_ONE, /* a = b: two numbers */
};

/* `p` in (0, 1), clipped to [1e-12, 1 - 1e-12]; `y` in [0, 1]; `w` NULL: 1.
 * 0, AZ_ENOMEM, or AZ_ENOENT: no labels, or no finite optimum. */
int az_beta_fit(const double *p, const double *y, const double *w, size_t n, enum az_beta_form form,
                struct az_beta *ret);
double az_beta_apply(const struct az_beta *m, double p);
