#include "client/cli/corpus.h"

#include <math.h>

#include "core/mem.h"
#include "policies/plan.h"
#include "policies/seats.h"

enum { ITEM_BYTES = 16384 };

static const double least_probability = 1e-6;

static int64_t steps_of(const struct az_question *q)
{
    if (q->kind != AZ_SCORE || !(q->step > 0) || !(q->scale_min < q->scale_max))
        return 0;
    double n = floor((q->scale_max - q->scale_min) / q->step + 1e-9) + 1;
    return n <= AZ_SAMPLE_LABELS_MAX ? (int64_t)n : 0;
}

/* -1: between two steps, or off the scale. */
static int level_of(const struct az_question *q, double score)
{
    double at = (score - q->scale_min) / q->step, whole = round(at);
    if (fabs(at - whole) > 1e-9 || whole < 0 || whole >= (double)steps_of(q))
        return -1;
    return (int)whole;
}

static void set_answers(struct az_corpus *c, const struct az_question *q)
{
    size_t n = q->kind == AZ_SCORE                        ? (size_t)steps_of(q)
               : q->kind == AZ_BEST || q->kind == AZ_RANK ? c->options.n_responses
                                                          : q->n_labels;
    enum az_answers answers = q->kind == AZ_SCORE    ? AZ_ANSWERS_ORDINAL
                              : q->kind == AZ_CHOICE ? AZ_ANSWERS_NAMED
                                                     : AZ_ANSWERS_EXCHANGEABLE;
    az_sample_init(&c->sample, c->panel->n_judges, n, answers);
    if (q->kind == AZ_PAIR && q->ties)
        c->sample.tie = AZ_LABEL_TIE;
}

static int set_levels(struct az_corpus *c, const struct az_question *q)
{
    size_t n = c->sample.n_labels;
    if (q->kind != AZ_SCORE || !n)
        return 0;
    c->levels = az_alloc(n * sizeof(*c->levels));
    if (!c->levels)
        return AZ_ENOMEM;
    for (size_t i = 0; i < n; i++)
        c->levels[i] = q->scale_min + (double)i * q->step;
    c->sample.levels = c->levels;
    return 0;
}

/* Judges of one family have one number: that of the first of them. */
static int set_families(struct az_corpus *c)
{
    const struct az_panel *p = c->panel;
    bool any = false;
    for (size_t j = 0; j < p->n_judges; j++)
        any |= p->judges[j].family != NULL;
    if (!any)
        return 0;
    AZ_AUTO_MEM int32_t *first = NULL;
    struct az_names names = {0};
    c->family = az_alloc(p->n_judges * sizeof(*c->family));
    first = az_alloc((p->n_judges + 1) * sizeof(*first));
    int r = c->family && first ? 0 : AZ_ENOMEM;
    for (size_t j = 0; r == 0 && j < p->n_judges; j++) {
        c->family[j] = (int32_t)j;
        if (!p->judges[j].family)
            continue;
        size_t known = names.n;
        uint32_t name = az_names_add(&names, az_str(p->judges[j].family));
        if (name == AZ_NAME_NONE)
            r = AZ_ENOMEM;
        else if (names.n > known)
            first[name] = (int32_t)j;
        else
            c->family[j] = first[name];
    }
    az_names_release(&names);
    c->sample.family = c->family;
    return r;
}

int az_corpus_init(struct az_corpus *c, const struct az_panel *panel,
                   const struct az_corpus_options *options, struct az_error *err)
{
    const struct az_question *q = &panel->question;
    *c = (struct az_corpus){.panel = panel, .options = *options, .ids = az_buf(SIZE_MAX / 2)};
    if (!c->options.n_responses || c->options.n_responses > AZ_RESPONSES_MAX)
        c->options.n_responses = AZ_RESPONSES_MAX;
    c->options.round = AZ_MAX(c->options.round, 1);
    set_answers(c, q);
    c->arena = az_arena_new(ITEM_BYTES);
    c->seat_of = az_alloc((panel->n_judges + 1) * sizeof(*c->seat_of));
    if (!c->arena || !c->seat_of || set_levels(c, q) < 0 || set_families(c) < 0)
        return az_oom(err);
    for (size_t j = 0; j < panel->n_judges; j++)
        c->seat_of[j] = -1;
    return 0;
}

void az_corpus_release(struct az_corpus *c)
{
    az_sample_release(&c->sample);
    az_buf_release(&c->ids);
    az_names_release(&c->system_names);
    free(c->id_at);
    free(c->systems);
    free(c->family);
    free(c->levels);
    free(c->in_full);
    free(c->seat_of);
    az_arena_free(c->arena);
    *c = (struct az_corpus){0};
}

struct az_str az_corpus_id(const struct az_corpus *c, size_t item)
{
    return (struct az_str){c->ids.p + c->id_at[item], c->id_at[item + 1] - c->id_at[item]};
}

