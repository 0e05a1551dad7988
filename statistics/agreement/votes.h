/* statistics/agreement/votes.h: the effective number of votes: how many
 * independent judges the panel is worth. Pure, streaming.
 *
 * J / (1 + (J - 1) r), within [1, J]; r is the mean of the Pearson correlations
 * of the judges' errors, over pairs of judges, each on the items that both
 * answered (the design effect of Kish 1965). A judge whose errors never change
 * is left out of J and r.
 *
 * The interval is a grouped jackknife with t: clusters fall into groups by hash,
 * so no item is kept. With fewer than AZ_VOTES_GROUPS_LEAST groups in use there
 * is none. */
#pragma once
#include "core/base.h"
#include "core/error.h"
#include "statistics/correlation.h"
#include "statistics/figure.h"

enum { AZ_VOTES_GROUPS = 16, AZ_VOTES_GROUPS_LEAST = 8 };

struct az_votes {
    size_t n_judges;
    int64_t n; /* items added */
    int64_t group_n[AZ_VOTES_GROUPS];
    struct az_moments *each;  /* n_judges */
    struct az_pearson *pairs; /* AZ_VOTES_GROUPS * n_judges * (n_judges - 1) / 2 */
};

/* AZ_ENOMEM, and nothing to release. */
int az_votes_init(struct az_votes *v, size_t n_judges);
void az_votes_release(struct az_votes *v); /* a zeroed one is fine */

/* One item with gold: each judge's error in [0, 1], negative where it gave no
 * readable answer. */
void az_votes_add(struct az_votes *v, uint64_t cluster, const double *errors);

/* The judge's errors never change, or it never answered: not in the figure. */
bool az_votes_left_out(const struct az_votes *v, size_t judge);

/* Undefined without items with gold and with fewer than two judges left. */
struct az_figure az_votes_figure(const struct az_votes *v);
