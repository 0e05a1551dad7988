/* statistics/rank/judged.h: strengths of systems from comparisons of judges that do not
 * always look: each is attentive with a probability of its own, and else takes the left
 * side with another. Pure. A reference for research: all judges' strengths are one.
 *
 * Noisy Bradley-Terry (Bugakova, Fedorova, Gusev, Drutsa, "Aggregation of pairwise
 * comparisons with reduction of biases", 2019):
 *   P(left wins) = g sigma(s_left - s_right) + (1 - g) sigma(q),  g = sigma(gamma),
 * with priors s, q ~ N(0, 1/lambda), gamma ~ N(1, 1/lambda). EM: each game is shared
 * between looking and clicking; then one Newton step of s, and of each q and gamma. The
 * maximum need not be the only one; it starts from even systems and attentive judges. */
#pragma once
#include "core/base.h"
#include "core/error.h"

struct az_judged_game {
    int32_t left, right, judge;
    double left_won; /* 1, 0, or between */
};

struct az_judged {
    size_t n_systems, n_judges;
    double *strength;          /* n_systems; no ties to a mean but the prior's */
    double *looks, *left_side; /* n_judges: gamma and q, logits */
    double objective;          /* minus the log posterior without constants */
    int rounds;
    bool converged;
};

/* lambda > 0. Until nothing moves by more than 1e-9, or 20,000 rounds. 0 or AZ_ENOMEM; the
 * caller releases *ret. */
int az_judged_fit(const struct az_judged_game *games, size_t n, size_t n_systems, size_t n_judges,
                  double lambda, struct az_judged *ret);
void az_judged_release(struct az_judged *j); /* a zeroed one is fine */
