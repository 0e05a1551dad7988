#include "client/cli/ranking.h"

#include <string.h>

#include "core/hash.h"
#include "core/item.h"
#include "core/mem.h"
#include "statistics/correlation.h"
#include "statistics/interval/mean.h"
#include "statistics/rank/bradley_terry.h"
#include "statistics/rank/elo.h"
#include "statistics/rank/intervals.h"

enum {
    DRAWS = 1000,
    DRAWS_MANY = 200, /* of tables that take long */
    MANY_SYSTEMS = 64,
    MANY_ROWS = 1 << 14,
    ELO_ORDERS = 100,
    SLOTS = 2 * AZ_RANKING_ROWS,
};

/* Games by one sort of answer: rows in order of their coming, found by hash. */
struct games {
    size_t n, cap;
    struct az_game *v;
    uint32_t *slots; /* row + 1; 0 = free; SLOTS of them */
    uint64_t mask;   /* which bits of a cluster's hash tell it from others */
};

struct az_ranking {
    const struct az_panel *panel;
    size_t n;
    char *names[AZ_RANKING_SYSTEMS];
    int64_t played[AZ_RANKING_SYSTEMS];
    struct az_mean scored[AZ_RANKING_SYSTEMS], gold_scored[AZ_RANKING_SYSTEMS];
    struct games by_verdict, by_gold;
    int64_t over;
    struct az_ranked ranked[AZ_RANKING_SYSTEMS];
};

struct az_ranking *az_ranking_new(const struct az_panel *panel)
{
    struct az_ranking *r = az_zalloc(sizeof(*r));
    if (r) {
        r->panel = panel;
        r->by_verdict.mask = r->by_gold.mask = UINT64_MAX;
    }
    return r;
}

void az_ranking_free(struct az_ranking *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < r->n; i++) {
        free(r->names[i]);
        az_mean_release(&r->scored[i]);
        az_mean_release(&r->gold_scored[i]);
    }
    free(r->by_verdict.v);
    free(r->by_verdict.slots);
    free(r->by_gold.v);
    free(r->by_gold.slots);
    free(r);
}

/* ---- items passing by ---- */

/* Its number; negative: as many as are told apart. 0 or AZ_ENOMEM. */
static int system_of(struct az_ranking *r, struct az_str name, int *ret)
{
    for (size_t i = 0; i < r->n; i++) {
        if (!az_str_eqz(name, r->names[i]))
            continue;
        *ret = (int)i;
        return 0;
    }
    *ret = -1;
    if (r->n == AZ_RANKING_SYSTEMS) {
        r->over++;
        return 0;
    }
    char *copy = az_alloc(name.n + 1);
    if (!copy)
        return AZ_ENOMEM;
    memcpy(copy, name.p, name.n);
    copy[name.n] = 0;
    r->names[r->n] = copy;
    *ret = (int)r->n++;
    return 0;
}

static uint32_t *slot_of(struct games *g, const struct az_game *row)
{
    uint64_t at =
        az_hash64_mix(row->cluster, (uint64_t)row->a * AZ_RANKING_SYSTEMS + (uint64_t)row->b);
    for (;; at++) {
        uint32_t *slot = &g->slots[at % SLOTS];
        const struct az_game *there = *slot ? &g->v[*slot - 1] : NULL;
        if (!there || (there->a == row->a && there->b == row->b && there->cluster == row->cluster))
            return slot;
    }
}

/* There is room for one row more. */
static void put(struct games *g, const struct az_game *row)
{
    uint32_t *slot = slot_of(g, row);
    if (!*slot) {
        g->v[g->n++] = *row;
        *slot = (uint32_t)g->n;
        return;
    }
    struct az_game *sum = &g->v[*slot - 1];
    sum->a_wins += row->a_wins;
    sum->b_wins += row->b_wins;
    sum->ties += row->ties;
}

