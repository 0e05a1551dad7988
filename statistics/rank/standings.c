#include "statistics/rank/standings.h"

#include <math.h>
#include <stdlib.h>

#include "core/mem.h"

static const char no_games[] = "no games", no_scores[] = "no scores";

struct az_figure az_win_rate(const struct az_games *g, size_t system)
{
    double won = 0, n = 0;
    for (size_t i = 0; i < g->n; i++) {
        const struct az_game *game = &g->games[i];
        double w = az_game_weight(g, i);
        if ((size_t)game->a != system && (size_t)game->b != system)
            continue;
        won += w * (((size_t)game->a == system ? game->a_wins : game->b_wins) + game->ties / 2);
        n += w * (game->a_wins + game->b_wins + game->ties);
    }
    return n > 0 ? az_figure_of(won / n, (int64_t)llround(n)) : az_figure_none(no_games, 0);
}

static double weight(const struct az_scores *s, size_t i)
{
    return s->weights ? s->weights[i] : 1;
}

struct az_figure az_scores_mean(const struct az_scores *s, size_t system)
{
    double mean = 0, n = 0;
    for (size_t i = 0; i < s->n; i++) {
        double w = weight(s, i);
        if ((size_t)s->scores[i].system != system || !(w > 0))
            continue;
        n += w;
        mean += (s->scores[i].score - mean) * w / n;
    }
    return n > 0 ? az_figure_of(mean, (int64_t)llround(n)) : az_figure_none(no_scores, 0);
}

struct weighted {
    double score, weight;
};

static int by_score(const void *a, const void *b)
{
    const struct weighted *x = a, *y = b;
    return x->score < y->score ? -1 : x->score > y->score;
}

int az_scores_median(const struct az_scores *s, size_t system, struct az_figure *ret)
{
    AZ_AUTO_MEM struct weighted *of = az_alloc(AZ_MAX(s->n, (size_t)1) * sizeof(*of));
    double all = 0, below = 0;
    size_t n = 0, at = 0;
    if (!of)
        return AZ_ENOMEM;
    for (size_t i = 0; i < s->n; i++) {
        if ((size_t)s->scores[i].system != system || !(weight(s, i) > 0))
            continue;
        of[n++] = (struct weighted){s->scores[i].score, weight(s, i)};
        all += weight(s, i);
    }
    if (n == 0) {
        *ret = az_figure_none(no_scores, 0);
        return 0;
    }
    qsort(of, n, sizeof(*of), by_score);
    while (at + 1 < n && below + of[at].weight < all / 2)
        below += of[at++].weight;
    bool just = below + of[at].weight == all / 2 && at + 1 < n;
    double median = just ? (of[at].score + of[at + 1].score) / 2 : of[at].score;
    *ret = az_figure_of(median, (int64_t)llround(all));
    return 0;
}

static double value_of(struct az_figure f)
{
    return f.defined ? f.value : NAN;
}

int az_win_rate_table(void *games, const double *weights, double *ret)
{
    struct az_games g = *(const struct az_games *)games;
    g.weights = weights;
    for (size_t i = 0; i < g.n_systems; i++)
        ret[i] = value_of(az_win_rate(&g, i));
    return 0;
}

int az_scores_mean_table(void *scores, const double *weights, double *ret)
{
    struct az_scores s = *(const struct az_scores *)scores;
    s.weights = weights;
    for (size_t i = 0; i < s.n_systems; i++)
        ret[i] = value_of(az_scores_mean(&s, i));
    return 0;
}

int az_scores_median_table(void *scores, const double *weights, double *ret)
{
    struct az_scores s = *(const struct az_scores *)scores;
    s.weights = weights;
    for (size_t i = 0; i < s.n_systems; i++) {
        struct az_figure f;
        if (az_scores_median(&s, i, &f) < 0)
            return AZ_ENOMEM;
        ret[i] = value_of(f);
    }
    return 0;
}
