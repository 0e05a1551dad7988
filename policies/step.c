#include "policies/step.h"

int az_step_ask(const struct az_board *board, int round, size_t n_seats, struct az_step *step)
{
    const struct az_plan *plan = &board->plan;
    size_t end = n_seats < plan->n_seats ? plan->seats[n_seats].first : plan->n_slots;
    size_t missing = 0;
    for (size_t slot = 0; slot < end; slot++)
        missing += !az_board_at(board, round, slot);

    struct az_key *keys = az_arena_zalloc(board->fold->arena, missing * sizeof(*keys));
    if (!keys)
        return AZ_ENOMEM;
    *step = (struct az_step){.kind = AZ_ASK, .ask = {.v = keys}};
    for (size_t slot = 0; slot < end; slot++) {
        if (!az_board_at(board, round, slot))
            keys[step->ask.n++] = az_plan_key(plan, board->fold->item, round, slot);
    }
    return 0;
}

/* What counted: all ballots of earlier rounds and, of this one, those of the
 * seats asked. Money is theirs, so that a ballot too many changes nothing. */
static void mark_used(const struct az_board *board, int round, struct az_step *step)
{
    const struct az_plan *plan = &board->plan;
    struct az_verdict *v = &step->verdict;
    size_t asked = (size_t)v->seats.asked;
    size_t end = asked < plan->n_seats ? plan->seats[asked].first : plan->n_slots;
    for (int r = 1; r <= round; r++) {
        for (size_t slot = 0; slot < (r == round ? end : plan->n_slots); slot++) {
            const struct az_ballot *b = az_board_at(board, r, slot);
            if (!b)
                continue;
            step->used[b - board->fold->ballots.v] = true;
            v->cost += b->cost;
        }
    }
}

static void mark_dissent(const struct az_question *q, const struct az_seat *seats,
                         struct az_verdict *v)
{
    if (v->status != AZ_DECIDED || (v->has_score && q->pass == AZ_PASS_NONE))
        return;
    for (int i = 0; i < v->seats.asked; i++) {
        int judge = seats[i].plan->judge;
        bool otherwise = seats[i].state == AZ_SEAT_VOTED;
        if (v->has_score)
            otherwise &= az_passes(q, AZ_LABEL_NONE, true, seats[i].score) !=
                         az_passes(q, AZ_LABEL_NONE, true, v->score);
        else
            otherwise &= seats[i].top != AZ_LABEL_NONE && seats[i].top != v->label;
        if (otherwise)
            v->dissent[judge / 64] |= UINT64_C(1) << (judge % 64);
    }
}

/* "2 of 3 seats in error: timeout", and the quorum where some did vote. */
static void explain_failure(const struct az_board *board, int round, const struct az_seat *seats,
                            const struct az_tally *t, struct az_verdict *v)
{
    v->error = az_seats_error(board, round, seats, (size_t)t->asked);
    int n = snprintf(v->reason, sizeof(v->reason), "%d of %d seats in error: %s", t->errors, t->n,
                     az_ballot_error_name(v->error));
    if (t->voted)
        snprintf(v->reason + n, sizeof(v->reason) - (size_t)n, " (quorum %d)", az_tally_quorum(t));
}

int az_step_decide(const struct az_board *board, int round, const struct az_seat *seats,
                   const struct az_tally *tally, struct az_step *step)
{
    const struct az_fold *fold = board->fold;
    *step = (struct az_step){.kind = AZ_DECIDE, .verdict = {.rounds = round}};
    step->used = az_arena_zalloc(fold->arena, fold->ballots.n * sizeof(*step->used));
    if (!step->used)
        return AZ_ENOMEM;

    if (az_tally_decide(tally, &step->verdict) < 0)
        return AZ_ENOMEM;
    if (step->verdict.status == AZ_FAILED)
        explain_failure(board, round, seats, tally, &step->verdict);
    mark_dissent(&fold->panel->question, seats, &step->verdict);
    mark_used(board, round, step);
    return 0;
}

int az_step_decide_all(const struct az_board *board, int round, const struct az_seat *seats,
                       struct az_step *step)
{
    const struct az_fold *fold = board->fold;
    struct az_tally tally;
    int r = az_tally_init(&tally, fold->arena, fold->panel, fold->item, &board->plan);
    if (r < 0)
        return r;
    for (size_t i = 0; i < board->plan.n_seats; i++)
        az_tally_add(&tally, &seats[i]);
    tally.board = board;
    tally.round = round;
    tally.seats = seats;
    return az_step_decide(board, round, seats, &tally, step);
}

bool az_seats_wait(const struct az_board *board, const struct az_seat *seats)
{
    for (size_t i = 0; i < board->plan.n_seats; i++) {
        if (seats[i].state == AZ_SEAT_WAITS)
            return true;
    }
    return false;
}
