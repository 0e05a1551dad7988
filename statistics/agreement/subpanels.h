/* statistics/agreement/subpanels.h: which judges are worth their money: accuracy
 * against cost of sub-panels, and the order in which judges add value. Pure.
 *
 * A sub-panel answers by the sum of its seats' shares; its credit on an item with a
 * true label is 1/m when that is among the m labels that share the top, else 0 (a
 * sub-panel without a vote on the item: 0). With up to AZ_SUBPANEL_ALL_MAX judges every
 * sub-panel is tried, with more the single judges and the steps of a greedy path.
 *
 * What was picked for being best looks better than it is. So each figure has a second
 * one, `held_out`: picked on four of five folds (by cluster), scored on the fifth. */
#pragma once
#include "core/base.h"
#include "core/error.h"
#include "statistics/figure.h"
#include "statistics/sample.h"

enum { AZ_SUBPANEL_ALL_MAX = 12, AZ_SUBPANEL_STEPS = 32, AZ_SUBPANEL_FOLDS = 5 };

struct az_subpanel {
    size_t n;               /* judges */
    const uint32_t *judges; /* ascending; on the path in its order; owned by the whole */
    double cost;            /* sum over its judges */
    double accuracy;        /* apparent: on all labelled items */
};

struct az_frontier_step {
    size_t panel;              /* into `panels`: the best at its cost */
    struct az_figure held_out; /* of "the best that costs no more" */
};

struct az_path_step {
    uint32_t judge; /* the one added */
    double accuracy;
    struct az_figure held_out; /* of "the best found of so many judges" */
};

struct az_subpanels {
    int64_t n; /* labelled items that count */
    size_t n_panels;
    struct az_subpanel *panels;
    size_t n_frontier; /* by rising cost, each better than all cheaper ones */
    struct az_frontier_step *frontier;
    size_t n_path;
    struct az_path_step *path;
    const char *reason; /* why there is nothing: all counts are 0 */
    uint32_t *pool;     /* of judges */
};

/* `cost`: of one item, a judge; not negative. Items without one true label do not
 * count. Fewer than 20 of them, or of their clusters than folds: a reason, and nothing
 * else. 0 or AZ_ENOMEM. */
int az_subpanels(const struct az_sample *s, const double *cost, uint64_t seed,
                 struct az_subpanels *ret);
void az_subpanels_release(struct az_subpanels *p); /* a zeroed one is fine */
