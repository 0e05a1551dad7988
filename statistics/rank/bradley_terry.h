/* statistics/rank/bradley_terry.h: strengths of systems from comparisons, with
 * ties and covariates. Pure.
 *
 * Davidson's model (JASA 65, 1970): with d = s_a - s_b + sum of effect * covariate,
 *   P(a wins) ~ exp(d / 2), P(b wins) ~ exp(-d / 2), P(tie) ~ nu;
 * without ties it is Bradley and Terry's (Biometrika 39, 1952). The likelihood is
 * concave in (s, effects, ln nu): Newton's method. Strengths are natural logs with
 * mean 0 over the systems that are ranked.
 *
 * Where it has no end (one side has won everything; a covariate tells all games
 * apart) the fit is made again with a weak prior, strengths and effects normal with
 * standard deviation AZ_BT_WEAK, and `weak_prior` says so: 95 % of strengths within
 * 4, a win rate of .98 against an even opponent. Systems that never met the others,
 * directly or through others, are not ranked: no game says anything about them. Only
 * the largest group is (the first of those). Memory: n_systems squared. */
#pragma once
#include "statistics/figure.h"
#include "statistics/rank/games.h"

#define AZ_BT_WEAK 2.0

struct az_bt {
    size_t n_systems, n_covariates, n_ranked;
    double *strength; /* n_systems; 0 where it is not ranked */
    bool *ranked;
    double effects[AZ_COVARIATES_MAX];
    bool has_ties;
    double nu; /* with ties; where all games are ties strengths are 0 and it has none */
    double loglik;
    double games; /* the sum of weights that counted */
    bool weak_prior;
    bool converged;
    const char *reason; /* why nothing is ranked; NULL: something is */
};

/* `prior_sd` > 0: that prior from the start; 0: only where it must be. 0 or AZ_ENOMEM;
 * the caller releases *ret. */
int az_bt_fit(const struct az_games *g, double prior_sd, struct az_bt *ret);
void az_bt_release(struct az_bt *bt); /* a zeroed one is fine */

/* P(a wins) + P(tie) / 2 with covariates at 0; both are ranked. */
double az_bt_beats(const struct az_bt *bt, size_t a, size_t b);

/* The strength, or why it has none; n is the number of games that counted. */
struct az_figure az_bt_strength(const struct az_bt *bt, size_t system);

/* The win rate that the model gives with all covariates at 0, ties half, as a mean over
 * the opponents that the system met, as often as it met them: with a covariate of
 * length, its length-controlled win rate (Dubois et al. 2024; their term for how hard
 * an instruction is has no counterpart here). */
struct az_figure az_bt_win_rate(const struct az_bt *bt, const struct az_games *g, size_t system);

/* Tables for az_table_intervals (intervals.h): `games` is a struct az_games, whose own
 * weights are not looked at; no prior but where it must be. */
int az_bt_strength_table(void *games, const double *weights, double *ret);
int az_bt_win_rate_table(void *games, const double *weights, double *ret);