/* Half as many clusters are told apart, until there is room. Rows only move down. */
static void throw_together(struct games *g)
{
    while (g->n >= AZ_RANKING_ROWS - 1 && g->mask) {
        size_t n = g->n;
        g->mask = g->mask == UINT64_MAX ? AZ_RANKING_ROWS - 1 : g->mask >> 1;
        memset(g->slots, 0, SLOTS * sizeof(*g->slots));
        g->n = 0;
        for (size_t i = 0; i < n; i++) {
            struct az_game row = g->v[i];
            row.cluster &= g->mask;
            put(g, &row);
        }
    }
}

static int add_game(struct games *g, int a, int b, int label, uint64_t cluster)
{
    bool turned = a > b;
    struct az_game row = {.a = turned ? b : a, .b = turned ? a : b};
    row.ties = label == AZ_LABEL_TIE;
    row.a_wins = label == (turned ? 1 : 0);
    row.b_wins = label == (turned ? 0 : 1);
    row.cluster = az_hash64_mix(cluster, 0) & g->mask;
    if (!g->slots && !(g->slots = az_zalloc(SLOTS * sizeof(*g->slots))))
        return AZ_ENOMEM;
    if (az_grow(&g->v, &g->cap, g->n + 1, sizeof(*g->v)) < 0)
        return AZ_ENOMEM;
    put(g, &row);
    throw_together(g);
    return 0;
}

static int add_pair(struct az_ranking *r, const struct az_item *item, const struct az_verdict *v)
{
    if (item->n_responses != 2 || az_str_eq(item->systems[0], item->systems[1]))
        return 0;
    bool gold = item->gold.n == 1, decided = v->status == AZ_DECIDED && v->label >= 0;
    int a, b;
    if (!gold && !decided)
        return 0;
    if (system_of(r, item->systems[0], &a) < 0 || system_of(r, item->systems[1], &b) < 0)
        return AZ_ENOMEM;
    if (a < 0 || b < 0)
        return 0;
    uint64_t cluster = az_item_cluster(item);
    r->played[a] += decided;
    r->played[b] += decided;
    int e = decided ? add_game(&r->by_verdict, a, b, v->label, cluster) : 0;
    if (e == 0 && gold)
        e = add_game(&r->by_gold, a, b, item->gold.labels[0], cluster);
    return e;
}

static int add_score(struct az_ranking *r, const struct az_item *item, const struct az_verdict *v)
{
    if (item->n_responses != 1)
        return 0;
    bool decided = v->status == AZ_DECIDED && v->has_score;
    int at;
    if (!decided && !item->gold.has_number)
        return 0;
    if (system_of(r, item->systems[0], &at) < 0)
        return AZ_ENOMEM;
    if (at < 0)
        return 0;
    uint64_t cluster = az_item_cluster(item);
    r->played[at] += decided;
    int e = decided ? az_mean_add(&r->scored[at], cluster, v->score) : 0;
    if (e == 0 && item->gold.has_number)
        e = az_mean_add(&r->gold_scored[at], cluster, item->gold.number);
    return e;
}

int az_ranking_add(struct az_ranking *r, const struct az_item *item,
                   const struct az_verdict *verdict, struct az_error *err)
{
    enum az_kind kind = r->panel->question.kind;
    int e = 0;
    if (item->systems && kind == AZ_PAIR)
        e = add_pair(r, item, verdict);
    else if (item->systems && kind == AZ_SCORE)
        e = add_score(r, item, verdict);
    return e < 0 ? az_oom(err) : 0;
}

/* ---- figures ---- */

static struct az_games all_of(const struct az_ranking *r, const struct games *g)
{
    return (struct az_games){.n_systems = r->n, .n = g->n, .games = g->v};
}

static int strengths(const struct az_ranking *r, const struct games *from, struct az_figure *ret,
                     bool *weak)
{
    struct az_games g = all_of(r, from);
    struct az_bt bt = {0};
    int e = az_bt_fit(&g, 0, &bt);
    for (size_t i = 0; e == 0 && i < r->n; i++)
        ret[i] = az_bt_strength(&bt, i);
    *weak = bt.weak_prior;
    az_bt_release(&bt);
    return e;
}

