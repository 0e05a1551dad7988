/* statistics/agreement/quality.h: how good probabilities are: log loss, Brier
 * score, calibration error and the reliability curve. Pure, streaming.
 *
 * Log loss: mean of -ln p(truth), p cut to [1e-15, 1 - 1e-15] (Good 1952). Brier:
 * mean over items of the sum over labels of (p - y)^2, 0 to 2 (Brier 1950); for
 * two labels that is twice the one-sided form. ECE: over B bins of equal width,
 * (k/B, (k+1)/B] with 0 in the first, the mean distance of confidence and rate
 * weighted by the bins' sizes (Naeini et al. 2015); MCE its largest. ECE is biased
 * upwards at small n: judge by log loss and Brier. */
#pragma once
#include "core/base.h"
#include "statistics/figure.h"
#include "statistics/interval/mean.h"

enum { AZ_QUALITY_BINS_MAX = 20 };

struct az_quality_bin {
    int64_t n;
    double confidence, right; /* sums */
};

struct az_quality {
    size_t n_bins;
    struct az_mean log_loss, brier;
    struct az_quality_bin bins[AZ_QUALITY_BINS_MAX];
};

void az_quality_init(struct az_quality *q, size_t n_bins); /* up to AZ_QUALITY_BINS_MAX */
void az_quality_release(struct az_quality *q);

/* An item's n_labels probabilities, which sum to 1, and its true label. The curve
 * is of the likeliest label: its probability against whether it is true (shared
 * tops, a share each). 0 or AZ_ENOMEM. */
int az_quality_add(struct az_quality *q, uint64_t cluster, const double *p, size_t n_labels,
                   size_t truth);
/* One probability of an event, and whether it came; the curve is of p itself and
 * Brier one-sided, 0 to 1. Not mixed with the other form. */
int az_quality_add_event(struct az_quality *q, uint64_t cluster, double p, bool came);

/* Means over items with their intervals by cluster. Undefined when empty. */
struct az_figure az_quality_log_loss(const struct az_quality *q);
struct az_figure az_quality_brier(const struct az_quality *q);
struct az_figure az_quality_ece(const struct az_quality *q); /* no interval */
struct az_figure az_quality_mce(const struct az_quality *q);

/* Bin i < n_bins of the curve: rate of the event (Wilson's interval; undefined where
 * the bin is empty), and in *confidence the mean probability. */
struct az_figure az_quality_curve(const struct az_quality *q, size_t i, double *confidence);
