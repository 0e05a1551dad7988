/* policies/step.h: what the kinds of policy are made of, and their interface:
 * one file a kind, one row in policy.c. Pure; memory is the fold's arena's.
 *
 * A kind returns 0 and *step, or AZ_ENOMEM. It asks (AZ_ASK) only for questions
 * of its plan that have no ballot, at least one; a closed fold is decided. */
#pragma once
#include "core/base.h"
#include "policies/aggregate/aggregate.h"
#include "policies/plan.h"
#include "policies/policy.h"
#include "policies/seats.h"

int az_vote_next(const struct az_board *board, struct az_step *step);
int az_debate_next(const struct az_board *board, struct az_step *step);

/* Early stopping (early.c): does it apply to this item? Not where it is
 * audited or has gold, and not where the aggregate needs every seat. */
bool az_early_applies(const struct az_fold *fold);
int az_early_next(const struct az_board *board, struct az_step *step);

/* Ask for what the first `n_seats` of the plan lack in this round. */
int az_step_ask(const struct az_board *board, int round, size_t n_seats, struct az_step *step);

/* Decide by a tally of the first seats of this round, none of which waits. */
int az_step_decide(const struct az_board *board, int round, const struct az_seat *seats,
                   const struct az_tally *tally, struct az_step *step);

/* The same, by all seats of the round. */
int az_step_decide_all(const struct az_board *board, int round, const struct az_seat *seats,
                       struct az_step *step);

/* Does one of them wait for a ballot? */
bool az_seats_wait(const struct az_board *board, const struct az_seat *seats);
