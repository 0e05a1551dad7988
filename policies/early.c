/* Early stopping: a vote that does not ask what can no longer change label or
 * status.
 *
 * It decides on the shortest prefix of the plan that settles the matter, and
 * only once all of that prefix has answered: a later seat that happens to be
 * there already changes nothing, so neither does the order of arrival. Until
 * then it asks the shortest prefix that could settle it, were the seats not
 * heard yet to say what suits best. */
#include "policies/step.h"

/* A stretch of the hash as wide as the audited share. */
static bool audited(const struct az_panel *panel, const struct az_item *item)
{
    uint64_t h = az_hash64_mix(az_hash64(0, item->id), UINT64_C(0x6175646974)); /* "audit" */
    return (double)(h >> 11) * 0x1.0p-53 < panel->policy.audit;
}

static bool has_gold(const struct az_item *item)
{
    return item->gold.n || item->gold.has_number;
}

bool az_early_applies(const struct az_fold *fold)
{
    const struct az_panel *panel = fold->panel;
    return panel->policy.early_stop && az_aggregator_of(panel->aggregate.kind)->settled &&
           !panel->aggregate.calibrated && /* how sure it is, all have to say */
           !has_gold(fold->item) && !audited(panel, fold->item);
}

/* The tally holds the `heard` seats before the first that waits. */
static size_t fewest(const struct az_board *board, const struct az_seat *seats, size_t heard,
                     struct az_tally *t)
{
    for (size_t i = heard; i < board->plan.n_seats; i++) {
        if (seats[i].state == AZ_SEAT_WAITS)
            az_tally_hope(t, &seats[i]);
        else
            az_tally_add(t, &seats[i]);
        if (az_tally_settled(t))
            return i + 1;
    }
    return board->plan.n_seats;
}

int az_early_next(const struct az_board *board, struct az_step *step)
{
    const struct az_fold *fold = board->fold;
    struct az_seat *seats;
    struct az_tally tally;
    int r = az_seats_fold(board, 1, &seats);
    if (!r)
        r = az_tally_init(&tally, fold->arena, fold->panel, fold->item, &board->plan);
    if (r < 0)
        return r;

    size_t heard = 0;
    while (heard < board->plan.n_seats && seats[heard].state != AZ_SEAT_WAITS) {
        az_tally_add(&tally, &seats[heard++]);
        if (az_tally_settled(&tally))
            return az_step_decide(board, 1, seats, &tally, step);
    }
    return az_step_ask(board, 1, fewest(board, seats, heard, &tally), step);
}
