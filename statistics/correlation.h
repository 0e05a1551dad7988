/* statistics/correlation.h: means, spreads and Pearson's correlation of a
 * stream, in constant memory; correlations of ranks. Pure; a zeroed struct is an
 * empty one.
 *
 * Updating and merging as in Welford 1962 and Chan, Golub, LeVeque 1979: no
 * difference of large sums, so no loss of digits. */
#pragma once
#include "core/base.h"
#include "statistics/figure.h"

struct az_moments {
    int64_t n;
    double mean, ss; /* ss: sum of squares about the mean */
};

void az_moments_add(struct az_moments *m, double x);

struct az_pearson {
    int64_t n;
    double mean_x, mean_y, ss_x, ss_y, s_xy;
};

void az_pearson_add(struct az_pearson *p, double x, double y);
void az_pearson_merge(struct az_pearson *into, const struct az_pearson *from);

/* Undefined with fewer than two pairs, or where one side never changes. */
struct az_figure az_pearson_figure(const struct az_pearson *p);

/* Of n complete pairs of finite numbers, in n log n; 0 or AZ_ENOMEM. Undefined as above.
 * Spearman's rho: Pearson's of mid-ranks (1904). Kendall's tau-b (Biometrika 33, 1945):
 * (concordant - discordant) / sqrt((pairs - ties of x) (pairs - ties of y)), by a merge
 * sort (Knight, JASA 61, 1966). */
int az_spearman(const double *x, const double *y, size_t n, struct az_figure *ret);
int az_kendall_tau_b(const double *x, const double *y, size_t n, struct az_figure *ret);
