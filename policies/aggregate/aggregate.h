/* policies/aggregate/aggregate.h: from seats to a label or score. One file a
 * kind (or a family of them), one row in aggregate.c. Pure.
 *
 * Seats are added to a tally in plan order; the sums are the same for every
 * order of arrival and of judges in the panel, to the last bit. */
#pragma once
#include "core/arena.h"
#include "core/base.h"
#include "core/error.h"
#include "core/model.h"
#include "core/panel.h"
#include "policies/plan.h"
#include "policies/seats.h"

struct az_aggregator;

struct az_tally {
    const struct az_panel *panel;
    const struct az_aggregator *by;
    const struct az_board *board; /* what the seats were folded from, and they: for */
    const struct az_seat *seats;  /* aggregators that look at each; NULL under early stopping */
    int round;
    size_t n_labels;
    double *sums;                         /* a label's weighted seat shares */
    double *counts;                       /* the same, every seat counting 1 */
    double *scores;                       /* of the seats that voted, ascending */
    double weight, weighted_score;        /* over the seats that voted */
    double total;                         /* the weight of all seats */
    double rest;                          /* of those not added yet */
    double lost;                          /* of those added that are in error */
    int n, asked, voted, errors, partial; /* seats: all; added; of these … */
    bool chair_asked;                     /* the judge that breaks ties is among them */
    int chair;                            /* its label, or AZ_LABEL_NONE */
    int hoped;                            /* added without a vote: would vote as suits best */
    double hoped_weight;
};

struct az_aggregator {
    const char *name; /* in panels and in a verdict's "how" */
    enum az_aggregate_kind kind;
    bool for_labels, for_scores;
    bool weighs; /* judges' weights count */
    /* Is the panel right for it? NULL: nothing of its own to check. */
    int (*check)(const struct az_panel *panel, struct az_error *err);
    /* Sets status, label or score, and reason, from all seats of the tally;
     * as many as the quorum wants have voted. 0, or AZ_ENOMEM. */
    int (*decide)(const struct az_tally *t, struct az_verdict *v);
    /* Early stopping: is label and status the same whatever the rest say? With
     * seats hoped for: can they say something that makes it so? NULL: never
     * before all are there. */
    bool (*settled)(const struct az_tally *t);
};

/* Never NULL. */
const struct az_aggregator *az_aggregator_of(enum az_aggregate_kind kind);
/* For docs and tests: row i, or NULL past the end. */
const struct az_aggregator *az_aggregator_at(size_t i);

/* AZ_EINVAL with a hint: the panel's aggregation does not fit its question. */
int az_aggregate_check(const struct az_panel *panel, struct az_error *err);

/* An empty tally of a plan's seats. AZ_ENOMEM, or 0. */
int az_tally_init(struct az_tally *t, struct az_arena *arena, const struct az_panel *panel,
                  const struct az_item *item, const struct az_plan *plan);
/* A seat that voted or is in error. */
void az_tally_add(struct az_tally *t, const struct az_seat *seat);
/* A seat that is not heard yet, as if it said what decides soonest. */
void az_tally_hope(struct az_tally *t, const struct az_seat *seat);

int az_tally_quorum(const struct az_tally *t);
/* Early stopping, quorum and all. */
bool az_tally_settled(const struct az_tally *t);
/* v->status, label, score, share, reason, how, seats and early. `reason` of a
 * failed one and v->error are the caller's. 0, or AZ_ENOMEM. */
int az_tally_decide(const struct az_tally *t, struct az_verdict *v);

/* For aggregators: set the outcome. */
void az_outcome_label(struct az_verdict *v, int label);
void az_outcome_score(struct az_verdict *v, double score);
/* Calibrated probabilities of the item's n answers; `at` is the one that p is of, if any. */
void az_outcome_probs(struct az_verdict *v, const double *probs, size_t n, int at);
void az_outcome_abstain(struct az_verdict *v, const char *fmt, ...) AZ_PRINTF(2, 3);
/* By the panel's tie rule; `why` is said when it abstains. */
void az_outcome_tie(const struct az_tally *t, struct az_verdict *v, const char *why);
enum az_tie az_tie_rule(const struct az_panel *panel);

/* A weight as near as this to another is equal to it. */
double az_tally_eps(const struct az_tally *t);

/* majority.c, for weighted.c too: more than half of the weight of all seats. */
int az_majority_decide(const struct az_tally *t, struct az_verdict *v);
bool az_majority_settled(const struct az_tally *t);

/* learnt.c, for those that count votes: a calibration of the panel's, if there is one,
 * fits it; and how sure what they decided is, by it: probabilities, and an abstention
 * where that is too little. AZ_ENOMEM. */
int az_calibrated_check(const struct az_panel *panel, struct az_error *err);
int az_calibrated_sure(const struct az_tally *t, struct az_verdict *v);

extern const struct az_aggregator az_majority, az_plurality, az_weighted, az_mean, az_median,
    az_min, az_max, az_trimmed_mean;
extern const struct az_aggregator az_auto, az_logodds, az_confusion, az_single, az_hierarchical,
    az_stack;                                     /* learnt.c */
extern const struct az_aggregator az_inferred_by; /* inferred.c */
