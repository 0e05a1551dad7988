/* statistics/infer/methods.h: what the methods share, and their entries for the
 * table. Only files of this folder include it. Pure. */
#pragma once
#include "statistics/infer/infer.h"

typedef int az_infer_fn(const struct az_sample *s, const struct az_infer_options *o,
                        struct az_infer *r);
az_infer_fn az_infer_majority, az_infer_wawa, az_infer_zero_based, az_infer_mean_logit;
az_infer_fn az_infer_dawid_skene, az_infer_dawid_skene_map;
az_infer_fn az_infer_one_coin, az_infer_glad, az_infer_mace, az_infer_kos, az_infer_mmsr;

az_infer_fn az_infer_ordinal, az_infer_gaussian;

/* A judge's matrix, said × true, from its counts; columns sum to 1. `r` is the
 * result so far. */
typedef void az_infer_shape_fn(const struct az_sample *s, size_t judge, const double *counts,
                               double *matrix, struct az_infer *r);

/* Dawid and Skene's steps with `shape` in place of free matrices (NULL: free). */
int az_infer_matrices(const struct az_sample *s, const struct az_infer_options *o, double pseudo,
                      az_infer_shape_fn *shape, struct az_infer *r);

enum {
    AZ_WANT_POSTERIOR = 1,
    AZ_WANT_PRIOR = 2,
    AZ_WANT_SKILL = 4,
    AZ_WANT_CONFUSION = 8,
    AZ_WANT_SCORE = 16,
    AZ_WANT_DIFFICULTY = 32,
    AZ_WANT_JUDGE = 64, /* bias and spread */
};

/* Zeroed room for what a method gives, `answers` always and counted: votes with
 * shares (with AZ_WANT_SCORE: with a score). 0 or AZ_ENOMEM. */
int az_infer_room(const struct az_sample *s, unsigned wants, struct az_infer *r);

/* The posterior becomes each item's shares of votes; uniform without votes. */
void az_infer_shares(const struct az_sample *s, struct az_infer *r);

/* Each vote times its judge's weight, normalised; shares where all weights of an
 * item are 0. */
void az_infer_weigh(const struct az_sample *s, const double *weights, struct az_infer *r);

/* Logs of unnormalised probabilities become probabilities that sum to 1. Returns
 * the log of their sum. n > 0. */
double az_infer_softmax(double *logs, size_t n);

/* Credit of the vote for being right, when the item's labels weigh `posterior`. */
static inline double az_infer_credit(const struct az_sample *s, const struct az_vote *v,
                                     const double *posterior)
{
    double sum = 0;
    if (v->label >= 0)
        return posterior[v->label];
    for (size_t c = 0; c < s->n_labels; c++)
        sum += az_vote_share(s, v, c) * posterior[c];
    return sum;
}

/* The first of the largest: what ties are broken to. n > 0. */
static inline size_t az_infer_top(const double *p, size_t n)
{
    size_t top = 0;
    for (size_t c = 1; c < n; c++) {
        if (p[c] > p[top])
            top = c;
    }
    return top;
}

static inline int az_infer_rounds(const struct az_infer_options *o, int own)
{
    return o->iterations > 0 ? o->iterations : own;
}

static inline double az_infer_tolerance(const struct az_infer_options *o, double own)
{
    return o->tolerance != 0 ? o->tolerance : own;
}
