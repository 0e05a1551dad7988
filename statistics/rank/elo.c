#include "statistics/rank/elo.h"

#include <math.h>

#include "core/mem.h"
#include "core/rng.h"

static double result_of(const struct az_game *g)
{
    return (g->a_wins + g->ties / 2) / (g->a_wins + g->b_wins + g->ties);
}

static void play(const struct az_games *g, const uint32_t *order, size_t n, double k,
                 double *ratings)
{
    for (size_t i = 0; i < g->n_systems; i++)
        ratings[i] = AZ_ELO_START;
    for (size_t i = 0; i < n; i++) {
        const struct az_game *game = &g->games[order[i]];
        double gap = ratings[game->b] - ratings[game->a];
        double by = k * (result_of(game) - 1 / (1 + pow(10, gap / 400)));
        ratings[game->a] += by;
        ratings[game->b] -= by;
    }
}

/* Fisher and Yates. */
static void shuffle(uint32_t *order, size_t n, struct az_rng *rng)
{
    for (size_t i = n; i > 1; i--) {
        size_t other = az_rng_below(rng, i);
        uint32_t kept = order[i - 1];
        order[i - 1] = order[other];
        order[other] = kept;
    }
}

static size_t list(const struct az_games *g, uint32_t *order, struct az_elo *ret)
{
    size_t n = 0;
    for (size_t i = 0; i < g->n_systems; i++)
        ret[i] = (struct az_elo){.rating = AZ_ELO_START};
    for (size_t i = 0; i < g->n; i++) {
        const struct az_game *game = &g->games[i];
        if (!(az_game_weight(g, i) > 0) || !(game->a_wins + game->b_wins + game->ties > 0))
            continue;
        order[n++] = (uint32_t)i;
        ret[game->a].games++;
        ret[game->b].games++;
    }
    return n;
}

int az_elo(const struct az_games *g, double k, size_t orders, uint64_t seed, struct az_elo *ret)
{
    AZ_AUTO_MEM uint32_t *order = az_alloc(AZ_MAX(g->n, (size_t)1) * sizeof(*order));
    AZ_AUTO_MEM double *ratings = az_zalloc(AZ_MAX(g->n_systems, (size_t)1) * sizeof(*ratings));
    struct az_rng rng = az_rng(seed);
    if (!order || !ratings)
        return AZ_ENOMEM;
    size_t n = list(g, order, ret), plays = AZ_MAX(orders, (size_t)1);
    for (size_t p = 0; p < plays; p++) {
        if (orders > 0)
            shuffle(order, n, &rng);
        play(g, order, n, k, ratings);
        for (size_t i = 0; i < g->n_systems; i++) { /* Welford; stray is a sum until the end */
            double off = ratings[i] - ret[i].rating;
            if (p == 0)
                ret[i].rating = ratings[i];
            else
                ret[i].rating += off / (double)(p + 1);
            if (p > 0)
                ret[i].stray += off * (ratings[i] - ret[i].rating);
        }
    }
    for (size_t i = 0; i < g->n_systems; i++)
        ret[i].stray = plays > 1 ? sqrt(ret[i].stray / (double)(plays - 1)) : 0;
    return 0;
}
