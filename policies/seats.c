#include "policies/seats.h"

#include <math.h>

/* Where no single label is named, the probabilities are the shares: a lexical
 * judge whose top is shared. */
static bool has_shares(const struct az_ballot *b, size_t n_labels)
{
    if (b->n_probs != n_labels)
        return false;
    double sum = 0;
    for (size_t i = 0; i < n_labels; i++) {
        if (!(b->probs[i] >= 0 && b->probs[i] < INFINITY))
            return false;
        sum += b->probs[i];
    }
    return sum > 0 && sum < INFINITY;
}

static bool ties_without_a_label(const struct az_question *q, size_t n_labels, int label)
{
    return q->kind == AZ_PAIR && n_labels == 2 && label == AZ_LABEL_TIE;
}

/* Whoever read the ballot should have said so; what decides does not rely on
 * it. A question without a scale takes any number. */
static bool on_scale(const struct az_question *q, double score)
{
    const double rounding = 1e-9;
    return !(q->scale_min < q->scale_max) ||
           (score >= q->scale_min - rounding && score <= q->scale_max + rounding);
}

bool az_ballot_readable(const struct az_question *q, size_t n_labels, const struct az_ballot *b)
{
    if (b->error)
        return false;
    if (q->kind == AZ_SCORE)
        return b->has_score && isfinite(b->score) && on_scale(q, b->score);
    if (b->label == AZ_LABEL_NONE)
        return n_labels && has_shares(b, n_labels);
    return (b->label >= 0 && (size_t)b->label < n_labels) ||
           ties_without_a_label(q, n_labels, b->label);
}

static void add_label(const struct az_question *q, size_t n_labels, const struct az_ballot *b,
                      double *shares)
{
    if (b->label == AZ_LABEL_NONE) {
        double sum = 0;
        for (size_t i = 0; i < n_labels; i++)
            sum += b->probs[i];
        for (size_t i = 0; i < n_labels; i++)
            shares[i] += b->probs[i] / sum;
    } else if (ties_without_a_label(q, n_labels, b->label)) {
        shares[AZ_LABEL_A] += 0.5;
        shares[AZ_LABEL_B] += 0.5;
    } else {
        shares[b->label] += 1;
    }
}

int az_shares_top(const double *shares, size_t n_labels)
{
    int top = 0;
    double second = -INFINITY;
    for (size_t i = 1; i < n_labels; i++) {
        if (shares[i] > shares[top]) {
            second = shares[top];
            top = (int)i;
        } else {
            second = AZ_MAX(second, shares[i]);
        }
    }
    return n_labels && shares[top] > second + AZ_SHARE_EPS ? top : AZ_LABEL_NONE;
}

/* Counts are divided once, so that a seat of one mind has a share of exactly 1
 * however many ballots it has. */
static void fold_labels(const struct az_board *board, int round, size_t n_labels,
                        struct az_seat *seat)
{
    const struct az_question *q = &board->fold->panel->question;
    for (size_t i = 0; i < seat->plan->n; i++) {
        const struct az_ballot *b = az_board_at(board, round, seat->plan->first + i);
        if (b && az_ballot_readable(q, n_labels, b))
            add_label(q, n_labels, b, seat->shares);
    }
    for (size_t i = 0; i < n_labels; i++)
        seat->shares[i] /= (double)seat->n_readable;
    seat->top = az_shares_top(seat->shares, n_labels);
}

/* The mean, kept between the lowest and the highest: rounding would put that
 * of three times 0.1 above 0.1. */
static void fold_scores(const struct az_board *board, int round, struct az_seat *seat)
{
    double sum = 0, low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < seat->plan->n; i++) {
        const struct az_ballot *b = az_board_at(board, round, seat->plan->first + i);
        if (!b || !az_ballot_readable(&board->fold->panel->question, 0, b))
            continue;
        sum += b->score;
        low = AZ_MIN(low, b->score);
        high = AZ_MAX(high, b->score);
    }
    seat->score = AZ_MIN(AZ_MAX(sum / (double)seat->n_readable, low), high);
}

static void fold_seat(const struct az_board *board, int round, size_t n_labels,
                      struct az_seat *seat)
{
    const struct az_question *q = &board->fold->panel->question;
    size_t missing = 0;
    for (size_t i = 0; i < seat->plan->n; i++) {
        const struct az_ballot *b = az_board_at(board, round, seat->plan->first + i);
        missing += !b;
        seat->n_readable += b && az_ballot_readable(q, n_labels, b);
    }
    if (missing && !board->fold->closed)
        seat->state = AZ_SEAT_WAITS;
    else
        seat->state = seat->n_readable ? AZ_SEAT_VOTED : AZ_SEAT_ERROR;

    if (seat->state != AZ_SEAT_VOTED)
        return;
    if (q->kind == AZ_SCORE)
        fold_scores(board, round, seat);
    else
        fold_labels(board, round, n_labels, seat);
}

int az_seats_fold(const struct az_board *board, int round, struct az_seat **ret)
{
    const struct az_fold *fold = board->fold;
    size_t n = board->plan.n_seats;
    size_t n_labels = az_label_count(&fold->panel->question, fold->item);
    struct az_seat *seats = az_arena_zalloc(fold->arena, n * sizeof(*seats));
    double *shares = az_arena_zalloc(fold->arena, n * n_labels * sizeof(*shares));
    if (!seats || !shares)
        return AZ_ENOMEM;
    for (size_t i = 0; i < n; i++) {
        seats[i].plan = &board->plan.seats[i];
        seats[i].shares = shares + i * n_labels;
        seats[i].top = AZ_LABEL_NONE;
        fold_seat(board, round, n_labels, &seats[i]);
    }
    *ret = seats;
    return 0;
}

enum az_ballot_error az_seats_error(const struct az_board *board, int round,
                                    const struct az_seat *seats, size_t n)
{
    int counts[AZ_BE_COUNT] = {0};
    for (size_t i = 0; i < n; i++) {
        if (seats[i].state != AZ_SEAT_ERROR)
            continue;
        for (size_t k = 0; k < seats[i].plan->n; k++) {
            const struct az_ballot *b = az_board_at(board, round, seats[i].plan->first + k);
            /* An answer that the question does not know is outside it. */
            counts[!b ? AZ_BE_MISSING : b->error ? b->error : AZ_BE_OUTSIDE]++;
        }
    }
    int most = AZ_BE_NONE;
    for (int e = AZ_BE_NONE + 1; e < AZ_BE_COUNT; e++) {
        if (counts[e] > counts[most])
            most = e;
    }
    return most;
}
