/* statistics/rank/elo.h: Elo ratings, for show (JudgeBoard and arenas print them).
 * Pure; the same seed gives the same ratings.
 *
 * After each game a's rating moves by K * (result - expected), b's by as much the
 * other way; expected = 1 / (1 + 10^((R_b - R_a) / 400)), result 1, 1/2 or 0 (Elo, "The
 * Rating of Chessplayers", 1978). All start at 1000; K is 4, as Chatbot Arena's was:
 * larger K follows the last games, smaller ones leave ratings near the start.
 *
 * Ratings depend on the order of games, though systems do not change: so the mean over
 * many orders is given, drawn from the seed, and how far one order strays from it.
 * Even so a system with few games stays near 1000. What a ranking rests on is
 * Bradley and Terry's strength (bradley_terry.h). */
#pragma once
#include "statistics/figure.h"
#include "statistics/rank/games.h"

#define AZ_ELO_START 1000.0
#define AZ_ELO_K 4.0

struct az_elo {
    double rating; /* the mean over orders */
    double stray;  /* standard deviation of one order's rating; 0 with one order */
    double games;
};

/* `ret`: n_systems, filled. `orders` 0: the games as they are listed; a weight is
 * not looked at, but that 0 leaves the game out. A game of many counts once, its
 * result their mean. 0 or AZ_ENOMEM. */
int az_elo(const struct az_games *g, double k, size_t orders, uint64_t seed, struct az_elo *ret);
