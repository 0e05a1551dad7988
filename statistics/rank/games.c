#include "statistics/rank/games.h"

#include <math.h>
#include <string.h>

#include "core/mem.h"
#include "statistics/correlation.h"

void az_length_covariate(double *differences, size_t n)
{
    struct az_moments all = {0};
    for (size_t i = 0; i < n; i++)
        az_moments_add(&all, differences[i]);
    double sd = all.n > 0 ? sqrt(all.ss / (double)all.n) : 0;
    for (size_t i = 0; i < n; i++)
        differences[i] = sd > 0 ? tanh(differences[i] / sd) : 0;
}

static bool counts(const struct az_games *g, size_t i)
{
    const struct az_game *game = &g->games[i];
    return az_game_weight(g, i) > 0 && game->a_wins + game->b_wins + game->ties > 0;
}

/* The group's least system; paths are halved on the way. */
static int32_t root(int32_t *of, int32_t i)
{
    while (of[i] != i) {
        of[i] = of[of[i]];
        i = of[i];
    }
    return i;
}

static void join(const struct az_games *g, int32_t *groups)
{
    for (size_t i = 0; i < g->n_systems; i++)
        groups[i] = -1;
    for (size_t i = 0; i < g->n; i++) {
        int32_t a = g->games[i].a, b = g->games[i].b;
        if (!counts(g, i))
            continue;
        az_assert(a != b && a >= 0 && b >= 0 && (size_t)AZ_MAX(a, b) < g->n_systems);
        groups[a] = groups[a] < 0 ? a : groups[a];
        groups[b] = groups[b] < 0 ? b : groups[b];
        int32_t x = root(groups, a), y = root(groups, b);
        groups[AZ_MAX(x, y)] = AZ_MIN(x, y);
    }
}

size_t az_games_groups(const struct az_games *g, int32_t *groups, int32_t *largest)
{
    size_t n = 0, most = 0;
    join(g, groups);
    /* Roots come before the systems that they stand for. */
    for (size_t i = 0; i < g->n_systems; i++) {
        if (groups[i] >= 0)
            groups[i] = root(groups, (int32_t)i);
    }
    for (size_t i = 0; i < g->n_systems; i++) {
        if (groups[i] != (int32_t)i)
            continue;
        size_t members = 0;
        for (size_t j = i; j < g->n_systems; j++)
            members += groups[j] == (int32_t)i;
        /* Below i all have their numbers, which are never above i. */
        for (size_t j = i; j < g->n_systems; j++)
            groups[j] = groups[j] == (int32_t)i ? -2 - (int32_t)n : groups[j];
        if (largest && members > most) {
            *largest = (int32_t)n;
            most = members;
        }
        n++;
    }
    for (size_t i = 0; i < g->n_systems; i++)
        groups[i] = groups[i] < -1 ? -2 - groups[i] : -1;
    return n;
}

/* Who is reached from the first member along wins and ties, forward or backward, in
 * passes over the games: as many as the longest way. */
static bool reaches_all(const struct az_games *g, const int32_t *groups, int32_t group,
                        bool forward, bool *seen)
{
    bool any = false, moved = true;
    memset(seen, 0, g->n_systems * sizeof(*seen));
    for (size_t i = 0; i < g->n_systems && !any; i++)
        any = seen[i] = groups[i] == group;
    while (moved) {
        moved = false;
        for (size_t i = 0; i < g->n; i++) {
            const struct az_game *game = &g->games[i];
            if (!counts(g, i) || groups[game->a] != group || seen[game->a] == seen[game->b])
                continue;
            bool a_seen = seen[game->a];
            double way = game->ties + (a_seen == forward ? game->a_wins : game->b_wins);
            if (way > 0)
                moved = seen[game->a] = seen[game->b] = true;
        }
    }
    for (size_t i = 0; i < g->n_systems; i++) {
        if (groups[i] == group && !seen[i])
            return false;
    }
    return true;
}

int az_games_bounded(const struct az_games *g, const int32_t *groups, int32_t group)
{
    AZ_AUTO_MEM bool *seen = az_alloc(AZ_MAX(g->n_systems, (size_t)1) * sizeof(*seen));
    if (!seen)
        return AZ_ENOMEM;
    return reaches_all(g, groups, group, true, seen) && reaches_all(g, groups, group, false, seen);
}
