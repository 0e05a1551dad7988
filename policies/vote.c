/* One round: everybody is asked, and the verdict waits for all of them. */
#include "policies/step.h"

int az_vote_next(const struct az_board *board, struct az_step *step)
{
    if (az_early_applies(board->fold))
        return az_early_next(board, step);

    struct az_seat *seats;
    int r = az_seats_fold(board, 1, &seats);
    if (r < 0)
        return r;
    return az_seats_wait(board, seats) ? az_step_ask(board, 1, board->plan.n_seats, step)
                                       : az_step_decide_all(board, 1, seats, step);
}
