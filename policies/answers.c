#include "policies/answers.h"

#include <math.h>

static const double least_probability = 1e-6;

size_t az_answers_levels(const struct az_question *q)
{
    if (q->kind != AZ_SCORE || !(q->step > 0))
        return 0;
    double n = floor((q->scale_max - q->scale_min) / q->step + 1e-9) + 1;
    return n >= 2 && n <= AZ_SAMPLE_LABELS_MAX ? (size_t)n : 0;
}

int az_answers_level(const struct az_question *q, double score)
{
    double at = (score - q->scale_min) / q->step, whole = round(at);
    if (fabs(at - whole) > 1e-9 || whole < 0 || whole >= (double)az_answers_levels(q))
        return -1;
    return (int)whole;
}

int az_answers_truth(const struct az_question *q, const struct az_item *item)
{
    const struct az_gold *g = &item->gold;
    int top = AZ_LABEL_NONE;
    double most = 0;
    if (q->kind == AZ_SCORE)
        return g->has_number && q->step > 0 ? az_answers_level(q, g->number) : AZ_LABEL_NONE;
    for (size_t i = 0; i < g->n; i++) {
        if (g->weights[i] > most + AZ_SHARE_EPS) {
            most = g->weights[i];
            top = g->labels[i];
        } else if (g->weights[i] >= most - AZ_SHARE_EPS) {
            top = AZ_LABEL_NONE;
        }
    }
    return top >= 0 && (size_t)top < az_label_count(q, item) ? top : AZ_LABEL_NONE;
}

void az_answers_sample(struct az_sample *s, const struct az_question *q, size_t n_judges,
                       size_t n_responses, double *levels)
{
    size_t n = q->kind == AZ_SCORE                        ? az_answers_levels(q)
               : q->kind == AZ_BEST || q->kind == AZ_RANK ? n_responses
                                                          : q->n_labels;
    enum az_answers answers = q->kind == AZ_SCORE    ? AZ_ANSWERS_ORDINAL
                              : q->kind == AZ_CHOICE ? AZ_ANSWERS_NAMED
                                                     : AZ_ANSWERS_EXCHANGEABLE;
    az_sample_init(s, n_judges, n, answers);
    if (q->kind == AZ_PAIR && q->ties)
        s->tie = AZ_LABEL_TIE;
    if (q->kind != AZ_SCORE || !n)
        return;
    for (size_t i = 0; i < n; i++)
        levels[i] = q->scale_min + (double)i * q->step;
    s->levels = levels;
}

/* Adds one ballot's margins; false: it has none. */
static bool add_margins(const struct az_question *q, const struct az_ballot *b, size_t n_labels,
                        double *margins)
{
    double mean = 0;
    if (b->n_probs == n_labels && n_labels) {
        for (size_t i = 0; i < n_labels; i++)
            mean += log(AZ_MAX(b->probs[i], least_probability)) / (double)n_labels;
        for (size_t i = 0; i < n_labels; i++)
            margins[i] += log(AZ_MAX(b->probs[i], least_probability)) - mean;
        return true;
    }
    if (!b->has_score || !isfinite(b->score) || b->label < 0)
        return false;
    /* The sign of A minus B says what the label says already. */
    double lead = fabs(b->score);
    if (q->kind == AZ_PAIR) { /* a tie leads over nobody */
        if (b->label != AZ_LABEL_TIE) {
            margins[b->label] += lead / 2;
            margins[1 - b->label] -= lead / 2;
        }
        return true;
    }
    for (size_t i = 0; i < n_labels; i++)
        margins[i] += ((int)i == b->label ? lead : 0) - lead / (double)n_labels;
    return true;
}

static int vote_label(struct az_sample *s, const struct az_board *board, int round,
                      const struct az_seat *seat, size_t judge)
{
    const struct az_question *q = &board->fold->panel->question;
    size_t n_labels = (size_t)s->labels_of[s->n_items - 1], n = 0;
    double *margins = az_arena_zalloc(board->fold->arena, n_labels * sizeof(*margins));
    if (!margins)
        return AZ_ENOMEM;
    for (size_t i = 0; i < seat->plan->n; i++) {
        const struct az_ballot *b = az_board_at(board, round, seat->plan->first + i);
        if (b && az_ballot_readable(q, n_labels, b))
            n += add_margins(q, b, n_labels, margins);
    }
    for (size_t i = 0; i < n_labels && n; i++)
        margins[i] /= (double)n;
    return az_sample_vote_spread(s, judge, seat->shares, n ? margins : NULL, NULL);
}

static int vote_score(struct az_sample *s, const struct az_board *board, int round,
                      const struct az_seat *seat, size_t judge)
{
    const struct az_question *q = &board->fold->panel->question;
    size_t n = s->n_labels;
    double *shares = az_arena_zalloc(board->fold->arena, n * sizeof(*shares));
    if (!shares)
        return AZ_ENOMEM;
    bool levels = n > 0;
    for (size_t i = 0; levels && i < seat->plan->n; i++) {
        const struct az_ballot *b = az_board_at(board, round, seat->plan->first + i);
        if (!b || !az_ballot_readable(q, 0, b))
            continue;
        int level = az_answers_level(q, b->score);
        levels = level >= 0;
        if (levels)
            shares[level] += 1.0 / (double)seat->n_readable;
    }
    int top = levels ? az_answers_level(q, seat->score) : -1;
    if (top >= 0 && shares[top] >= 1 - 1e-12)
        return az_sample_vote(s, judge, (size_t)top);
    return az_sample_vote_spread(s, judge, levels ? shares : NULL, NULL, &seat->score);
}

int az_answers_vote(struct az_sample *s, const struct az_board *board, int round,
                    const struct az_seat *seat, size_t judge)
{
    if (seat->state != AZ_SEAT_VOTED)
        return 0;
    return board->fold->panel->question.kind == AZ_SCORE ? vote_score(s, board, round, seat, judge)
                                                         : vote_label(s, board, round, seat, judge);
}
