/* client/cli/methods.h: ways to combine a panel's ballots, each scored on labelled
 * items that it had not seen: what `calibrate` and `report` print. Pure. */
#pragma once
#include "client/cli/report.h"
#include "core/base.h"
#include "core/error.h"
#include "statistics/agreement/quality.h"
#include "statistics/learn/learner.h"

enum { AZ_METHODS_MAX = 16 };

struct az_methods {
    size_t n;
    struct az_report_method v[AZ_METHODS_MAX]; /* `quality` points into this struct */
    struct az_quality quality[AZ_METHODS_MAX];
    double *p; /* of the last one: out of fold, n_labels a row */
};

/* Zeroed = empty; not to be moved while it holds something. */
void az_methods_release(struct az_methods *m);

/* Score the learner `name` on `rows` (labelled) by five folds that keep clusters
 * together. AZ_ENOMEM; AZ_EINVAL: the fit ran away. */
int az_methods_add(struct az_methods *m, const char *name, const struct az_design *d,
                   struct az_rows rows, uint64_t seed, struct az_error *err);

/* Likewise of probabilities from elsewhere, n_labels a row, under a name that outlives
 * `m`. AZ_ENOMEM. */
int az_methods_put(struct az_methods *m, const char *name, const struct az_design *d,
                   struct az_rows rows, const double *p, struct az_error *err);

/* Its figures for `rows`, from what was said of them; `quality` is started here, and the
 * caller's to release. Without `probabilities`, p are counts and only accuracy is defined.
 * AZ_ENOMEM. */
int az_method_measure(const struct az_design *d, struct az_rows rows, const double *p,
                      bool probabilities, struct az_quality *quality, struct az_report_method *m);
