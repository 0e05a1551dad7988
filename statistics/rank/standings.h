/* statistics/rank/standings.h: plain tables of systems: win rate over what each
 * played, mean and median of scores. Pure. Means over whoever was met, or whatever was
 * scored: compare systems that had the same opponents or items. */
#pragma once
#include "statistics/figure.h"
#include "statistics/rank/games.h"

/* (wins + ties / 2) / games of a system; undefined without games. */
struct az_figure az_win_rate(const struct az_games *g, size_t system);

/* A system's scores on items. */
struct az_scored {
    int32_t system;
    double score;
    uint64_t cluster;
};

struct az_scores {
    size_t n_systems, n;
    const struct az_scored *scores; /* borrowed */
    const double *weights;          /* n, or NULL: all 1; borrowed */
};

struct az_figure az_scores_mean(const struct az_scores *s, size_t system);
/* Weighted: the least score that half of the weight is at or below, or the middle
 * between it and the next where it is just half. AZ_ENOMEM, or 0. */
int az_scores_median(const struct az_scores *s, size_t system, struct az_figure *ret);

/* Tables for az_table_intervals (intervals.h), of a struct az_games or az_scores whose
 * own weights are not looked at. */
int az_win_rate_table(void *games, const double *weights, double *ret);
int az_scores_mean_table(void *scores, const double *weights, double *ret);
int az_scores_median_table(void *scores, const double *weights, double *ret);
