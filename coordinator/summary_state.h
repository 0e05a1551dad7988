/* coordinator/summary_state.h: the accumulators inside a summary; for
 * summary*.c only. */
#pragma once
#include "coordinator/summary.h"
#include "core/arena.h"
#include "policies/plan.h"
#include "policies/seats.h"
#include "statistics/agreement/bias.h"
#include "statistics/agreement/pairs.h"
#include "statistics/agreement/votes.h"
#include "statistics/correlation.h"
#include "statistics/histogram.h"
#include "statistics/interval/mean.h"

struct az_gold_match {
    int64_t n; /* items with gold */
    double right, shared;
    struct az_kappa kappa;
    int64_t scored; /* with gold and a score */
    double off;     /* sum of |score - gold| */
    struct az_pearson scores;
};

struct az_judge_sums {
    int64_t ballots, errors, replies, readable;
    int64_t by_error[AZ_BE_COUNT];
    int64_t tokens_in, tokens_out;
    az_nusd cost;
    bool cost_unknown;
    struct az_histogram ms;
    struct az_bias bias;
    struct az_gold_match gold;
};

struct az_system_sums {
    char *name;
    int64_t wins, ties, losses;
    struct az_mean won;
};

struct az_reason_count {
    char key[128];  /* its numbers left out */
    char text[128]; /* with those that all of them have; "…" for others */
    int64_t n;
};

struct az_score_pair {
    struct az_pearson r;
    int64_t equal;
};

struct az_summary {
    const struct az_panel *panel;
    struct az_arena *arena; /* of the figures */
    struct az_summary_figures out;
    size_t n_judges, n_labels; /* n_labels: that any item can have; score: 0 */
    bool who_came;             /* a seat without a ballot is no error */

    int64_t decided, abstained, failed, open;
    int64_t failed_by[AZ_BE_COUNT];
    size_t n_reasons;
    struct az_reason_count reasons[AZ_SUMMARY_REASONS + 1]; /* the last: all others */
    struct az_mean *labels;                                 /* n_labels: 1 where it won */
    size_t n_systems;
    struct az_system_sums *systems; /* AZ_SUMMARY_SYSTEMS of them, made when needed */
    int64_t systems_over;
    struct az_mean pass, mean;
    struct az_mean panel_right, panel_shared;
    struct az_gold_match panel_gold;
    struct az_watch *watch; /* NULL: nothing to hold items against */
    int64_t sets, set_answers, set_singles;
    struct az_mean set_held;

    struct az_judge_sums *judges;
    int64_t *margins; /* of the kappas against gold: the judges', then the panel's */
    struct az_pairs pairs;
    struct az_votes votes; /* each == NULL until there is gold */
    struct az_score_pair *score_pairs;
    struct az_alpha_scores alpha_scores;

    /* One item's, by judge. */
    int *tops;
    double *wrong, *scores;
    bool *scored;
};

/* The one gold label, or AZ_LABEL_NONE: none, unknown, or a shared top. */
int az_summary_gold_label(const struct az_summary *s, const struct az_item *item);

/* An item's credit: 1/m where gold is among the m labels that share the top. */
double az_summary_credit(const double *shares, size_t n_labels, int gold);

/* A verdict's set of answers (0: it has none). AZ_ENOMEM. */
int az_summary_add_set(struct az_summary *s, const struct az_item *item, uint64_t set,
                       uint64_t cluster);
void az_summary_set_figures(struct az_summary *s);

/* What every ballot adds to its judge, whatever became of the item. */
void az_summary_add_ballots(struct az_summary *s, struct az_ballots ballots);

/* What the seats of the first round say about the judges. `early`: the verdict did
 * not wait for all of them. AZ_ENOMEM. */
int az_summary_add_judges(struct az_summary *s, const struct az_board *board, bool early,
                          uint64_t cluster);
