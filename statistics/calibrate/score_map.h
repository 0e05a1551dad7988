/* statistics/calibrate/score_map.h: from a panel's score to the score that people give.
 * Pure.
 *
 * A line by least squares, or the best rising step function (isotonic.h), from
 * AZ_SCORE_MAP_CURVE labels: each has on average, over what it was fitted to, the mean of
 * the true scores (mean-preserving: AutoCal-R in "Causal Judge Evaluation", Landesberg
 * 2025). Chosen by cross-validated squared error; none where that one's lead over no map
 * is no more than its standard error, by cluster. What is measured is the whole procedure:
 * for each fold map and choice come from the other folds (nested cross-validation). */
#pragma once
#include "core/json.h"
#include "statistics/calibrate/isotonic.h"
#include "statistics/figure.h"

enum { AZ_SCORE_MAP_LEAST = 10, AZ_SCORE_MAP_CURVE = 500 };

enum az_score_map_kind { AZ_SCORES_NONE, AZ_SCORES_LINE, AZ_SCORES_CURVE, AZ_SCORES_KINDS };

struct az_score_map {
    enum az_score_map_kind kind;
    double a, b;              /* line: a + b x */
    struct az_isotonic curve; /* owned */
};

const char *az_score_map_name(enum az_score_map_kind kind); /* "none", "line", "isotonic" */
double az_score_map_apply(const struct az_score_map *m, double x);
void az_score_map_release(struct az_score_map *m); /* a zeroed one is fine */

struct az_score_fit {
    struct az_score_map map;         /* of all labels; owned */
    const char *reason;              /* why nothing was fitted; NULL: it was tried */
    struct az_figure before, after;  /* mean squared error, out of fold */
    struct az_figure off, off_after; /* mean of panel less truth, likewise */
};

/* n scores x with their true scores y; `w` > 0, `cluster` of each. AZ_ENOMEM. */
int az_score_map_fit(const double *x, const double *y, const double *w, const uint64_t *cluster,
                     size_t n, uint64_t seed, struct az_score_fit *ret);

/* One object: {"map": "none" | "line" | "isotonic", "a", "b" | "x": […], "y": […]}. */
void az_score_map_write(struct az_jw *w, const struct az_score_map *m);
/* AZ_EINVAL, AZ_ENOMEM. */
int az_score_map_read(az_jv v, struct az_score_map *ret, struct az_error *err);
