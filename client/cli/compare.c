#include "client/cli/compare.h"

#include <math.h>

#include "coordinator/summary.h"
#include "core/item.h"
#include "core/mem.h"
#include "policies/plan.h"

static int add_earned(const struct az_panel *panel, const struct az_item *item,
                      const struct az_verdict *verdict, struct az_ballots ballots,
                      struct az_arena *arena, struct az_outcome *o)
{
    struct az_fold fold = {
        .panel = panel, .item = item, .ballots = ballots, .closed = true, .arena = arena};
    struct az_board board;
    struct az_earned earned;
    if (az_board_make(&fold, &board) < 0 || az_earned_of(&board, verdict, &earned) < 0)
        return AZ_ENOMEM;
    o->has_gold = earned.has;
    o->right = earned.right;
    o->shared = earned.shared;
    o->scored = earned.scored;
    o->off = earned.off;
    return 0;
}

int az_outcome_of(const struct az_panel *panel, const struct az_item *item,
                  const struct az_verdict *verdict, struct az_ballots ballots,
                  struct az_arena *arena, struct az_outcome *ret)
{
    const struct az_question *q = &panel->question;
    bool decided = verdict->status == AZ_DECIDED;
    *ret = (struct az_outcome){
        .cluster = az_item_cluster(item),
        .weight = 1,
        .status = verdict->status,
        .label = decided ? verdict->label : AZ_LABEL_NONE,
        .has_score = decided && verdict->has_score,
        .score = decided && verdict->has_score ? verdict->score : 0,
        .has_pass = decided && q->pass != AZ_PASS_NONE,
        .pass = decided && az_passes(q, verdict->label, verdict->has_score, verdict->score)};
    bool gold = item->gold.n || item->gold.has_number;
    return gold ? add_earned(panel, item, verdict, ballots, arena, ret) : 0;
}

void az_compare_count(struct az_compare_side *side, enum az_status status,
                      struct az_ballots ballots)
{
    side->left += status == AZ_OPEN;
    side->items += status != AZ_OPEN;
    side->decided += status == AZ_DECIDED;
    side->abstained += status == AZ_ABSTAINED;
    side->failed += status == AZ_FAILED;
    for (size_t i = 0; i < ballots.n; i++) {
        const struct az_ballot *b = &ballots.v[i];
        if (b->cached)
            continue; /* asked and paid for by an earlier job */
        side->calls += b->attempts;
        side->cost = az_nusd_add(side->cost, b->cost);
        side->cost_known &= b->cost_known || !b->attempts;
    }
}

void az_compare_init(struct az_compare *c, const struct az_question *q)
{
    *c = (struct az_compare){.kind = q->kind,
                             .has_pass = q->pass != AZ_PASS_NONE,
                             .a.cost_known = true,
                             .b.cost_known = true};
}

void az_compare_release(struct az_compare *c)
{
    for (size_t i = 0; i < AZ_CMP_COUNT; i++)
        az_paired_release(&c->v[i]);
    for (size_t i = 0; i < c->n_systems; i++) {
        free(c->systems[i].name);
        az_paired_release(&c->systems[i].won);
    }
    az_mean_release(&c->same);
    free(c->rows);
    free(c->systems);
    *c = (struct az_compare){0};
}

/* ---- one item ---- */

/* NULL: no memory, or too many systems (*full). */
static struct az_compare_system *system_of(struct az_compare *c, struct az_str name, bool *full)
{
    *full = false;
    for (size_t i = 0; i < c->n_systems; i++) {
        if (az_str_eqz(name, c->systems[i].name))
            return &c->systems[i];
    }
    *full = c->n_systems == AZ_CMP_SYSTEMS;
    if (*full)
        return NULL;
    if (!c->systems)
        c->systems = az_zalloc(AZ_CMP_SYSTEMS * sizeof(*c->systems));
    char *copy = c->systems ? az_alloc(name.n + 1) : NULL;
    if (!copy)
        return NULL;
    memcpy(copy, name.p, name.n);
    copy[name.n] = '\0';
    struct az_compare_system *s = &c->systems[c->n_systems++];
    *s = (struct az_compare_system){.name = copy};
    return s;
}

static double won(const struct az_compare *c, const struct az_outcome *o, size_t place)
{
    if (c->kind == AZ_PAIR && o->label == AZ_LABEL_TIE)
        return 0.5;
    return o->label == (int)place;
}

/* A system that meets itself neither wins nor loses. */
static int add_systems(struct az_compare *c, const struct az_item *item, const struct az_outcome *a,
                       const struct az_outcome *b)
{
    if (!item->systems || (c->kind != AZ_PAIR && c->kind != AZ_BEST))
        return 0;
    if (item->n_responses == 2 && az_str_eq(item->systems[0], item->systems[1]))
        return 0;
    for (size_t i = 0; i < item->n_responses; i++) {
        bool full;
        struct az_compare_system *s = system_of(c, item->systems[i], &full);
        if (!s && !full)
            return AZ_ENOMEM;
        c->systems_over += full;
        if (s && az_paired_add(&s->won, a->cluster, won(c, a, i), won(c, b, i)) < 0)
            return AZ_ENOMEM;
    }
    return 0;
}

static int add_gold(struct az_compare *c, const struct az_outcome *a, const struct az_outcome *b)
{
    if (!a->has_gold || !b->has_gold)
        return 0;
    if (c->kind != AZ_SCORE) {
        int r = az_paired_add(&c->v[AZ_CMP_ACCURACY], a->cluster, a->shared, b->shared);
        return r < 0 ? r : az_paired_add(&c->v[AZ_CMP_STRICT], a->cluster, a->right, b->right);
    }
    if (!a->scored || !b->scored)
        return 0;
    return az_paired_add(&c->v[AZ_CMP_OFF], a->cluster, a->off, b->off);
}

