#include "client/cli/habits.h"

#include <math.h>
#include <string.h>

#include "core/item.h"
#include "core/mem.h"
#include "policies/plan.h"
#include "policies/seats.h"
#include "policies/step.h"
#include "statistics/agreement/decisive.h"
#include "statistics/agreement/habit.h"

enum { ITEM_BYTES = 8192, GOLD_LEAST = 50, BINS = 10, SCALE_STEPS = 21 };

/* Win rates of one system over another, summed: a before b. */
struct duel_sums {
    double truth, judged;
    int64_t n;
};

struct judge {
    struct az_partial by_gold, by_others; /* verbosity */
    struct az_own own_by_gold, own_by_others;
    struct az_lenient lenient;
    struct az_within within;
    struct az_scale scale;
    struct az_quality quality;
    struct duel_sums *duels; /* AZ_HABITS_SYSTEMS squared; made when needed */
};

struct az_habits {
    const struct az_panel *panel;
    struct judge *judges;
    size_t n_systems;
    char *systems[AZ_HABITS_SYSTEMS];
};

struct az_habits *az_habits_new(const struct az_panel *panel)
{
    AZ_AUTO(habits) h = az_zalloc(sizeof(*h));
    if (!h || !(h->judges = az_zalloc((panel->n_judges + 1) * sizeof(*h->judges))))
        return NULL;
    h->panel = panel;
    const struct az_question *q = &panel->question;
    for (size_t j = 0; j < panel->n_judges; j++) {
        az_quality_init(&h->judges[j].quality, BINS);
        if (q->kind != AZ_SCORE)
            continue;
        double steps = q->step > 0 ? floor((q->scale_max - q->scale_min) / q->step + 1.5) : 0;
        bool few = steps >= 2 && steps <= AZ_SCALE_LEVELS;
        az_scale_init(&h->judges[j].scale, q->scale_min, q->scale_max,
                      few ? (size_t)steps : SCALE_STEPS);
    }
    return AZ_TAKE(h);
}

void az_habits_free(struct az_habits *h)
{
    if (!h)
        return;
    for (size_t j = 0; h->judges && j < h->panel->n_judges; j++) {
        az_own_release(&h->judges[j].own_by_gold);
        az_own_release(&h->judges[j].own_by_others);
        az_within_release(&h->judges[j].within);
        az_quality_release(&h->judges[j].quality);
        free(h->judges[j].duels);
    }
    for (size_t i = 0; i < h->n_systems; i++)
        free(h->systems[i]);
    free(h->judges);
    free(h);
}

/* ---- one item ---- */

/* What is known of an item while its seats are looked at. */
struct scene {
    struct az_habits *h;
    const struct az_board *board;
    const struct az_seat *seats;
    const struct az_item *item;
    uint64_t cluster;
    size_t n_labels;
    int gold;         /* the one true label, or AZ_LABEL_NONE */
    bool has_leaning; /* of gold */
    double leaning;   /* towards A: +1 … -1; for other questions its number or 1 = passes */
};

/* How far an answer leans to the first of two, or how high it is. False: it says nothing
 * of the kind. */
static bool leaning_of(const struct scene *s, const struct az_seat *seat, double *ret)
{
    const struct az_question *q = &s->h->panel->question;
    if (seat->state != AZ_SEAT_VOTED)
        return false;
    if (q->kind == AZ_SCORE) {
        *ret = seat->score;
        return true;
    }
    if (q->kind == AZ_PAIR) {
        *ret = seat->shares[AZ_LABEL_A] - seat->shares[AZ_LABEL_B];
        return true;
    }
    if (q->kind != AZ_CHOICE || q->pass != AZ_PASS_LABELS)
        return false;
    *ret = 0;
    for (size_t k = 0; k < s->n_labels; k++)
        *ret += az_passes(q, (int)k, false, 0) ? seat->shares[k] : 0;
    return true;
}

