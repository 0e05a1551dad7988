/* policies/plan.h: judges × orders × samples to questions, and the ballots of
 * an item laid out by question. Pure; memory is the arena's.
 *
 * A slot is one question of a round, numbered from 0 in plan order: seats by
 * az_plan_place(), within a seat order by order, within an order sample by
 * sample. A seat's slots are neighbours, so the slots of the first k seats are
 * the slots below seats[k].first. */
#pragma once
#include "core/arena.h"
#include "core/base.h"
#include "core/model.h"
#include "core/panel.h"
#include "policies/policy.h"

struct az_plan_seat {
    int judge; /* index into the panel */
    uint64_t place;
    int n_orders;
    enum az_order orders[2]; /* ascending */
    int samples;
    size_t first, n; /* its slots */
};

struct az_plan {
    size_t n_seats;
    struct az_plan_seat *seats; /* in plan order */
    int *seat_of;               /* by judge */
    size_t n_slots;             /* questions a round */
};

/* AZ_ENOMEM, or 0. */
int az_plan_make(struct az_arena *arena, const struct az_panel *panel, const struct az_item *item,
                 struct az_plan *plan);

/* The question of a slot, and back: -1 = the plan has no such question. */
struct az_key az_plan_key(const struct az_plan *plan, const struct az_item *item, int round,
                          size_t slot);
int az_plan_slot(const struct az_plan *plan, const struct az_key *key);

/* The ballots in their places. Ballots that the plan has no question for (an
 * order or sample that the panel no longer asks, a later round) lie nowhere. */
struct az_board {
    const struct az_fold *fold;
    struct az_plan plan;
    int rounds;                  /* that the policy can ask */
    int last_round;              /* that has a ballot; 0 = none has */
    const struct az_ballot **at; /* by round, then slot; NULL = no ballot */
};

/* AZ_ENOMEM, or 0. Should a key come twice, an answer goes before an error and
 * the rest is settled by what they say, never by which came first. */
int az_board_make(const struct az_fold *fold, struct az_board *board);

/* NULL: there is no ballot. */
static inline const struct az_ballot *az_board_at(const struct az_board *b, int round, size_t slot)
{
    return b->at[(size_t)(round - 1) * b->plan.n_slots + slot];
}
