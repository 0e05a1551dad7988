/* statistics/agreement/habit.h: what a judge does whatever the item: likes what is
 * long, its own family, a good mark; and whether it says the same twice. Pure,
 * streaming; a zeroed struct is an empty one. Labels of pairs as in bias.h. */
#pragma once
#include "core/base.h"
#include "statistics/correlation.h"
#include "statistics/figure.h"
#include "statistics/interval/mean.h"

/* ---- x and y with z held still: partial correlation ----
 *
 * (r_xy - r_xz r_yz) / sqrt((1 - r_xz^2)(1 - r_yz^2)), interval by Fisher's z with
 * n - 4 (Fisher 1924). For verbosity: x is how far the judge prefers A (share of A
 * less share of B), y the difference of the log lengths, z what is true (+1 A, -1
 * B, 0 tie; without gold, what the other judges say): a long answer that is also
 * the better one is no habit. */
struct az_partial {
    struct az_pearson xy, xz, yz;
};
void az_partial_add(struct az_partial *p, double x, double y, double z);
/* Where z never changes it is the plain correlation of x and y. Undefined with fewer
 * than five items, where x or y never changes, or where z fixes one of them. */
struct az_figure az_partial_figure(const struct az_partial *p);

/* ---- self- and family-preference ----
 *
 * Over items where exactly one of two systems is of the judge's family: what the
 * judge gives that side (1 a win, 1/2 a tie) less what is due to it (gold; without
 * it, the mean of judges of other families). Above 0 it likes its own (Panickssery
 * et al. 2024 compare the same way). */
struct az_own {
    struct az_mean gap;
};
int az_own_add(struct az_own *o, uint64_t cluster, double given, double due); /* 0, AZ_ENOMEM */
void az_own_release(struct az_own *o);
struct az_figure az_own_figure(const struct az_own *o);

/* ---- leniency ----
 *
 * A judge that does not know guesses "passed" with probability P+. From the rates
 * at which it passes what is true to pass (t) and fails what is true to fail (u),
 * P+ = (1 - u) / ((1 - t) + (1 - u)) (Thakur et al. 2024, "Judging the Judges",
 * section 5): 1/2 is even-handed. Of all its errors on even classes, the share that
 * was too kind. Undefined without errors or where a class is missing. */
struct az_lenient {
    int64_t good, good_passed, bad, bad_passed;
};
void az_lenient_add(struct az_lenient *l, bool truth_passes, bool judge_passes);
struct az_figure az_lenient_figure(const struct az_lenient *l);

/* ---- the same question again ----
 *
 * Over items with two readable samples or more (of one order): the share of the
 * pairs of samples that agree, each item counting once. */
struct az_within {
    struct az_mean agree;
};
/* counts[k]: samples with label k. Items with fewer than two do not count. */
int az_within_add(struct az_within *w, uint64_t cluster, const int *counts, size_t n_labels);
void az_within_release(struct az_within *w);
struct az_figure az_within_figure(const struct az_within *w);

/* ---- use of the scale ----
 *
 * Mean and standard deviation of a judge's scores, the share at either end, and how
 * many levels it uses in effect: exp of the entropy of its scores over the levels.
 * Levels are `n_levels` steps from least to most. */
enum { AZ_SCALE_LEVELS = 64 };
struct az_scale {
    struct az_moments moments;
    int64_t levels[AZ_SCALE_LEVELS];
    size_t n_levels;
    double least, most;
};
void az_scale_init(struct az_scale *s, double least, double most, size_t n_levels);
void az_scale_add(struct az_scale *s, double score);
struct az_figure az_scale_mean(const struct az_scale *s);
struct az_figure az_scale_deviation(const struct az_scale *s); /* n - 1; two scores or more */
struct az_figure az_scale_ends(const struct az_scale *s);
struct az_figure az_scale_levels_used(const struct az_scale *s);
