#include "client/cli/corpus.h"

#include "core/mem.h"
#include "policies/answers.h"
#include "policies/plan.h"
#include "policies/seats.h"

enum { ITEM_BYTES = 16384 };

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
    az_answers_sample(&c->sample, q, panel->n_judges, c->options.n_responses, c->levels);
    c->arena = az_arena_new(ITEM_BYTES);
    c->seat_of = az_alloc((panel->n_judges + 1) * sizeof(*c->seat_of));
    if (!c->arena || !c->seat_of || set_families(c) < 0)
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

double az_corpus_number(const struct az_sample *s, const struct az_vote *v)
{
    const double *score = az_vote_score(s, v);
    double sum = 0;
    if (score)
        return *score;
    for (size_t k = 0; k < s->n_labels; k++)
        sum += az_vote_share(s, v, k) * s->levels[k];
    return sum;
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

/* ---- votes ---- */

static int add_votes(struct az_corpus *c, const struct az_item *item, struct az_ballots ballots)
{
    struct folded f;
    int r = fold_item(c, item, ballots, &f);
    for (size_t i = 0; r == 0 && i < f.board.plan.n_seats; i++) {
        const struct az_seat *seat = &f.seats[i];
        size_t judge = (size_t)f.judges[seat->plan->judge];
        r = az_answers_vote(&c->sample, &f.board, c->options.round, seat, judge);
        if (r == 0 && c->options.seat && seat->state == AZ_SEAT_VOTED)
            r = c->options.seat(c->options.arg, &c->sample, &f.board, c->options.round, seat,
                                judge);
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
        int level = c->sample.n_labels ? az_answers_level(q, g->number) : -1;
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

int az_corpus_round(const struct az_panel *panel, struct az_ballots ballots)
{
    int most = panel->policy.kind == AZ_POLICY_DEBATE ? panel->policy.rounds : 1, last = 1;
    for (size_t i = 0; i < ballots.n; i++) {
        if (ballots.v[i].key.round <= most)
            last = AZ_MAX(last, ballots.v[i].key.round);
    }
    return last;
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
        r = add_votes(c, item, ballots);
    if (r < 0)
        return az_oom(err);
    c->in_full[c->sample.n_items - 1] = !early;
    return 0;
}
