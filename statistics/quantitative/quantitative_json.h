/* statistics/quantitative/quantitative_json.h: a regression on reasons as JSON, and
 * back. Pure.
 *
 *     {"form": "bradley-terry", "features": "words-1-2/1024", "penalty": 0.3,
 *      "scale": 1, "spread": 1, "base": [1.2, 0.1], "words": [0.01, …]}
 *
 * `words` has a row of numbers for each coordinate (words.h), one a head. */
#pragma once
#include "core/json.h"
#include "statistics/quantitative/regression.h"

/* One value; `m` reads words. */
void az_quantitative_write(struct az_jw *w, const struct az_quantitative *m);

/* For answers like those of `like`. AZ_EINVAL says what is wrong; AZ_ENOMEM. */
int az_quantitative_read(az_jv v, const struct az_evaluations *like, struct az_quantitative **ret,
                         struct az_error *err);
