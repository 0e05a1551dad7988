/* client/cli/figure_json.h: a figure as JSON: {value, low, high, method, n, reason}
 * without what it lacks, but for value, which is null then. Pure. */
#pragma once
#include "core/json.h"
#include "statistics/figure.h"

void az_figure_put(struct az_jw *w, const char *key, const struct az_figure *f);
