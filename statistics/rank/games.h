/* statistics/rank/games.h: who met whom and how it ended: what rankings of systems
 * are made of. Pure.
 *
 * A game is one comparison or many alike: its three counts may be fractions (a
 * preference of 0.7 is 0.7 of a win). Covariates are numbers in favour of `a`, such
 * as az_length_covariate; they are 0 where the sides are even. */
#pragma once
#include "core/base.h"
#include "core/error.h"

enum { AZ_COVARIATES_MAX = 4 };

struct az_game {
    int32_t a, b; /* systems, not the same */
    double a_wins, b_wins, ties;
    double x[AZ_COVARIATES_MAX];
    uint64_t cluster; /* items that belong together */
};

struct az_games {
    size_t n_systems, n_covariates, n;
    const struct az_game *games; /* borrowed */
    const double *weights;       /* n, or NULL: all 1; 0 leaves a game out; borrowed */
};

static inline double az_game_weight(const struct az_games *g, size_t game)
{
    return g->weights ? g->weights[game] : 1;
}

/* tanh(difference / its standard deviation over `n` games): what AlpacaEval 2 uses
 * (Dubois et al., "Length-Controlled AlpacaEval", 2024, section 3). `differences` are
 * length of a less length of b; written in place. All alike: all 0. */
void az_length_covariate(double *differences, size_t n);

/* Systems that met, directly or through others, have the same number; numbers start at
 * 0 in order of the systems, -1 is a system without games. Returns how many there are;
 * `largest` may be NULL: the one with most systems, the first of those. */
size_t az_games_groups(const struct az_games *g, int32_t *groups, int32_t *largest);

/* Has every system of the group both won or tied against and lost or tied against the
 * others, however they are split in two? Else strengths without bound fit best (Ford,
 * American Mathematical Monthly 64, 1957). With ties it may still be that they do, as with
 * one win and one tie of two systems: Davidson's nu grows along; the fit notices. AZ_ENOMEM,
 * or 1 or 0. */
int az_games_bounded(const struct az_games *g, const int32_t *groups, int32_t group);
