/* statistics/calibrate/platt.h: from a score to a probability by a logistic
 * curve. Pure.
 *
 * One score: q = sigmoid(a s + b) (Platt 1999; Lin, Lin, Weng, Machine Learning
 * 68 (2007) 267-276). Scores are best on the scale of log odds. Many labels: see
 * below. Weights NULL are 1; a weight of 0 leaves an item out. */
#pragma once
#include "core/base.h"
#include "statistics/calibrate/logits.h"

struct az_platt {
    double a, b;
};

/* `y` in [0, 1]. With `smooth`, to targets (N+ + 1)/(N+ + 2) and 1/(N- + 2) in
 * place of 1 and 0, which has a finite optimum whatever the labels; without, the
 * plain logistic fit, whose mean is that of y. 0, AZ_ENOMEM, or AZ_ENOENT: no
 * weight at all, or (plain) no finite optimum. */
int az_platt_fit(const double *score, const double *y, const double *w, size_t n, bool smooth,
                 struct az_platt *ret);
double az_platt_apply(const struct az_platt *m, double score);

/* Many labels: q proportional to exp(a_k z_k + b_k), z the logits of an item
 * (vector scaling, Guo et al., ICML 2017; with one a for all labels the
 * bias-corrected temperature of Alexandari et al., ICML 2020). */
struct az_platt_many {
    size_t n_labels;
    double a[AZ_LOGITS_LABELS], b[AZ_LOGITS_LABELS];
};

/* `intercepts` has a bit for each label with a b_k of its own; with `slopes`
 * these have an a_k of their own, too. Labels that are places only (A and B of a
 * pair) have none: they share a, and b is 0. By L-BFGS on the weighted log-loss
 * with Gaussian priors of deviation 1 on b_k and a_k - a and 2 on a - 1, so that
 * few labels or a class unseen leave it finite. `a` may come out below 0: then
 * the scores point the wrong way. 0, AZ_ENOMEM, or AZ_ENOENT: no labelled item. */
int az_platt_many_fit(const struct az_logits *l, uint64_t intercepts, bool slopes,
                      struct az_platt_many *ret);

/* Probabilities of the first k labels; q may be z. */
void az_platt_many_apply(const struct az_platt_many *m, const double *z, size_t k, double *q);