static int add_decided(struct az_compare *c, const struct az_item *item, const struct az_outcome *a,
                       const struct az_outcome *b)
{
    bool same = c->kind == AZ_SCORE ? fabs(a->score - b->score) <= 1e-12 : a->label == b->label;
    int r = az_mean_add(&c->same, a->cluster, same);
    if (r == 0 && a->has_pass && b->has_pass)
        r = az_paired_add(&c->v[AZ_CMP_PASS], a->cluster, a->pass, b->pass);
    if (r == 0 && a->has_score && b->has_score)
        r = az_paired_add(&c->v[AZ_CMP_MEAN], a->cluster, a->score, b->score);
    return r < 0 ? r : add_systems(c, item, a, b);
}

static int add_row(struct az_compare *c, const struct az_outcome *a, const struct az_outcome *b)
{
    bool score = c->kind == AZ_SCORE;
    if (az_grow(&c->rows, &c->cap, (size_t)c->n, sizeof(*c->rows)) < 0)
        return AZ_ENOMEM;
    struct az_compare_row *row = &c->rows[c->n - 1];
    *row = (struct az_compare_row){.cluster = a->cluster,
                                   .weight = a->weight,
                                   .apart = score ? fabs(a->score - b->score)
                                                  : a->status != b->status || a->label != b->label,
                                   .labelled = a->has_gold && b->has_gold};
    if (score)
        row->labelled = row->labelled && a->scored && b->scored;
    row->difference[AZ_CMP_ACCURACY] = a->shared - b->shared;
    row->difference[AZ_CMP_STRICT] = a->right - b->right;
    row->difference[AZ_CMP_OFF] = a->off - b->off;
    return 0;
}

int az_compare_add(struct az_compare *c, const struct az_item *item, const struct az_outcome *a,
                   const struct az_outcome *b)
{
    bool decided_a = a->status == AZ_DECIDED, decided_b = b->status == AZ_DECIDED;
    c->n++;
    int r = add_row(c, a, b);
    if (r == 0)
        r = az_paired_add(&c->v[AZ_CMP_DECIDED], a->cluster, decided_a, decided_b);
    if (r == 0)
        r = add_gold(c, a, b);
    return r < 0 || !decided_a || !decided_b ? r : add_decided(c, item, a, b);
}

/* ---- over all items ---- */

struct arrays {
    double *judged, *truth, *weight;
    bool *labelled;
    uint64_t *cluster;
};

static int arrays_init(struct arrays *s, const struct az_compare *c)
{
    size_t n = (size_t)c->n;
    *s = (struct arrays){.judged = az_alloc((3 * n + 1) * sizeof(*s->judged)),
                         .labelled = az_alloc((n + 1) * sizeof(*s->labelled)),
                         .cluster = az_alloc((n + 1) * sizeof(*s->cluster))};
    if (!s->judged || !s->labelled || !s->cluster)
        return AZ_ENOMEM;
    s->truth = s->judged + n;
    s->weight = s->truth + n;
    for (size_t i = 0; i < n; i++) {
        s->labelled[i] = c->rows[i].labelled;
        s->weight[i] = c->rows[i].weight;
        s->cluster[i] = c->rows[i].cluster;
    }
    return 0;
}

/* What is known of the rest has no sign; it takes that of the labels' mean. */
static int choose(struct az_compare *c, const struct arrays *s, size_t which)
{
    double sum = 0;
    int64_t differ = 0;
    for (size_t i = 0; i < (size_t)c->n; i++) {
        s->truth[i] = c->rows[i].difference[which];
        sum += s->labelled[i] ? s->weight[i] * s->truth[i] : 0;
        differ += s->labelled[i] && s->truth[i] != 0;
    }
    for (size_t i = 0; i < (size_t)c->n; i++)
        s->judged[i] = sum < 0 ? -c->rows[i].apart : c->rows[i].apart;
    struct az_mean_of of = {.n = (size_t)c->n,
                            .judged = s->judged,
                            .truth = s->truth,
                            .labelled = s->labelled,
                            .w = c->weighted ? s->weight : NULL,
                            .cluster = s->cluster,
                            .same_scale = true};
    int r = az_choose_mean(&of, &c->all[which]);
    if (r == 0 && differ < AZ_CHOOSE_RARE) { /* bench/intervals.c, "difference of two" */
        c->all[which].figure.has_interval = false;
        c->all[which].figure.method = NULL;
        c->all[which].why = "the two differ on fewer than 15 labelled items: no interval";
    }
    return r;
}

int az_compare_finish(struct az_compare *c)
{
    struct arrays s;
    int64_t labelled = 0;
    double first = 0;
    for (int64_t i = 0; i < c->n; i++) {
        const struct az_compare_row *row = &c->rows[i];
        if (!row->labelled)
            continue;
        first = labelled++ ? first : row->weight;
        c->weighted = c->weighted || fabs(row->weight - first) > 1e-9 * first;
    }
    c->over_all = labelled > 0 && (labelled < c->n || c->weighted);
    if (!c->over_all)
        return 0;
    int r = arrays_init(&s, c);
    for (size_t i = 0; r == 0 && i < AZ_LEN(c->all); i++)
        r = choose(c, &s, i);
    free(s.judged);
    free(s.labelled);
    free(s.cluster);
    return r;
}
