/* policies/seats.h: from a seat's ballots to its share. Pure.
 *
 * Each readable ballot of a seat has weight 1/(readable ballots of the seat),
 * summed over samples, then over orders (reference: the seat share of
 * Definition 1, docs/policies.md). So A in one order and B in the other is a
 * split, half a share each, and never a tie vote. */
#pragma once
#include "core/base.h"
#include "core/model.h"
#include "policies/plan.h"

#define AZ_SHARE_EPS 1e-12 /* shares nearer than this are equal */

enum az_seat_state {
    AZ_SEAT_WAITS, /* a ballot is missing that may still come */
    AZ_SEAT_VOTED, /* at least one readable ballot */
    AZ_SEAT_ERROR, /* none */
};

struct az_seat {
    const struct az_plan_seat *plan;
    enum az_seat_state state;
    size_t n_readable; /* of plan->n: fewer is partial */
    double *shares;    /* voted on labels: one a label, sum 1 */
    int top;           /* voted: the one label above all others, or AZ_LABEL_NONE */
    double score;      /* voted on a score: the mean */
};

/* Readable: no error, and an answer that the question knows. */
bool az_ballot_readable(const struct az_question *q, size_t n_labels, const struct az_ballot *b);

/* The seats of one round, in plan order. In a closed fold no seat waits.
 * AZ_ENOMEM, or 0 and *ret in the arena. */
int az_seats_fold(const struct az_board *board, int round, struct az_seat **ret);

/* The one label above all others; AZ_LABEL_NONE: the top is shared. */
int az_shares_top(const double *shares, size_t n_labels);

/* The commonest error of the ballots of the first `n` seats that are in error;
 * ballots that are not there count as `missing`. NONE: no seat is. */
enum az_ballot_error az_seats_error(const struct az_board *board, int round,
                                    const struct az_seat *seats, size_t n);
