/* statistics/agreement/fleiss.h: Fleiss' kappa of a panel, Scott's pi of two judges,
 * and Cohen's kappa with weights. Pure, streaming; negative labels are missing.
 *
 * Fleiss (Psychological Bulletin 76, 1971): every item has the same number of answers,
 * so an item that misses one is dropped; which judge gave which does not matter. With
 * two judges it is Scott's pi (Public Opinion Quarterly 19, 1955).
 *
 * Weighted kappa (Cohen, Psychological Bulletin 70, 1968): 1 - observed / expected
 * disagreement, of which a pair of labels has the distance of their values, or its
 * square, expected by the judges' own margins. Values are the declared levels, or the
 * labels' places; packages that take the places among labels in use differ where a
 * level was never given. */
#pragma once
#include "core/base.h"
#include "core/error.h"
#include "statistics/agreement/kappa.h"
#include "statistics/figure.h"

struct az_fleiss {
    size_t n_labels, judges;
    int64_t items;
    double agreeing; /* sum over items of the share of pairs that agree */
    int64_t *totals; /* n_labels */
    int64_t *counts; /* scratch of one item */
};

/* AZ_ENOMEM, and nothing to release. */
int az_fleiss_init(struct az_fleiss *f, size_t n_labels, size_t judges);
void az_fleiss_release(struct az_fleiss *f);
void az_fleiss_add(struct az_fleiss *f, const int *labels); /* one a judge */

/* Undefined without complete items, with one judge, or when all labels are the same. */
struct az_figure az_fleiss_figure(const struct az_fleiss *f);

/* Of two judges, from their counts (kappa.h). Undefined as Cohen's kappa is. */
struct az_figure az_scott_pi(const struct az_kappa *k);

struct az_weighted_kappa {
    struct az_kappa counts;
    const double *values; /* n_labels, ascending, or NULL: 0, 1, …; the caller's */
    double linear, quadratic;
};

/* As az_kappa_init. */
void az_weighted_kappa_init(struct az_weighted_kappa *w, size_t n_labels, const double *values,
                            int64_t *margins);
void az_weighted_kappa_add(struct az_weighted_kappa *w, int a, int b);
struct az_figure az_weighted_kappa_linear(const struct az_weighted_kappa *w);
struct az_figure az_weighted_kappa_quadratic(const struct az_weighted_kappa *w);
