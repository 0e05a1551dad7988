/* client/cli/ranking.h: systems that a panel compared, ranked by its verdicts and, where
 * there is gold, by gold, fed item by item. Pure.
 *
 * Pairs with `systems`: each item is a game (statistics/rank/games.h). Scores of one
 * response: means. Other questions rank nothing.
 *
 * Memory does not grow with the items: games of two systems in one cluster are one row.
 * Beyond AZ_RANKING_ROWS rows clusters are thrown together by their hash, ever fewer of
 * them, which groups of independent clusters allow (as in interval/mean.h). */
#pragma once
#include "core/base.h"
#include "core/error.h"
#include "core/model.h"
#include "core/panel.h"
#include "statistics/figure.h"

enum { AZ_RANKING_SYSTEMS = 256, AZ_RANKING_ROWS = 1 << 16 };

struct az_ranking;

/* `panel` is borrowed. NULL: out of memory. */
struct az_ranking *az_ranking_new(const struct az_panel *panel);
void az_ranking_free(struct az_ranking *r);
AZ_FREEP(ranking)

/* AZ_ENOMEM: good for nothing but freeing. */
int az_ranking_add(struct az_ranking *r, const struct az_item *item,
                   const struct az_verdict *verdict, struct az_error *err);

struct az_ranked {
    const char *name; /* lives as long as the ranking */
    int64_t n;        /* games or scores by verdicts */
    struct az_figure strength, elo, mean;
};

struct az_ranking_figures {
    size_t n;
    struct az_ranked *v;  /* in order of their coming; the ranking's */
    int64_t over;         /* appearances of systems beyond AZ_RANKING_SYSTEMS */
    bool weak_prior;      /* without one some strength has no end */
    struct az_figure tau; /* Kendall's tau-b with the ranking by gold, of systems in both */
};

/* After the last item; once. AZ_ENOMEM. */
int az_ranking_finish(struct az_ranking *r, uint64_t seed, struct az_ranking_figures *ret);
