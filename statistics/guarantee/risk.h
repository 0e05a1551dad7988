/* statistics/guarantee/risk.h: keep only what is confident enough, so that of
 * what is kept at most a share alpha is wrong. Pure.
 *
 * The promise: with probability at least 1 - delta over the draw of the labelled
 * items, P(wrong | kept) <= alpha for future items of the same stream. It needs
 * labelled items exchangeable with the stream, and a score that was fitted without
 * their labels (fitted on others, or cross-fitted by a rule fixed beforehand).
 *
 * Fixed-sequence testing (Angelopoulos, Bates, Candès, Jordan, Lei, "Learn then
 * Test", 2021; for judges, Jung, Brahman, Choi, "Trust or Escalate", ICLR 2025):
 * labelled items by falling score, one a cluster; the hypothesis "the risk of all
 * that scores at least this is above alpha" is tested at the k0 =
 * ceil(ln delta / ln(1 - alpha)) most confident, then further down, until a test
 * fails; no correction for many tests is due. Tests stand at the counts at which
 * one more error is allowed, k_e = min {k: P(Bin(k, alpha) <= e) <= delta}, and at
 * the last item: between two of these counts a test could only fail sooner. Equal
 * scores enter together. Losses of 0 and 1 have the exact binomial test, others
 * Hoeffding's and Bentkus' (bounds.h), and start where losses may sum to 1, since
 * small ones are found on top, too.
 *
 * Where confidence does not order the items by risk (riskier ones on top), delta
 * is not exact: the sequence starts where k0 items are, not at a score fixed
 * beforehand. A sequence may start further down, where errors are allowed: plan.h. */
#pragma once
#include "core/base.h"
#include "statistics/figure.h"

struct az_risk {
    bool kept;        /* false: refused, see reason and needed */
    bool all;         /* the last test held too: keep everything, whatever its score */
    double threshold; /* keep what scores at least this */
    int64_t n;        /* labelled items looked at: one a cluster */
    int64_t n_kept;   /* of them at or above the threshold */
    double loss;      /* the sum of their losses */
    int64_t least;    /* k0: no promise with fewer labels, whatever they say */
    int64_t
        needed; /* refused: an estimate of the labels it takes; 0: more of the same would not do */
    const char *test; /* static: "exact binomial" or "hoeffding-bentkus" */
    const char *reason;
};

/* `loss` in [0, 1], finite scores; `cluster` NULL: each its own; `seed` draws the
 * one item of a cluster. alpha and delta in (0, 1). 0 (refusals too) or
 * AZ_ENOMEM. */
int az_risk_fit(const double *score, const double *loss, const uint64_t *cluster, size_t n,
                double alpha, double delta, uint64_t seed, struct az_risk *ret);

/* The same, with tests that begin where `start` errors are allowed, which was fixed without
 * these labels (plan.h). `needed` is then the labels of that test or a later one, if any would do.
 */
int az_risk_fit_from(const double *score, const double *loss, const uint64_t *cluster, size_t n,
                     double alpha, double delta, int64_t start, uint64_t seed, struct az_risk *ret);

static inline bool az_risk_keeps(const struct az_risk *r, double score)
{
    return r->kept && (r->all || score >= r->threshold);
}

/* What the promise costs: the share that is kept, with Wilson's interval; 0 where
 * it is refused. */
struct az_figure az_risk_coverage(const struct az_risk *r);

/* The share of the kept that is wrong (undefined where nothing is kept), with an
 * interval from 0 up to the level 1 - delta bound (of losses of 0 and 1). The
 * threshold was chosen on the same items: the bound that holds is alpha. */
struct az_figure az_risk_seen(const struct az_risk *r, double delta);

/* A cascade: what tier t does not keep goes to tier t + 1, which has a score and
 * a loss of its own for every item. Each tier tests at delta / n_tiers on a fold
 * of its own (by cluster), among the items that reach it. All promises hold at
 * once with probability 1 - delta, and so does that for all that is kept. `ret`
 * has n_tiers. */
struct az_risk_tier {
    const double *score, *loss;
};
int az_risk_cascade(const struct az_risk_tier *tiers, size_t n_tiers, const uint64_t *cluster,
                    size_t n, double alpha, double delta, uint64_t seed, struct az_risk *ret);
