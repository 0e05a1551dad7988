/* Who may see whose: in a debate's later rounds each judge sees what the others
 * answered in the round before, without names, in plan order, never its own. */
#include "policies/step.h"

/* In a pair, a reason names responses by the letters that its judge saw. */
static bool same_letters(const struct az_question *q, const struct az_key *a,
                         const struct az_key *b)
{
    if (q->kind == AZ_CHOICE || q->kind == AZ_SCORE)
        return true;
    return (a->order == AZ_ORDER_REVERSED) == (b->order == AZ_ORDER_REVERSED);
}

/* The first reason, in plan order, for what the seat says, in the order that
 * `viewer` sees: in the other one it would speak of the wrong response. */
static struct az_str rationale(const struct az_board *board, int round, const struct az_seat *seat,
                               const struct az_key *viewer)
{
    const struct az_question *q = &board->fold->panel->question;
    size_t n_labels = az_label_count(q, board->fold->item);
    for (size_t i = 0; i < seat->plan->n; i++) {
        const struct az_ballot *b = az_board_at(board, round, seat->plan->first + i);
        if (!b || !az_ballot_readable(q, n_labels, b) || !same_letters(q, &b->key, viewer))
            continue;
        if (q->kind == AZ_SCORE || b->label == seat->top)
            return b->rationale;
    }
    return (struct az_str){0};
}

/* A seat in error has said nothing, a split one nothing that can be told. */
static bool can_be_seen(const struct az_question *q, const struct az_seat *seat)
{
    return seat->state == AZ_SEAT_VOTED && (q->kind == AZ_SCORE || seat->top != AZ_LABEL_NONE);
}

int az_policy_view(const struct az_fold *fold, const struct az_key *key, struct az_view *view)
{
    *view = (struct az_view){0};
    if (key->round <= 1 || fold->panel->policy.kind != AZ_POLICY_DEBATE)
        return 0;

    /* Closed: what is missing of the round before is not waited for. */
    struct az_fold past = *fold;
    past.closed = true;
    struct az_board board;
    struct az_seat *seats;
    int r = az_board_make(&past, &board);
    int round = AZ_MIN(key->round - 1, board.rounds);
    if (!r)
        r = az_seats_fold(&board, round, &seats);
    if (r < 0)
        return r;

    const struct az_question *q = &fold->panel->question;
    struct az_seen *seen = az_arena_zalloc(fold->arena, board.plan.n_seats * sizeof(*seen));
    if (!seen)
        return AZ_ENOMEM;
    size_t n = 0;
    for (size_t i = 0; i < board.plan.n_seats; i++) {
        if (seats[i].plan->judge == key->judge || !can_be_seen(q, &seats[i]))
            continue;
        seen[n++] = (struct az_seen){
            .label = seats[i].top,
            .has_score = q->kind == AZ_SCORE,
            .score = seats[i].score,
            .rationale = rationale(&board, round, &seats[i], key),
        };
    }
    *view = (struct az_view){n, seen};
    return 0;
}
