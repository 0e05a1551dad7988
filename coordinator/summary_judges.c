/* What the ballots and the seats say about the judges. */
#include <math.h>

#include "coordinator/summary_state.h"
#include "policies/step.h"

/* The judge's text came, whether or not an answer could be read in it. */
static bool replied(enum az_ballot_error e)
{
    switch (e) {
    case AZ_BE_NONE:
    case AZ_BE_EMPTY:
    case AZ_BE_LENGTH:
    case AZ_BE_REFUSAL:
    case AZ_BE_PARSE:
    case AZ_BE_OUTSIDE:
    case AZ_BE_LOGPROBS:
        return true;
    default:
        return false;
    }
}

static void add_ballot(struct az_judge_sums *j, const struct az_ballot *b)
{
    j->ballots++;
    j->errors += b->error != AZ_BE_NONE;
    j->by_error[b->error]++;
    j->replies += replied(b->error);
    j->readable += b->error == AZ_BE_NONE;
    if (b->cached)
        return; /* asked and paid for by an earlier job */
    j->tokens_in += b->tokens_in;
    j->tokens_out += b->tokens_out;
    j->cost += b->cost;
    j->cost_unknown |= !b->cost_known && b->attempts > 0;
    if (b->attempts > 0 || b->ms > 0)
        az_histogram_add(&j->ms, b->ms);
}

void az_summary_add_ballots(struct az_summary *s, struct az_ballots ballots)
{
    for (size_t i = 0; i < ballots.n; i++) {
        const struct az_ballot *b = &ballots.v[i];
        if (b->key.judge >= 0 && (size_t)b->key.judge < s->n_judges)
            add_ballot(&s->judges[b->key.judge], b);
    }
}

/* What one ballot names; where it names none, its likeliest label. */
static int ballot_label(const struct az_ballot *b)
{
    return b->label != AZ_LABEL_NONE ? b->label : az_shares_top(b->probs, b->n_probs);
}

/* What a seat says in one of its orders: the commonest label of its samples, a
 * tie among them; AZ_LABEL_NONE where none is readable or two are as common. */
static int order_label(const struct az_board *board, const struct az_plan_seat *plan, int order)
{
    const struct az_question *q = &board->fold->panel->question;
    size_t n_labels = az_label_count(q, board->fold->item);
    double counts[AZ_LABELS_MAX + 1] = {0};
    bool any = false;

    for (int i = 0; i < plan->samples; i++) {
        size_t slot = plan->first + (size_t)order * (size_t)plan->samples + (size_t)i;
        const struct az_ballot *b = az_board_at(board, 1, slot);
        if (!b || !az_ballot_readable(q, n_labels, b))
            continue;
        int label = ballot_label(b);
        if (label == AZ_LABEL_NONE)
            continue;
        counts[label]++;
        any = true;
    }
    return any ? az_shares_top(counts, AZ_LEN(counts)) : AZ_LABEL_NONE;
}

static int add_orders(struct az_summary *s, const struct az_board *board,
                      const struct az_plan_seat *plan, uint64_t cluster)
{
    if (plan->n_orders < 2 || s->panel->question.kind == AZ_SCORE)
        return 0;
    return az_bias_add(&s->judges[plan->judge].bias, cluster, order_label(board, plan, 0),
                       order_label(board, plan, 1));
}

/* Was the judge asked? In a run all are. */
static bool came(const struct az_summary *s, const struct az_board *board,
                 const struct az_seat *seat)
{
    bool any = !s->who_came;
    for (size_t i = 0; !any && i < seat->plan->n; i++)
        any = az_board_at(board, 1, seat->plan->first + i) != NULL;
    return any;
}

static void add_label_gold(struct az_summary *s, const struct az_seat *seat, size_t n_labels,
                           int gold)
{
    int judge = seat->plan->judge;
    struct az_gold_match *g = &s->judges[judge].gold;

    g->n++;
    if (seat->state != AZ_SEAT_VOTED)
        return; /* an error is no vote, and it is not right */
    double credit = az_summary_credit(seat->shares, n_labels, gold);
    g->right += seat->top == gold;
    g->shared += credit;
    s->wrong[judge] = 1.0 - credit;
    az_kappa_add(&g->kappa, seat->top, gold);
}

static void add_score_gold(struct az_summary *s, const struct az_seat *seat, double gold)
{
    struct az_gold_match *g = &s->judges[seat->plan->judge].gold;

    g->n++;
    if (seat->state != AZ_SEAT_VOTED)
        return;
    g->scored++;
    g->off += fabs(seat->score - gold);
    az_pearson_add(&g->scores, seat->score, gold);
}

static void add_score_pairs(struct az_summary *s)
{
    struct az_score_pair *pair = s->score_pairs;

    for (size_t a = 0; a < s->n_judges; a++) {
        for (size_t b = 0; b < a; b++, pair++) {
            if (!s->scored[a] || !s->scored[b])
                continue;
            az_pearson_add(&pair->r, s->scores[a], s->scores[b]);
            pair->equal += fabs(s->scores[a] - s->scores[b]) <= AZ_SHARE_EPS;
        }
    }
    az_alpha_scores_add(&s->alpha_scores, s->scores, s->scored, s->n_judges);
}

static int add_votes(struct az_summary *s, uint64_t cluster)
{
    if (!s->votes.each && az_votes_init(&s->votes, s->n_judges) < 0)
        return AZ_ENOMEM;
    az_votes_add(&s->votes, cluster, s->wrong);
    return 0;
}

static int add_label_seats(struct az_summary *s, const struct az_board *board,
                           const struct az_seat *seats, uint64_t cluster)
{
    const struct az_item *item = board->fold->item;
    size_t n_labels = az_label_count(&s->panel->question, item);
    int gold = az_summary_gold_label(s, item);

    for (size_t i = 0; i < board->plan.n_seats; i++) {
        int judge = seats[i].plan->judge;
        s->tops[judge] = seats[i].state == AZ_SEAT_VOTED ? seats[i].top : AZ_LABEL_NONE;
        s->wrong[judge] = -1;
        if (gold != AZ_LABEL_NONE && came(s, board, &seats[i]))
            add_label_gold(s, &seats[i], n_labels, gold);
    }
    az_pairs_add(&s->pairs, s->tops);
    return gold != AZ_LABEL_NONE ? add_votes(s, cluster) : 0;
}

static void add_score_seats(struct az_summary *s, const struct az_board *board,
                            const struct az_seat *seats)
{
    const struct az_gold *gold = &board->fold->item->gold;

    for (size_t i = 0; i < board->plan.n_seats; i++) {
        int judge = seats[i].plan->judge;
        s->scored[judge] = seats[i].state == AZ_SEAT_VOTED;
        s->scores[judge] = seats[i].score;
        if (gold->has_number && came(s, board, &seats[i]))
            add_score_gold(s, &seats[i], gold->number);
    }
    add_score_pairs(s);
}

int az_summary_add_judges(struct az_summary *s, const struct az_board *board, bool early,
                          uint64_t cluster)
{
    struct az_seat *seats;

    /* A true answer that came later does not make it asked in full. */
    if (early || az_early_applies(board->fold))
        return 0;
    if (az_seats_fold(board, 1, &seats) < 0)
        return AZ_ENOMEM;
    for (size_t i = 0; i < board->plan.n_seats; i++) {
        if (add_orders(s, board, seats[i].plan, cluster) < 0)
            return AZ_ENOMEM;
    }
    if (s->n_labels > 0)
        return add_label_seats(s, board, seats, cluster);
    add_score_seats(s, board, seats);
    return 0;
}
