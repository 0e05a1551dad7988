#include "policies/standing.h"

#include "core/arena.h"
#include "core/item.h"
#include "core/mem.h"
#include "policies/plan.h"
#include "policies/seats.h"
#include "policies/step.h"
#include "statistics/infer/online.h"
#include "statistics/sample.h"

enum { ITEM_BYTES = 8192, BEST_PLACES = 8 /* items with more responses are passed over */ };

/* A judge is taken to be right in seven of ten until some four answers of its own. */
static const double guess = 0.7, strength = 4;

struct az_standing {
    const struct az_panel *panel;
    struct az_arena *arena;
    struct az_online online;
    bool knows; /* the question has labels */
};

static size_t labels_of(const struct az_question *q)
{
    if (q->kind == AZ_SCORE)
        return q->pass == AZ_PASS_NONE ? 0 : 2; /* fails, passes */
    return q->kind == AZ_BEST ? BEST_PLACES : q->n_labels;
}

struct az_standing *az_standing_new(const struct az_panel *panel)
{
    AZ_AUTO(standing) s = az_zalloc(sizeof(*s));
    size_t n = labels_of(&panel->question);
    if (!s || !(s->arena = az_arena_new(ITEM_BYTES)))
        return NULL;
    s->panel = panel;
    s->knows = n >= 2 && n <= AZ_SAMPLE_LABELS_MAX;
    if (s->knows && az_online_init(&s->online, panel->n_judges, n, guess, strength) < 0)
        return NULL;
    return AZ_TAKE(s);
}

void az_standing_free(struct az_standing *s)
{
    if (!s)
        return;
    az_online_release(&s->online);
    az_arena_free(s->arena);
    free(s);
}

static int truth_of(const struct az_question *q, const struct az_gold *g, size_t n_labels)
{
    if (q->kind == AZ_SCORE)
        return g->has_number ? az_passes(q, AZ_LABEL_NONE, true, g->number) : -1;
    bool one = g->n == 1 && g->labels[0] >= 0 && (size_t)g->labels[0] < n_labels;
    return one ? g->labels[0] : -1;
}

static int vote_of(const struct az_question *q, const struct az_seat *seat)
{
    if (seat->state != AZ_SEAT_VOTED)
        return AZ_LABEL_NONE;
    return q->kind == AZ_SCORE ? az_passes(q, AZ_LABEL_NONE, true, seat->score) : seat->top;
}

static int add(struct az_standing *s, const struct az_fold *fold)
{
    const struct az_question *q = &s->panel->question;
    struct az_board board;
    struct az_seat *seats;
    if (az_board_make(fold, &board) < 0 || az_seats_fold(&board, 1, &seats) < 0)
        return AZ_ENOMEM;
    struct az_online_vote *votes =
        az_arena_zalloc(s->arena, (board.plan.n_seats + 1) * sizeof(*votes));
    size_t n = 0;
    if (!votes)
        return AZ_ENOMEM;
    for (size_t i = 0; i < board.plan.n_seats; i++) {
        int label = vote_of(q, &seats[i]);
        if (label != AZ_LABEL_NONE)
            votes[n++] = (struct az_online_vote){seats[i].plan->judge, label};
    }
    int truth = truth_of(q, &fold->item->gold, s->online.n_labels);
    if (truth >= 0 || n >= AZ_STANDING_VOTERS)
        az_online_add(&s->online, votes, n, truth);
    return 0;
}

int az_standing_add(struct az_standing *s, const struct az_item *item, struct az_ballots ballots)
{
    struct az_fold fold = {
        .panel = s->panel, .item = item, .ballots = ballots, .closed = true, .arena = s->arena};
    if (!s->knows || az_early_applies(&fold) ||
        (s->panel->question.kind == AZ_BEST && item->n_responses > BEST_PLACES))
        return 0;
    az_arena_reset(s->arena);
    return add(s, &fold);
}

double az_standing_right(const struct az_standing *s, size_t judge)
{
    if (!s->knows || s->online.answers[judge] < AZ_STANDING_LEAST)
        return -1;
    return az_online_skill(&s->online, judge, NULL);
}
