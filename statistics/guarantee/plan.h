/* statistics/guarantee/plan.h: where the tests of a risk begin. Pure.
 *
 * Fixed-sequence testing (risk.h) may begin at any test that is fixed beforehand. The
 * first possible one, the most confident k0 without an error, is lost by a single stray
 * error on top, and with it all others. A later one allows errors, and needs as many
 * items to be good. Which one promises most is worked out from what a model says of
 * other items, never of those that are tested: so no part of delta is spent on it, and
 * a model that is wrong about itself costs coverage, never the promise. */
#pragma once
#include "core/base.h"

enum { AZ_RISK_PLAN_ITEMS = 2000 }; /* planned for so many; beyond, in proportion */

/* The number of errors that the first of the tests allows, of `n` items still to be
 * labelled: the one with the largest expected share of items kept. `wrong`: the chances of
 * n_other other items to be wrong, as a model says, in any order; as they are, and with odds
 * halved and doubled, a third each. Losses of 0 and 1. 0 where no test is possible or
 * nothing is known. 0 or AZ_ENOMEM. */
int az_risk_plan(const double *wrong, size_t n_other, size_t n, double alpha, double delta,
                 int64_t *ret);