struct az_str az_corpus_system(const struct az_corpus *c, size_t item, size_t place)
{
    if (place >= c->n_places)
        return (struct az_str){0};
    return az_names_get(&c->system_names, c->systems[item * c->n_places + place]);
}

/* ---- one item's fold ---- */

/* What the fold sees: those judges only who have a ballot on the item, so that a
 * crowd of thousands costs no more than those who came. */
struct folded {
    struct az_panel panel;
    struct az_fold fold;
    struct az_board board;
    struct az_seat *seats;
    int *judges; /* seat's judge to the panel's */
};

static int seat_present(struct az_corpus *c, struct az_ballots ballots, struct folded *f,
                        struct az_ballot *v)
{
    struct az_judge *judges = az_arena_zalloc(c->arena, ballots.n * sizeof(*judges));
    f->judges = az_arena_zalloc(c->arena, ballots.n * sizeof(*f->judges));
    if (!judges || !f->judges)
        return AZ_ENOMEM;
    f->panel.judges = judges;
    f->panel.n_judges = 0;
    for (size_t i = 0; i < ballots.n; i++) {
        int j = ballots.v[i].key.judge;
        if (c->seat_of[j] < 0) {
            c->seat_of[j] = (int32_t)f->panel.n_judges;
            f->judges[f->panel.n_judges] = j;
            judges[f->panel.n_judges++] = c->panel->judges[j];
        }
        v[i] = ballots.v[i];
        v[i].key.judge = c->seat_of[j];
    }
    for (size_t i = 0; i < f->panel.n_judges; i++)
        c->seat_of[f->judges[i]] = -1;
    return 0;
}

static int fold_item(struct az_corpus *c, const struct az_item *item, struct az_ballots ballots,
                     struct folded *f)
{
    struct az_ballot *v = az_arena_zalloc(c->arena, ballots.n * sizeof(*v));
    f->panel = *c->panel;
    int r = v ? seat_present(c, ballots, f, v) : AZ_ENOMEM;
    if (r < 0)
        return r;
    f->panel.policy = (struct az_policy){c->options.round > 1 ? AZ_POLICY_DEBATE : AZ_POLICY_VOTE,
                                         .rounds = c->options.round};
    f->fold = (struct az_fold){.panel = &f->panel,
                               .item = item,
                               .ballots = {v, ballots.n},
                               .closed = true,
                               .arena = c->arena};
    r = az_board_make(&f->fold, &f->board);
    return r < 0 ? r : az_seats_fold(&f->board, c->options.round, &f->seats);
}

/* ---- a seat's vote ---- */

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

/* NULL: none of the seat's ballots has any, or no memory (*r). */
static double *margins_of(struct az_corpus *c, const struct folded *f, const struct az_seat *seat,
                          size_t n_labels, int *r)
{
    const struct az_question *q = &c->panel->question;
    double *margins = az_arena_zalloc(c->arena, n_labels * sizeof(*margins));
    size_t n = 0;
    if (!margins) {
        *r = AZ_ENOMEM;
        return NULL;
    }
    for (size_t i = 0; i < seat->plan->n; i++) {
        const struct az_ballot *b = az_board_at(&f->board, c->options.round, seat->plan->first + i);
        if (b && az_ballot_readable(q, n_labels, b))
            n += add_margins(q, b, n_labels, margins);
    }
    for (size_t i = 0; i < n_labels && n; i++)
        margins[i] /= (double)n;
    return n ? margins : NULL;
}

static int vote_label(struct az_corpus *c, const struct folded *f, const struct az_seat *seat,
                      int judge, size_t n_labels)
{
    int r = 0;
    double *margins = margins_of(c, f, seat, n_labels, &r);
    return r < 0 ? r
                 : az_sample_vote_spread(&c->sample, (size_t)judge, seat->shares, margins, NULL);
}

static int vote_score(struct az_corpus *c, const struct folded *f, const struct az_seat *seat,
                      int judge)
{
    const struct az_question *q = &c->panel->question;
    size_t n = c->sample.n_labels;
    double *shares = az_arena_zalloc(c->arena, n * sizeof(*shares));
    if (!shares)
        return AZ_ENOMEM;
    bool levels = n > 0;
    for (size_t i = 0; levels && i < seat->plan->n; i++) {
        const struct az_ballot *b = az_board_at(&f->board, c->options.round, seat->plan->first + i);
        if (!b || !az_ballot_readable(q, 0, b))
            continue;
        int level = level_of(q, b->score);
        levels = level >= 0;
        if (levels)
            shares[level] += 1.0 / (double)seat->n_readable;
    }
    int top = levels ? level_of(q, seat->score) : -1;
    if (top >= 0 && shares[top] >= 1 - 1e-12)
        return az_sample_vote(&c->sample, (size_t)judge, (size_t)top);
    return az_sample_vote_spread(&c->sample, (size_t)judge, levels ? shares : NULL, NULL,
                                 &seat->score);
}

