/* tests/unit/guarantee_draws.h: does a guarantee hold? A published set stands for the
 * stream: calibration sets are drawn from it with replacement, and the promise is held
 * against the whole set. For tests and benchmarks.
 *
 * Scores are fixed beforehand by cross-fitting: judges' weights (the log odds of their
 * accuracy, shrunk by eight items of the pooled one) and the map to probabilities come
 * from folds without the item. */
#pragma once
#include <math.h>
#include <stdlib.h>

#include "core/rng.h"
#include "statistics/calibrate/crossfit.h"
#include "statistics/calibrate/logit.h"
#include "statistics/folds.h"
#include "statistics/guarantee/conformal.h"
#include "statistics/guarantee/risk.h"
#include "tests/unit/dataset.h"

enum draws_score { DRAWS_MAJORITY, DRAWS_LOG_ODDS, DRAWS_SCORES };
static const char *const draws_scores[] = {"majority", "log odds"};

enum { DRAWS_FOLDS = 5 };

struct draws_set {
    size_t n, n_labels;
    double *p;     /* n rows of probabilities */
    double *score; /* of the top label */
    double *loss;  /* 0: it is the true one, alone on top */
    int32_t *truth;
};

static void draws_release(struct draws_set *s)
{
    free(s->p);
    free(s->score);
    free(s->loss);
    free(s->truth);
    *s = (struct draws_set){0};
}

/* The weight of each judge, from items outside of `fold`. */
static void draws_weights(const struct az_sample *s, const uint32_t *fold, size_t without,
                          double *weight)
{
    double all = 0, all_right = 0;
    double *n = calloc(s->n_judges, sizeof(*n)), *right = calloc(s->n_judges, sizeof(*right));
    if (!n || !right)
        abort();
    for (size_t i = 0; i < s->n_items; i++) {
        if (fold[i] == without || s->truths[i].label < 0)
            continue;
        struct az_votes_of votes = az_sample_votes(s, i);
        for (size_t v = 0; v < votes.n; v++) {
            double got = az_vote_share(s, &votes.v[v], (size_t)s->truths[i].label);
            n[votes.v[v].judge]++;
            right[votes.v[v].judge] += got;
            all++;
            all_right += got;
        }
    }
    double pooled = (all_right + 1) / (all + 2);
    for (size_t j = 0; j < s->n_judges; j++) {
        double rate = (right[j] + 8 * pooled) / (n[j] + 8);
        weight[j] = az_logit(AZ_MIN(AZ_MAX(rate, 0.01), 0.99)) +
                    log((double)AZ_MAX(s->n_labels, (size_t)2) - 1);
    }
    free(right);
    free(n);
}

static void draws_logits(const struct az_sample *s, enum draws_score how, const uint32_t *fold,
                         double *z)
{
    double *weight = calloc(DRAWS_FOLDS * s->n_judges, sizeof(*weight));
    if (!weight)
        abort();
    for (size_t f = 0; f < DRAWS_FOLDS; f++)
        draws_weights(s, fold, f, weight + f * s->n_judges);
    for (size_t i = 0; i < s->n_items; i++) {
        double *row = z + i * s->n_labels, voted = 0;
        const double *w = weight + fold[i] * s->n_judges;
        struct az_votes_of votes = az_sample_votes(s, i);
        for (size_t v = 0; v < votes.n; v++) {
            voted += az_vote_has_share(&votes.v[v]);
            for (size_t k = 0; k < s->n_labels; k++)
                row[k] += (how == DRAWS_MAJORITY ? 1 : w[votes.v[v].judge]) *
                          az_vote_share(s, &votes.v[v], k);
        }
        for (size_t k = 0; how == DRAWS_MAJORITY && k < s->n_labels; k++)
            row[k] = log((row[k] + 0.5) / (voted + 0.5 * (double)s->n_labels));
    }
    free(weight);
}

static void draws_decide(struct draws_set *d)
{
    for (size_t i = 0; i < d->n; i++) {
        const double *p = d->p + i * d->n_labels;
        double top = 0;
        size_t shared = 0;
        for (size_t k = 0; k < d->n_labels; k++)
            top = AZ_MAX(top, p[k]);
        for (size_t k = 0; k < d->n_labels; k++)
            shared += p[k] > top - 1e-12;
        d->score[i] = top;
        d->loss[i] = shared > 1 || p[d->truth[i]] < top - 1e-12;
    }
}

/* Items with one true label, each with the probabilities of a model that did not see
 * it. */
static void draws_prepare(const struct az_sample *s, enum draws_score how, uint64_t seed,
                          struct draws_set *ret)
{
    size_t n = s->n_items, k = s->n_labels;
    double *z = calloc(n * k, sizeof(*z));
    uint32_t *fold = calloc(n, sizeof(*fold));
    struct draws_set d = {n,
                          k,
                          NULL,
                          calloc(n, sizeof(double)),
                          calloc(n, sizeof(double)),
                          calloc(n, sizeof(int32_t))};
    struct az_crossfit fit;
    if (!z || !fold || !d.score || !d.loss || !d.truth ||
        az_folds(s->clusters, NULL, n, DRAWS_FOLDS, seed, fold) < 0)
        abort();
    draws_logits(s, how, fold, z);
    for (size_t i = 0; i < n; i++)
        d.truth[i] = s->truths[i].label;
    struct az_logits l = {n, k, z, NULL, d.truth, NULL};
    uint64_t own = s->answers == AZ_ANSWERS_EXCHANGEABLE ? s->tie >= 0 ? UINT64_C(1) << s->tie : 0
                                                         : UINT64_MAX;
    unsigned kinds = 1u << AZ_CALIBRATOR_TEMPERATURE | 1u << AZ_CALIBRATOR_PLATT;
    if (az_crossfit(&l, s->clusters, own, kinds, DRAWS_FOLDS, seed, &fit) < 0)
        abort();
    d.p = fit.q;
    fit.q = NULL;
    az_crossfit_release(&fit);
    free(z);
    free(fold);
    size_t kept = 0; /* without items whose truth is not one label */
    for (size_t i = 0; i < n; i++) {
        if (d.truth[i] < 0)
            continue;
        d.truth[kept] = d.truth[i];
        for (size_t j = 0; j < k; j++)
            d.p[kept * k + j] = d.p[i * k + j];
        kept++;
    }
    d.n = kept;
    draws_decide(&d);
    *ret = d;
}

