/* policies/answers.h: what a panel's seats say, in the words of statistics/sample.h:
 * what answers are to each other, and a seat as a vote. Pure. What was learnt from
 * such samples is applied to such samples, so there is one way to make them. */
#pragma once
#include "core/base.h"
#include "core/model.h"
#include "core/panel.h"
#include "policies/plan.h"
#include "policies/seats.h"
#include "statistics/sample.h"

/* How many levels a score has, for statistics: its steps, up to AZ_SAMPLE_LABELS_MAX;
 * 0: any number, or too many. */
size_t az_answers_levels(const struct az_question *q);
/* Which of them a score is; -1: between two, or off the scale. */
int az_answers_level(const struct az_question *q, double score);

/* The one true answer of an item, a label or a level; AZ_LABEL_NONE: not known, spread
 * evenly over several, or none that the item can have. */
int az_answers_truth(const struct az_question *q, const struct az_item *item);

/* An empty sample for the question:
 *   pair, best  EXCHANGEABLE, `tie` the third label of a pair with ties
 *   choice      NAMED
 *   score       ORDINAL, one label a level; without levels n_labels is 0: scores only
 * `n_responses`: the most that an item of a `best` question has. `levels`, room for
 * AZ_SAMPLE_LABELS_MAX, is filled for scores and borrowed by the sample. */
void az_answers_sample(struct az_sample *s, const struct az_question *q, size_t n_judges,
                       size_t n_responses, double *levels);

/* The seat's vote on the sample's last item, as judge `judge`; nothing where the seat has
 * none:
 *   share    the seat's; of levels only where each ballot is on one
 *   score    the seat's mean, left out where it is the value of its one level
 *   margins  the mean over the seat's ballots of the centred log probabilities of its
 *            labels (each at least 1e-6); without probabilities, of the score beside the
 *            label as the lead of that label over the others, centred. None where there
 *            are neither.
 * Scratch memory is the fold's arena's. AZ_ENOMEM, or 0. */
int az_answers_vote(struct az_sample *s, const struct az_board *board, int round,
                    const struct az_seat *seat, size_t judge);
