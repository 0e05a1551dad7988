/* Reference for research. MACE (Hovy et al., NAACL 2013), variational Bayes: a
 * judge j either knows, and then says the truth, or spams, and then says l with
 * probability theta_j(l); true labels are alike frequent.
 *   E  T_ic ~ prod over votes [ S_j theta_j(l) + K_j (l = c) ]
 *   M  expected counts plus a half (spamming, knowing) or 10 (each theta), of
 *      which x becomes exp(digamma(x)) / exp(digamma(sum))
 * 50 rounds. `skill` is the judge's K of the last round. `start` holds for each
 * judge S, K and n_labels thetas; else all are drawn from the seed near alike.
 * `loglik` is the log marginal likelihood. */
#include <math.h>
#include <string.h>

#include "core/mem.h"
#include "core/rng.h"
#include "statistics/infer/methods.h"
#include "statistics/special.h"

#define STRATEGY_PRIOR 0.5
#define THETA_PRIOR 10.0

/* A judge is a row of 2 + n_labels numbers: spams, knows, thetas. */
struct fit {
    const struct az_sample *s;
    struct az_infer *r;
    size_t width;
    double *judges, *counts;
};

static void start(struct fit *f, const struct az_infer_options *o)
{
    struct az_rng rng = az_rng(o->seed);
    size_t k = f->s->n_labels;
    for (size_t j = 0; j < f->s->n_judges; j++) {
        double *row = &f->judges[j * f->width], sum = 0;
        if (o->start) {
            memcpy(row, &o->start[j * f->width], f->width * sizeof(*row));
            continue;
        }
        row[1] = 0.5 + 0.1 * (az_rng_unit(&rng) - 0.5);
        row[0] = 1 - row[1];
        for (size_t l = 0; l < k; l++)
            sum += row[2 + l] = 1 + 0.1 * az_rng_unit(&rng);
        for (size_t l = 0; l < k; l++)
            row[2 + l] /= sum;
    }
}

/* What a vote says where the truth is not among its labels: shares of spam. */
static double spam(const struct fit *f, const struct az_vote *v)
{
    const double *row = &f->judges[(size_t)v->judge * f->width];
    double sum = 0;
    for (size_t l = 0; l < f->s->n_labels; l++)
        sum += az_vote_share(f->s, v, l) * row[2 + l];
    return row[0] * sum;
}

static void expect_item(const struct fit *f, struct az_votes_of votes, size_t n, double *logs)
{
    for (size_t c = 0; c < n; c++)
        logs[c] = 0;
    for (size_t v = 0; v < votes.n; v++) {
        if (!az_vote_has_share(&votes.v[v]))
            continue;
        double by_spam = spam(f, &votes.v[v]);
        double knows = f->judges[(size_t)votes.v[v].judge * f->width + 1];
        for (size_t c = 0; c < n; c++)
            logs[c] += log(by_spam + knows * az_vote_share(f->s, &votes.v[v], c));
    }
}

/* How much of each vote was spam, given the posterior. */
static void count_item(struct fit *f, struct az_votes_of votes, size_t n, const double *t)
{
    for (size_t v = 0; v < votes.n; v++) {
        const struct az_vote *vote = &votes.v[v];
        double knows = f->judges[(size_t)vote->judge * f->width + 1];
        double *row = &f->counts[(size_t)vote->judge * f->width], spammed = 0;
        if (!az_vote_has_share(vote))
            continue;
        double by_spam = spam(f, vote);
        for (size_t c = 0; c < n; c++)
            spammed += t[c] * by_spam / (by_spam + knows * az_vote_share(f->s, vote, c));
        row[0] += spammed;
        row[1] += 1 - spammed;
        for (size_t l = 0; l < f->s->n_labels; l++)
            row[2 + l] += spammed * az_vote_share(f->s, vote, l);
    }
}

static void expect(struct fit *f)
{
    memset(f->counts, 0, f->s->n_judges * f->width * sizeof(*f->counts));
    f->r->loglik = 0;
    for (size_t i = 0; i < f->s->n_items; i++) {
        struct az_votes_of votes = az_sample_votes(f->s, i);
        size_t n = (size_t)f->s->labels_of[i];
        double *row = &f->r->posterior[i * f->s->n_labels];
        if (n == 0)
            continue;
        expect_item(f, votes, n, row);
        f->r->loglik += az_infer_softmax(row, n) - log((double)n);
        count_item(f, votes, n, row);
    }
}

static void soften(const double *counts, size_t n, double prior, double *ret)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += counts[i] + prior;
    double norm = az_digamma(sum);
    for (size_t i = 0; i < n; i++)
        ret[i] = exp(az_digamma(counts[i] + prior) - norm);
}

int az_infer_mace(const struct az_sample *s, const struct az_infer_options *o, struct az_infer *r)
{
    struct fit f = {s, r, 2 + s->n_labels, NULL, NULL};
    AZ_AUTO_MEM double *judges = az_zalloc(2 * s->n_judges * f.width * sizeof(*judges));
    if (!judges || az_infer_room(s, AZ_WANT_POSTERIOR | AZ_WANT_SKILL, r) < 0)
        return AZ_ENOMEM;
    f.judges = judges;
    f.counts = judges + s->n_judges * f.width;
    start(&f, o);
    expect(&f);
    for (int rounds = az_infer_rounds(o, 50); r->iterations < rounds; r->iterations++) {
        for (size_t j = 0; j < s->n_judges; j++) {
            double *row = f.judges + j * f.width;
            const double *counts = f.counts + j * f.width;
            soften(counts, 2, STRATEGY_PRIOR, row);
            soften(counts + 2, s->n_labels, THETA_PRIOR, row + 2);
        }
        expect(&f);
    }
    for (size_t j = 0; j < s->n_judges; j++)
        r->skill[j] = f.judges[j * f.width + 1];
    return 0;
}
