/* Rounds: everybody is asked at once; in later rounds each sees what the others
 * said in the one before (view.c). It ends when all agree or the rounds are
 * over, and the verdict is the vote of the last round asked. */
#include <math.h>

#include "policies/step.h"

static bool agree(const struct az_question *q, const struct az_seat *seats, size_t n)
{
    double low = INFINITY, high = -INFINITY;
    int label = AZ_LABEL_NONE;
    for (size_t i = 0; i < n; i++) {
        if (seats[i].state != AZ_SEAT_VOTED)
            continue;
        low = AZ_MIN(low, seats[i].score);
        high = AZ_MAX(high, seats[i].score);
        if (q->kind == AZ_SCORE)
            continue;
        if (seats[i].top == AZ_LABEL_NONE || (label != AZ_LABEL_NONE && label != seats[i].top))
            return false; /* split, or of another mind */
        label = seats[i].top;
    }
    return q->kind != AZ_SCORE || high - low <= q->step + AZ_SHARE_EPS;
}

/* Seats in error do not stand in its way, but where too few voted for a verdict
 * the next round may hear more. */
static bool consensus(const struct az_board *board, const struct az_seat *seats)
{
    const struct az_panel *panel = board->fold->panel;
    int voted = 0;
    for (size_t i = 0; i < board->plan.n_seats; i++)
        voted += seats[i].state == AZ_SEAT_VOTED;
    return voted >= AZ_MAX(panel->limits.quorum, 1) &&
           agree(&panel->question, seats, board->plan.n_seats);
}

/* No round follows this one: they are over, or the fold is closed and nothing
 * of the next was heard. */
static bool last(const struct az_board *board, int round)
{
    return round == board->rounds || (board->fold->closed && round >= board->last_round);
}

int az_debate_next(const struct az_board *board, struct az_step *step)
{
    for (int round = 1;; round++) {
        struct az_seat *seats;
        int r = az_seats_fold(board, round, &seats);
        if (r < 0)
            return r;
        if (az_seats_wait(board, seats))
            return az_step_ask(board, round, board->plan.n_seats, step);
        if (last(board, round) || consensus(board, seats))
            return az_step_decide_all(board, round, seats, step);
    }
}
