/* statistics/agreement/decisive.h: what a judge does to systems rather than to
 * items: decisiveness and system bias (Gera et al. 2024, "JuStRank", section 6).
 * Pure.
 *
 * The judge's win rate of system a over b is modelled as F(w; alpha, alpha), the
 * distribution function of the Beta distribution at the true win rate w. alpha > 1:
 * decisive, it sees more difference than there is; below 1 it sees less; 1 is
 * faithful. alpha minimises the squared distance over pairs of systems. A system's
 * bias is the mean, over its opponents, of the judge's win rate less F. */
#pragma once
#include "core/base.h"
#include "statistics/figure.h"

/* One ordered pair of systems, a before b; n items on which both rates rest. */
struct az_duel {
    size_t a, b;
    double truth, judged; /* win rate of a over b, a tie is half, in [0, 1] */
    int64_t n;
};

/* alpha in [0.05, 20]; at an end `edge` is set: read it as "at least" or "at most".
 * n counts pairs of systems. Undefined with fewer than three pairs, or where no true
 * rate differs from 1/2 (then every alpha fits alike). */
struct az_figure az_decisive_alpha(const struct az_duel *v, size_t n, bool *edge);

/* bias[i] of each of n_systems, 0 for one that met nobody; the figure is their root
 * mean square, n the systems that met somebody. */
struct az_figure az_decisive_bias(const struct az_duel *v, size_t n, double alpha, double *bias,
                                  size_t n_systems, int64_t *met);
