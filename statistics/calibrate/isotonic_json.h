/* statistics/calibrate/isotonic_json.h: a rising curve as JSON, and back. Pure.
 *
 *   "x": […], "y": […]   of the object that is open: the knots */
#pragma once
#include "statistics/calibrate/isotonic.h"
#include "statistics/fitted_json.h"

void az_isotonic_write(struct az_jw *w, const struct az_isotonic *c);

/* *ret is to be released also after an error. AZ_EINVAL: x that do not rise, y that fall;
 * AZ_ENOMEM. */
int az_isotonic_read(az_jv object, struct az_isotonic *ret, struct az_error *err);
