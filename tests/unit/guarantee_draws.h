/* tests/unit/guarantee_draws.h: does a guarantee hold? A published set stands for the
 * stream: calibration sets are drawn from it with replacement, and the promise is held
 * against the whole set. For tests and benchmarks.
 *
 * Scores are fixed beforehand by cross-fitting, so that none comes from a model that
 * saw the item: the majority's shares calibrated, or what a learner says out of fold. */
#pragma once
#include <math.h>
#include <stdlib.h>

#include "core/rng.h"
#include "statistics/calibrate/crossfit.h"
#include "statistics/guarantee/conformal.h"
#include "statistics/guarantee/plan.h"
#include "statistics/guarantee/risk.h"
#include "statistics/learn/learner.h"
#include "tests/unit/dataset.h"

enum draws_score { DRAWS_MAJORITY, DRAWS_LOG_ODDS, DRAWS_AUTO, DRAWS_SCORES };
static const char *const draws_scores[] = {"majority", "logodds", "auto"};

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

/* ln of the seats' shares. */
static void draws_logits(const struct az_sample *s, double *z)
{
    for (size_t i = 0; i < s->n_items; i++) {
        double *row = z + i * s->n_labels, voted = 0;
        struct az_votes_of votes = az_sample_votes(s, i);
        for (size_t v = 0; v < votes.n; v++) {
            voted += az_vote_has_share(&votes.v[v]);
            for (size_t k = 0; k < s->n_labels; k++)
                row[k] += az_vote_share(s, &votes.v[v], k);
        }
        for (size_t k = 0; k < s->n_labels; k++)
            row[k] = log((row[k] + 0.5) / (voted + 0.5 * (double)s->n_labels));
    }
}

static void draws_calibrate(const struct az_sample *s, const int32_t *truth, uint64_t seed,
                            double *p)
{
    size_t n = s->n_items, k = s->n_labels;
    double *z = calloc(n * k, sizeof(*z));
    struct az_crossfit fit;
    struct az_logits l = {n, k, z, NULL, truth, NULL};
    uint64_t own = s->answers == AZ_ANSWERS_EXCHANGEABLE ? s->tie >= 0 ? UINT64_C(1) << s->tie : 0
                                                         : UINT64_MAX;
    unsigned kinds = 1u << AZ_CALIBRATOR_TEMPERATURE | 1u << AZ_CALIBRATOR_PLATT;
    if (!z)
        abort();
    draws_logits(s, z);
    if (az_crossfit(&l, s->clusters, own, kinds, DRAWS_FOLDS, seed, &fit) < 0)
        abort();
    memcpy(p, fit.q, n * k * sizeof(*p));
    az_crossfit_release(&fit);
    free(z);
}

static void draws_learn(const struct az_sample *s, const char *learner, uint64_t seed, double *p)
{
    struct az_design d;
    struct az_error err = {0};
    uint32_t *room = calloc(s->n_items, sizeof(*room));
    double *out = calloc(s->n_items * s->n_labels, sizeof(*out));
    if (!room || !out || az_design_init(&d, s, 0, s->n_items, &err) < 0)
        abort();
    struct az_rows rows = az_labelled(&d, room);
    if (az_learn_out(learner, &d, rows, DRAWS_FOLDS, seed, out, &err) < 0)
        abort();
    for (size_t i = 0; i < rows.n; i++)
        memcpy(p + rows.v[i] * s->n_labels, out + i * s->n_labels, s->n_labels * sizeof(*p));
    az_design_release(&d);
    free(out);
    free(room);
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
    struct draws_set d = {n,
                          k,
                          calloc(n * k, sizeof(double)),
                          calloc(n, sizeof(double)),
                          calloc(n, sizeof(double)),
                          calloc(n, sizeof(int32_t))};
    if (!d.p || !d.score || !d.loss || !d.truth)
        abort();
    for (size_t i = 0; i < n; i++)
        d.truth[i] = s->truths[i].label;
    if (how == DRAWS_MAJORITY)
        draws_calibrate(s, d.truth, seed, d.p);
    else
        draws_learn(s, draws_scores[how], seed, d.p);
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

/* Fixed beforehand, by scores alone. */
static int64_t draws_plan(const struct draws_set *d, size_t n, double alpha, double delta)
{
    double *wrong = calloc(d->n, sizeof(*wrong));
    int64_t start;
    if (!wrong)
        abort();
    for (size_t i = 0; i < d->n; i++)
        wrong[i] = 1 - d->score[i];
    if (az_risk_plan(wrong, d->n, n, alpha, delta, &start) < 0)
        abort();
    free(wrong);
    return start;
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
    int64_t start = draws_plan(d, n, alpha, delta);
    for (int64_t t = 0; t < draws; t++) {
        struct az_risk r;
        double kept = 0, wrong = 0;
        for (size_t i = 0; i < n; i++) {
            size_t at = az_rng_below(&rng, d->n);
            score[i] = d->score[at];
            loss[i] = d->loss[at];
        }
        if (az_risk_fit_from(score, loss, NULL, n, alpha, delta, start, seed, &r) < 0)
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