static void learn_gold(struct scene *s)
{
    const struct az_question *q = &s->h->panel->question;
    const struct az_gold *g = &s->item->gold;
    s->gold = g->n == 1 ? g->labels[0] : AZ_LABEL_NONE;
    if (q->kind == AZ_SCORE) {
        s->has_leaning = g->has_number;
        s->leaning = g->number;
        return;
    }
    s->has_leaning = g->n > 0 && (q->kind == AZ_PAIR || q->pass == AZ_PASS_LABELS);
    for (size_t i = 0; i < g->n; i++) {
        if (q->kind == AZ_PAIR)
            s->leaning += g->weights[i] * ((g->labels[i] == 0) - (g->labels[i] == 1));
        else
            s->leaning += g->weights[i] * az_passes(q, g->labels[i], false, 0);
    }
}

/* What the other judges say on the whole; `family`: only those of another one. */
static bool others_lean(const struct scene *s, size_t seat, const char *family, double *ret)
{
    double sum = 0, x;
    int n = 0;
    for (size_t i = 0; i < s->board->plan.n_seats; i++) {
        const char *theirs = s->h->panel->judges[s->seats[i].plan->judge].family;
        if (i == seat || (family && theirs && !strcmp(family, theirs)) ||
            !leaning_of(s, &s->seats[i], &x))
            continue;
        sum += x;
        n++;
    }
    *ret = n ? sum / n : 0;
    return n > 0;
}

/* Of its length in characters: twice as long is as far from it as half as long. */
static double length_of(struct az_str s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++)
        n += ((unsigned char)s.p[i] & 0xc0) != 0x80; /* the first byte of each */
    return log((double)n + 1);
}

static void add_verbosity(const struct scene *s, size_t seat, struct judge *j)
{
    double x, others;
    if (!s->item->n_responses || !leaning_of(s, &s->seats[seat], &x))
        return;
    double y = length_of(s->item->responses[0]);
    if (s->h->panel->question.kind == AZ_PAIR)
        y -= length_of(s->item->responses[1]);
    if (s->has_leaning)
        az_partial_add(&j->by_gold, x, y, s->leaning);
    if (others_lean(s, seat, NULL, &others))
        az_partial_add(&j->by_others, x, y, others);
}

/* A system is of a family whose name it has in its own. */
static bool of_family(struct az_str system, const char *family)
{
    size_t n = strlen(family);
    for (size_t i = 0; i + n <= system.n; i++) {
        if (az_str_eqz_nocase((struct az_str){system.p + i, n}, family))
            return true;
    }
    return false;
}

static int add_own(const struct scene *s, size_t seat, struct judge *j)
{
    const char *family = s->h->panel->judges[s->seats[seat].plan->judge].family;
    double x, others;
    if (s->h->panel->question.kind != AZ_PAIR || !s->item->systems || !family || !*family ||
        !leaning_of(s, &s->seats[seat], &x))
        return 0;
    bool a = of_family(s->item->systems[0], family), b = of_family(s->item->systems[1], family);
    if (a == b)
        return 0;
    double sign = a ? 1 : -1; /* wins of its own, a tie half */
    int r = 0;
    if (s->has_leaning)
        r = az_own_add(&j->own_by_gold, s->cluster, (1 + sign * x) / 2,
                       (1 + sign * s->leaning) / 2);
    if (r == 0 && others_lean(s, seat, family, &others))
        r = az_own_add(&j->own_by_others, s->cluster, (1 + sign * x) / 2, (1 + sign * others) / 2);
    return r;
}

static void add_lenient(const struct scene *s, const struct az_seat *seat, struct judge *j)
{
    const struct az_question *q = &s->h->panel->question;
    bool score = q->kind == AZ_SCORE;
    if (q->pass == AZ_PASS_NONE || seat->state != AZ_SEAT_VOTED ||
        (score ? !s->item->gold.has_number : s->gold == AZ_LABEL_NONE || seat->top < 0))
        return;
    az_lenient_add(&j->lenient, az_passes(q, s->gold, score, s->item->gold.number),
                   az_passes(q, seat->top, score, seat->score));
}

static const struct az_ballot *sample_of(const struct scene *s, const struct az_seat *seat, int i)
{
    const struct az_ballot *b = az_board_at(s->board, 1, seat->plan->first + (size_t)i);
    bool readable = b && az_ballot_readable(&s->h->panel->question, s->n_labels, b);
    return readable ? b : NULL;
}

