/* statistics/guarantee/drift.h: an alarm when judges become worse than was
 * promised, from the stream of audited items. Pure, streaming, constant memory.
 *
 * A loss in [0, 1] an audited item, in the order in which they are decided: wrong
 * or not where the truth is known, disagreement with the panel asked in full where
 * it is not. The hypothesis is that its mean stays at most `base`. The test may be
 * looked at after every item, and the probability that it ever raises an alarm
 * while the hypothesis holds is at most delta (Ville's inequality).
 *
 * It bets against the hypothesis (Waudby-Smith, Ramdas, "Estimating means of
 * bounded random variables by betting", JRSS-B 86 (2024) 1-27): a bet on mean q
 * multiplies by 1 + (q - base) / (base (1 - base)) (x - base). Its wealth is a
 * mixture over several q and over the item at which the drift began, the j-th
 * with weight 1 / (j (j + 1)), which is again a fair bet; so it finds a
 * drift that begins late (compare the e-detectors of Shin, Ramdas, Rinaldo 2024). */
#pragma once
#include "core/base.h"
#include "statistics/figure.h"

enum { AZ_DRIFT_BETS = 10 };

struct az_drift {
    double base, delta;
    int64_t n;  /* items seen */
    double sum; /* of their losses */
    double wealth[AZ_DRIFT_BETS];
    int64_t alarm; /* the number of the item that raised it, from 1; 0: none */
};

/* base and delta in (0, 1). */
void az_drift_init(struct az_drift *d, double base, double delta);

/* True from the item that raises the alarm on. */
bool az_drift_add(struct az_drift *d, double loss);

/* The evidence now: at 1 / delta it is an alarm. */
double az_drift_evidence(const struct az_drift *d);

/* A base for judges whose loss is known from `n` labelled items only: the exact
 * upper bound at level 1 - delta, where n is 0 NaN. The chance of a false alarm is
 * then at most the sum of both deltas. */
double az_drift_base(int64_t errors, int64_t n, double delta);

/* The mean loss so far with an interval that holds at all times at once: a
 * confidence sequence, by a beta(1/2, 1/2) mixture (Robbins 1970; for bounded
 * numbers, Waudby-Smith and Ramdas 2024). Wider than one that is looked at once. */
struct az_figure az_drift_rate(const struct az_drift *d);