static int add_votes(struct az_corpus *c, const struct az_item *item, struct az_ballots ballots,
                     size_t n_labels)
{
    struct folded f;
    int r = fold_item(c, item, ballots, &f);
    for (size_t i = 0; r == 0 && i < f.board.plan.n_seats; i++) {
        const struct az_seat *seat = &f.seats[i];
        int judge = f.judges[seat->plan->judge];
        if (seat->state != AZ_SEAT_VOTED)
            continue;
        r = c->panel->question.kind == AZ_SCORE ? vote_score(c, &f, seat, judge)
                                                : vote_label(c, &f, seat, judge, n_labels);
    }
    return r;
}

/* ---- truth, id, systems ---- */

static int add_truth(struct az_corpus *c, const struct az_gold *g, size_t n_labels)
{
    const struct az_question *q = &c->panel->question;
    double shares[AZ_LABELS_MAX] = {0};
    c->unknown_golds += g->unknown.p != NULL;
    if (g->has_number) {
        int level = c->sample.n_labels ? level_of(q, g->number) : -1;
        c->golds++;
        az_sample_true_score(&c->sample, g->number);
        if (level >= 0)
            az_sample_truth(&c->sample, (size_t)level);
        return 0;
    }
    for (size_t i = 0; i < g->n; i++) {
        if (g->labels[i] < 0 || (size_t)g->labels[i] >= n_labels)
            return 0; /* not of this item */
        shares[g->labels[i]] += g->weights[i];
    }
    c->golds += g->n > 0;
    return g->n ? az_sample_truth_spread(&c->sample, shares) : 0;
}

static int add_id(struct az_corpus *c, struct az_str id)
{
    size_t i = c->sample.n_items - 1;
    if (az_grow(&c->id_at, &c->id_cap, i + 2, sizeof(*c->id_at)) < 0 ||
        az_grow(&c->in_full, &c->full_cap, i + 1, sizeof(*c->in_full)) < 0)
        return AZ_ENOMEM;
    c->id_at[i] = c->ids.n;
    az_buf_str(&c->ids, id);
    c->id_at[i + 1] = c->ids.n;
    return c->ids.failed ? AZ_ENOMEM : 0;
}

/* Items before the first with systems, or with fewer places, get empty ones. */
static int widen_systems(struct az_corpus *c, size_t places)
{
    size_t n = c->sample.n_items;
    if (places <= c->n_places)
        return 0;
    uint16_t *wide = az_zalloc(n * places * sizeof(*wide));
    if (!wide)
        return AZ_ENOMEM;
    for (size_t i = 0; i + 1 < n; i++) {
        for (size_t k = 0; k < c->n_places; k++)
            wide[i * places + k] = c->systems[i * c->n_places + k];
    }
    free(c->systems);
    c->systems = wide;
    c->system_cap = n * places;
    c->n_places = places;
    return 0;
}

static int add_systems(struct az_corpus *c, const struct az_item *item)
{
    size_t places = item->systems ? item->n_responses : 0;
    if (!AZ_MAX(places, c->n_places))
        return 0;
    if (widen_systems(c, places) < 0 ||
        az_grow(&c->systems, &c->system_cap, c->sample.n_items * c->n_places, sizeof(*c->systems)) <
            0)
        return AZ_ENOMEM;
    uint16_t *to = c->systems + (c->sample.n_items - 1) * c->n_places;
    for (size_t k = 0; k < c->n_places; k++) {
        uint32_t name = AZ_NAME_NONE;
        if (k < places && (name = az_names_add(&c->system_names, item->systems[k])) == AZ_NAME_NONE)
            return AZ_ENOMEM;
        to[k] = name <= UINT16_MAX ? (uint16_t)name : AZ_NAME_NONE;
    }
    return 0;
}

int az_corpus_add(struct az_corpus *c, const struct az_item *item, struct az_ballots ballots,
                  bool early, struct az_error *err)
{
    bool score = c->panel->question.kind == AZ_SCORE;
    size_t n_labels = score ? c->sample.n_labels : az_label_count(&c->panel->question, item);
    if (n_labels > c->sample.n_labels)
        return az_fail(err, AZ_EINVAL, "item '%.*s' has more than %zu responses",
                       (int)AZ_MIN(item->id.n, (size_t)80), item->id.p, c->sample.n_labels);
    az_arena_reset(c->arena);
    int r = az_sample_item(&c->sample, az_item_cluster(item), n_labels);
    if (r == 0)
        r = add_id(c, item->id);
    if (r == 0)
        r = add_systems(c, item);
    if (r == 0)
        r = add_truth(c, &item->gold, n_labels);
    if (r == 0)
        r = add_votes(c, item, ballots, n_labels);
    if (r < 0)
        return az_oom(err);
    c->in_full[c->sample.n_items - 1] = !early;
    return 0;
}