/* Samples of the first order. */
static int add_within(const struct scene *s, const struct az_seat *seat, struct judge *j)
{
    int counts[AZ_LABELS_MAX] = {0};
    if (seat->plan->samples < 2 || !s->n_labels)
        return 0;
    for (int i = 0; i < seat->plan->samples; i++) {
        const struct az_ballot *b = sample_of(s, seat, i);
        if (b && b->label >= 0)
            counts[b->label]++;
    }
    return az_within_add(&j->within, s->cluster, counts, s->n_labels);
}

/* The mean of the probabilities that its ballots carry. */
static int add_quality(const struct scene *s, const struct az_seat *seat, struct judge *j)
{
    double p[AZ_LABELS_MAX] = {0}, sum = 0;
    if (!s->n_labels || s->gold == AZ_LABEL_NONE)
        return 0;
    for (size_t i = 0; i < seat->plan->n; i++) {
        const struct az_ballot *b = sample_of(s, seat, (int)i);
        if (!b || b->n_probs != s->n_labels)
            continue;
        for (size_t k = 0; k < s->n_labels; k++)
            p[k] += b->probs[k];
    }
    for (size_t k = 0; k < s->n_labels; k++)
        sum += p[k];
    if (!(sum > 0))
        return 0;
    for (size_t k = 0; k < s->n_labels; k++)
        p[k] /= sum;
    return az_quality_add(&j->quality, s->cluster, p, s->n_labels, (size_t)s->gold);
}

/* ---- systems ---- */

static int system_of(struct az_habits *h, struct az_str name, int *ret)
{
    for (size_t i = 0; i < h->n_systems; i++) {
        if (az_str_eqz(name, h->systems[i])) {
            *ret = (int)i;
            return 0;
        }
    }
    *ret = -1;
    if (h->n_systems == AZ_HABITS_SYSTEMS)
        return 0;
    char *copy = az_alloc(name.n + 1);
    if (!copy)
        return AZ_ENOMEM;
    memcpy(copy, name.p, name.n);
    copy[name.n] = '\0';
    *ret = (int)h->n_systems;
    h->systems[h->n_systems++] = copy;
    return 0;
}

static int add_duel(const struct scene *s, const struct az_seat *seat, struct judge *j, int a,
                    int b)
{
    double x;
    if (!leaning_of(s, seat, &x))
        return 0;
    if (!j->duels &&
        !(j->duels = az_zalloc(AZ_HABITS_SYSTEMS * AZ_HABITS_SYSTEMS * sizeof(*j->duels))))
        return AZ_ENOMEM;
    double sign = a < b ? 1 : -1;
    struct duel_sums *d = &j->duels[AZ_MIN(a, b) * AZ_HABITS_SYSTEMS + AZ_MAX(a, b)];
    d->judged += (1 + sign * x) / 2;
    d->truth += (1 + sign * s->leaning) / 2;
    d->n++;
    return 0;
}

static int add_duels(const struct scene *s)
{
    int a, b;
    if (s->h->panel->question.kind != AZ_PAIR || !s->item->systems || !s->has_leaning)
        return 0;
    if (system_of(s->h, s->item->systems[0], &a) < 0 ||
        system_of(s->h, s->item->systems[1], &b) < 0)
        return AZ_ENOMEM;
    if (a < 0 || b < 0 || a == b)
        return 0;
    for (size_t i = 0; i < s->board->plan.n_seats; i++) {
        if (add_duel(s, &s->seats[i], &s->h->judges[s->seats[i].plan->judge], a, b) < 0)
            return AZ_ENOMEM;
    }
    return 0;
}

/* ---- all of an item ---- */

static int add_seat(const struct scene *s, size_t at)
{
    const struct az_seat *seat = &s->seats[at];
    struct judge *j = &s->h->judges[seat->plan->judge];
    add_verbosity(s, at, j);
    add_lenient(s, seat, j);
    if (s->h->panel->question.kind == AZ_SCORE && seat->state == AZ_SEAT_VOTED)
        az_scale_add(&j->scale, seat->score);
    if (add_own(s, at, j) < 0 || add_within(s, seat, j) < 0)
        return AZ_ENOMEM;
    return add_quality(s, seat, j);
}

