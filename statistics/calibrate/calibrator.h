/* statistics/calibrate/calibrator.h: one calibration of an item's probabilities,
 * whichever kind it is. Pure.
 *
 * Labels with meanings of their own have intercepts, slopes or curves of their
 * own (`own`, a bit a label); those that are places only (A and B of a pair) share
 * them, so that no map can prefer one. A score of one event is two labels with
 * logits (0, score) and own = 2. */
#pragma once
#include "statistics/calibrate/isotonic.h"
#include "statistics/calibrate/logits.h"
#include "statistics/calibrate/platt.h"
#include "statistics/calibrate/temperature.h"

enum az_calibrator_kind {
    AZ_CALIBRATOR_NONE,        /* softmax(z) as it is */
    AZ_CALIBRATOR_TEMPERATURE, /* one slope */
    AZ_CALIBRATOR_PLATT,       /* a slope, and an intercept for each own label */
    AZ_CALIBRATOR_VECTOR,      /* slopes of their own, too; more than two labels only */
    AZ_CALIBRATOR_ISOTONIC,    /* a rising curve on softmax(z), rows made to sum to 1 */
    AZ_CALIBRATOR_KINDS
};

const char *az_calibrator_name(enum az_calibrator_kind kind); /* "temperature" …, static */

struct az_calibrator {
    enum az_calibrator_kind kind;
    size_t n_labels;
    uint64_t own;
    struct az_temperature temperature;
    struct az_platt platt; /* two labels */
    struct az_platt_many many;
    /* Temperature and isotonic, which have no prior: added to each probability, of n labelled
     * items 1 / (n + 2) in all, lest labels without a mistake make one 0. */
    double least;
    struct az_isotonic *curves; /* the shared one first, then one for each own label; owned */
};

/* 0, AZ_ENOMEM, or AZ_ENOENT: this kind cannot be fitted to these (no labels). */
int az_calibrator_fit(enum az_calibrator_kind kind, const struct az_logits *l, uint64_t own,
                      struct az_calibrator *ret);
void az_calibrator_release(struct az_calibrator *m); /* a zeroed one is fine */

/* q: probabilities of an item's k labels from its logits; q may be z. */
void az_calibrator_apply(const struct az_calibrator *m, const double *z, size_t k, double *q);