/* What share an oracle keeps: the most items by score with a risk of at most alpha. */
static int draws_by_score(const void *a, const void *b)
{
    const double *p = a, *q = b;
    return (p[0] < q[0]) - (p[0] > q[0]);
}

static double draws_oracle(const struct draws_set *d, double alpha)
{
    double *rows = calloc(2 * d->n, sizeof(*rows)), best = 0, wrong = 0;
    if (!rows)
        abort();
    for (size_t i = 0; i < d->n; i++) {
        rows[2 * i] = d->score[i];
        rows[2 * i + 1] = d->loss[i];
    }
    qsort(rows, d->n, 2 * sizeof(*rows), draws_by_score);
    for (size_t i = 0; i < d->n; i++) {
        wrong += rows[2 * i + 1];
        bool end = i + 1 == d->n || rows[2 * i + 2] != rows[2 * i];
        if (end && wrong <= alpha * (double)(i + 1))
            best = (double)(i + 1) / (double)d->n;
    }
    free(rows);
    return best;
}

struct draws_tally {
    int64_t draws, refused, broken;
    double coverage; /* mean over all draws; a refusal keeps nothing */
    double risk;     /* mean over draws that keep */
    double needed;   /* mean of what refusals say, where they say a number */
    int64_t says;
};

static int draws_rising(const void *a, const void *b)
{
    double p = *(const double *)a, q = *(const double *)b;
    return (p > q) - (p < q);
}

static void draws_risk(const struct draws_set *d, size_t n, double alpha, double delta,
                       int64_t draws, uint64_t seed, struct draws_tally *ret)
{
    struct az_rng rng = az_rng(seed);
    double *score = calloc(n, sizeof(*score)), *loss = calloc(n, sizeof(*loss));
    double *needed = calloc((size_t)draws, sizeof(*needed));
    if (!score || !loss || !needed)
        abort();
    *ret = (struct draws_tally){.draws = draws};
    for (int64_t t = 0; t < draws; t++) {
        struct az_risk r;
        double kept = 0, wrong = 0;
        for (size_t i = 0; i < n; i++) {
            size_t at = az_rng_below(&rng, d->n);
            score[i] = d->score[at];
            loss[i] = d->loss[at];
        }
        if (az_risk_fit(score, loss, NULL, n, alpha, delta, seed, &r) < 0)
            abort();
        for (size_t i = 0; i < d->n; i++) {
            bool keeps = az_risk_keeps(&r, d->score[i]);
            kept += keeps;
            wrong += keeps * d->loss[i];
        }
        ret->refused += !r.kept;
        ret->broken += wrong > alpha * kept;
        ret->coverage += kept / (double)d->n / (double)draws;
        ret->risk += kept > 0 ? wrong / kept : 0;
        if (!r.kept && r.needed > 0)
            needed[ret->says++] = (double)r.needed;
    }
    ret->risk /= AZ_MAX((double)(draws - ret->refused), 1.0);
    qsort(needed, (size_t)ret->says, sizeof(*needed), draws_rising);
    ret->needed = ret->says > 0 ? needed[ret->says / 2] : 0;
    free(needed);
    free(loss);
    free(score);
}

static double draws_allowed(double delta, int64_t draws)
{
    return delta + 2 * sqrt(delta * (1 - delta) / (double)draws);
}

struct draws_sets {
    double held, size, single; /* means over draws, of the whole set */
};

static void draws_conformal(const struct draws_set *d, size_t n, double alpha, int64_t draws,
                            uint64_t seed, struct draws_sets *ret)
{
    struct az_rng rng = az_rng(seed);
    double *p = calloc(n * d->n_labels, sizeof(*p));
    int32_t *truth = calloc(n, sizeof(*truth));
    if (!p || !truth)
        abort();
    *ret = (struct draws_sets){0};
    for (int64_t t = 0; t < draws; t++) {
        struct az_conformal c;
        for (size_t i = 0; i < n; i++) {
            size_t at = az_rng_below(&rng, d->n);
            memcpy(p + i * d->n_labels, d->p + at * d->n_labels, d->n_labels * sizeof(*p));
            truth[i] = d->truth[at];
        }
        struct az_conformal_data data = {n, d->n_labels, p, NULL, truth, NULL};
        if (az_conformal_fit(&data, alpha, seed, &c) < 0)
            abort();
        for (size_t i = 0; i < d->n; i++) {
            uint64_t set = az_conformal_set(&c, d->p + i * d->n_labels, d->n_labels);
            double one = 1 / (double)d->n / (double)draws;
            int in = __builtin_popcountll(set);
            ret->held += one * (double)(set >> d->truth[i] & 1);
            ret->size += one * in;
            ret->single += one * (in == 1);
        }
    }
    free(p);
    free(truth);
}