static int add_fold(struct az_habits *h, const struct az_fold *fold)
{
    struct az_board board;
    struct az_seat *seats;
    if (az_early_applies(fold))
        return 0;
    if (az_board_make(fold, &board) < 0 || az_seats_fold(&board, 1, &seats) < 0)
        return AZ_ENOMEM;
    struct scene s = {.h = h,
                      .board = &board,
                      .seats = seats,
                      .item = fold->item,
                      .cluster = az_item_cluster(fold->item),
                      .n_labels = az_label_count(&h->panel->question, fold->item)};
    learn_gold(&s);
    for (size_t i = 0; i < board.plan.n_seats; i++) {
        if (add_seat(&s, i) < 0)
            return AZ_ENOMEM;
    }
    return add_duels(&s);
}

int az_habits_add(struct az_habits *h, const struct az_item *item, struct az_ballots ballots,
                  struct az_error *err)
{
    AZ_AUTO(arena) arena = az_arena_new(ITEM_BYTES);
    struct az_fold fold = {
        .panel = h->panel, .item = item, .ballots = ballots, .closed = true, .arena = arena};
    if (!arena || add_fold(h, &fold) < 0)
        return az_oom(err);
    return 0;
}

/* ---- figures ---- */

static int systems_figures(const struct az_habits *h, const struct judge *j,
                           struct az_habit_figures *ret)
{
    double bias[AZ_HABITS_SYSTEMS];
    int64_t met[AZ_HABITS_SYSTEMS];
    size_t n = 0, most = h->n_systems * (h->n_systems + 1) / 2;
    bool edge;
    ret->decisiveness = ret->system_bias = az_figure_none("no pairs of systems with gold", 0);
    if (!j->duels)
        return 0;
    AZ_AUTO_MEM struct az_duel *v = az_alloc((most + 1) * sizeof(*v));
    if (!v)
        return AZ_ENOMEM;
    for (size_t a = 0; a < h->n_systems; a++) {
        for (size_t b = a + 1; b < h->n_systems; b++) {
            const struct duel_sums *d = &j->duels[a * AZ_HABITS_SYSTEMS + b];
            double of = (double)d->n;
            if (d->n)
                v[n++] = (struct az_duel){a, b, d->truth / of, d->judged / of, d->n};
        }
    }
    ret->decisiveness = az_decisive_alpha(v, n, &edge);
    ret->system_bias = ret->decisiveness;
    if (ret->decisiveness.defined)
        ret->system_bias = az_decisive_bias(v, n, ret->decisiveness.value, bias, h->n_systems, met);
    return 0;
}

int az_habits_figures(const struct az_habits *h, size_t judge, struct az_habit_figures *ret)
{
    const struct judge *j = &h->judges[judge];
    bool score = h->panel->question.kind == AZ_SCORE;
    struct az_figure none = az_figure_none("the question is no score", 0);
    struct az_figure by_gold = az_own_figure(&j->own_by_gold);
    bool length_by_gold = j->by_gold.xy.n >= GOLD_LEAST, own_by_gold = by_gold.n >= GOLD_LEAST;
    *ret = (struct az_habit_figures){
        .verbosity = az_partial_figure(length_by_gold ? &j->by_gold : &j->by_others),
        .own_family = own_by_gold ? by_gold : az_own_figure(&j->own_by_others),
        .verbosity_by_gold = length_by_gold,
        .own_family_by_gold = own_by_gold,
        .leniency = h->panel->question.pass == AZ_PASS_NONE
                        ? az_figure_none("the question has no 'pass'", 0)
                        : az_lenient_figure(&j->lenient),
        .within = az_within_figure(&j->within),
        .scale_mean = score ? az_scale_mean(&j->scale) : none,
        .scale_deviation = score ? az_scale_deviation(&j->scale) : none,
        .scale_ends = score ? az_scale_ends(&j->scale) : none,
        .levels_used = score ? az_scale_levels_used(&j->scale) : none,
        .log_loss = az_quality_log_loss(&j->quality),
        .brier = az_quality_brier(&j->quality),
        .ece = az_quality_ece(&j->quality),
        .quality = &j->quality,
    };
    return systems_figures(h, j, ret);
}
