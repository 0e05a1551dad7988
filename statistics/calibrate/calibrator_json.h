/* statistics/calibrate/calibrator_json.h: a map as JSON, and back. Pure.
 *
 *   {"map": "none" | "temperature" | "platt" | "vector" | "isotonic", "own": [2], …}
 * and of a temperature "inverse" and "least"; of platt and vector the lists "a" and "b" (one number
 * each for two labels with an own one, else one a label); of isotonic "least" and
 * "curves": [{"x": […], "y": […]}, …]. What is written reads back to the same bits. A
 * list of another length and a number that no fit makes are errors. */
#pragma once
#include "core/json.h"
#include "statistics/calibrate/calibrator.h"

/* One object. */
void az_calibrator_write(struct az_jw *w, const struct az_calibrator *m);

/* For `n_labels` labels. AZ_EINVAL says what is wrong; AZ_ENOMEM. Release *ret. */
int az_calibrator_read(az_jv v, size_t n_labels, struct az_calibrator *ret, struct az_error *err);