static int intervals(const struct az_ranking *r, struct az_figure *figures, uint64_t seed)
{
    struct az_games g = all_of(r, &r->by_verdict);
    AZ_AUTO_MEM uint64_t *clusters = az_alloc((g.n + 1) * sizeof(*clusters));
    if (!clusters)
        return AZ_ENOMEM;
    for (size_t i = 0; i < g.n; i++)
        clusters[i] = g.games[i].cluster;
    struct az_table_of of = {.n_rows = g.n,
                             .n_systems = r->n,
                             .clusters = clusters,
                             .table = az_bt_strength_table,
                             .arg = &g,
                             .draws = r->n > MANY_SYSTEMS || g.n > MANY_ROWS ? DRAWS_MANY : DRAWS,
                             .seed = seed};
    return az_table_intervals(&of, figures, NULL);
}

/* Ratings follow the order of games, so games thrown together have none. */
static int ratings(struct az_ranking *r, uint64_t seed)
{
    struct az_games g = all_of(r, &r->by_verdict);
    struct az_elo elo[AZ_RANKING_SYSTEMS];
    int e = az_elo(&g, AZ_ELO_K, ELO_ORDERS, seed, elo);
    for (size_t i = 0; e == 0 && i < r->n; i++)
        r->ranked[i].elo = r->by_verdict.mask != UINT64_MAX
                               ? az_figure_none("too many games to play them in orders", 0)
                           : elo[i].games > 0
                               ? az_figure_of(elo[i].rating, r->played[i])
                               : az_figure_none("it has played no game that was decided", 0);
    return e;
}

static int rank_pairs(struct az_ranking *r, uint64_t seed, struct az_figure *gold, bool *weak)
{
    struct az_figure strength[AZ_RANKING_SYSTEMS] = {0};
    bool weak_gold = false;
    int e = 0;
    for (size_t i = 0; i < r->n; i++) {
        strength[i] = az_figure_none("no game was decided", 0);
        r->ranked[i].elo = gold[i] = strength[i];
    }
    if (r->by_verdict.n)
        e = strengths(r, &r->by_verdict, strength, weak);
    if (e == 0 && r->by_verdict.n)
        e = intervals(r, strength, seed);
    if (e == 0 && r->by_verdict.n)
        e = ratings(r, seed);
    if (e == 0 && r->by_gold.n)
        e = strengths(r, &r->by_gold, gold, &weak_gold);
    for (size_t i = 0; i < r->n; i++)
        r->ranked[i].strength = strength[i];
    return e;
}

static int agreement(const struct az_ranking *r, const struct az_figure *gold, bool pairs,
                     struct az_figure *ret)
{
    double x[AZ_RANKING_SYSTEMS], y[AZ_RANKING_SYSTEMS];
    size_t n = 0;
    for (size_t i = 0; i < r->n; i++) {
        const struct az_figure *by = pairs ? &r->ranked[i].strength : &r->ranked[i].mean;
        if (!by->defined || !gold[i].defined)
            continue;
        x[n] = by->value;
        y[n++] = gold[i].value;
    }
    return az_kendall_tau_b(x, y, n, ret);
}

int az_ranking_finish(struct az_ranking *r, uint64_t seed, struct az_ranking_figures *ret)
{
    struct az_figure gold[AZ_RANKING_SYSTEMS] = {0};
    bool pairs = r->panel->question.kind == AZ_PAIR;
    *ret = (struct az_ranking_figures){.n = r->n, .v = r->ranked, .over = r->over};
    for (size_t i = 0; i < r->n; i++) {
        struct az_figure none = az_figure_none("scores are no games", 0);
        r->ranked[i] =
            (struct az_ranked){r->names[i], r->played[i], none, none,
                               pairs ? az_figure_none("a pair has no score", 0)
                                     : az_mean_figure(&r->scored[i], "no item of it was decided")};
        gold[i] = az_mean_figure(&r->gold_scored[i], "no item of it has gold");
    }
    int e = pairs && r->n ? rank_pairs(r, seed, gold, &ret->weak_prior) : 0;
    return e < 0 ? e : agreement(r, gold, pairs, &ret->tau);
}
