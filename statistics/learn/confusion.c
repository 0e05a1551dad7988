/* Each judge's confusion matrix as in Dawid and Skene (1979), with labels known:
 * counts with Dirichlet priors, PSEUDO items a row of the panel's pooled matrix,
 * which itself has one of the flat one. The sum of log likelihoods over the judges
 * that voted goes through Platt's map, for judges do not err independently.
 * Places share their counts: right, wrong, and (with a tie) the tie. */
#include <math.h>
#include <string.h>

#include "core/mem.h"
#include "statistics/learn/parts.h"
#include "statistics/learn/trust.h"

enum { MATRICES, THETA, TRI };
static const double PSEUDO = 8;

static size_t matrices(const struct az_frame *f)
{
    return f->n_judges * f->n_labels * f->n_labels;
}

/* Makes places alike: cells of one sort have their mean. */
static void share_places(const struct az_frame *f, double *counts)
{
    double sum[5] = {0}, n[5] = {0};
    size_t labels = f->n_labels;
    for (int pass = 0; pass < 2 && f->answers == AZ_ANSWERS_EXCHANGEABLE; pass++) {
        for (size_t k = 0; k < labels; k++) {
            for (size_t l = 0; l < labels; l++) {
                bool tie = (int)k == f->tie, says_tie = (int)l == f->tie;
                int sort = tie ? 3 + says_tie : says_tie ? 2 : k == l;
                if (pass == 1) {
                    counts[k * labels + l] = sum[sort] / n[sort];
                    continue;
                }
                sum[sort] += counts[k * labels + l];
                n[sort]++;
            }
        }
    }
}

static void count_item(const struct az_design *d, size_t item, size_t judge, double sign,
                       double *counts)
{
    size_t labels = d->frame.n_labels;
    const double *share = az_design_share(d, item, judge), *truth = az_design_truth(d, item);
    for (size_t k = 0; k < labels; k++) {
        for (size_t l = 0; l < labels && truth[k] > 0; l++)
            counts[k * labels + l] += sign * d->weight[item] * truth[k] * share[l];
    }
}

/* Rows of probabilities of what a judge says, given the truth. */
static void smooth(const double *counts, const double *pooled, size_t labels, double *ret)
{
    for (size_t k = 0; k < labels; k++) {
        double n = 0;
        for (size_t l = 0; l < labels; l++)
            n += counts[k * labels + l];
        for (size_t l = 0; l < labels; l++) {
            double prior = pooled ? pooled[k * labels + l] : 1 / (double)labels;
            double pseudo = pooled ? PSEUDO : 1;
            ret[k * labels + l] = (counts[k * labels + l] + pseudo * prior) / (n + pseudo);
        }
    }
}

struct confusion {
    const double *matrices;        /* of all labelled items */
    double *counts, *pooled, *own; /* for an item's strength without itself */
};

static void strength(const void *arg, const struct az_design *d, size_t item, bool training,
                     double *ret)
{
    const struct confusion *c = arg;
    size_t labels = d->frame.n_labels, cells = labels * labels;
    memset(ret, 0, labels * sizeof(*ret));
    for (size_t j = 0; j < d->frame.n_judges; j++) {
        const double *share = az_design_share(d, item, j), *matrix = c->matrices + j * cells;
        if (!(az_design_has(d, item, j) & AZ_HAS_SHARE))
            continue;
        if (training) {
            memcpy(c->own, c->counts + j * cells, cells * sizeof(double));
            count_item(d, item, j, -1, c->own);
            share_places(&d->frame, c->own);
            smooth(c->own, c->pooled, labels, c->own);
            matrix = c->own;
        }
        for (size_t k = 0; k < labels; k++) {
            for (size_t l = 0; l < labels; l++)
                ret[k] += share[l] > 0 ? share[l] * log(AZ_MAX(matrix[k * labels + l], 1e-9)) : 0;
        }
    }
    /* A whole panel of fair judges is then of the size of a share. */
    for (size_t k = 0; k < labels; k++)
        ret[k] /= 2 * (double)d->frame.n_judges;
}

static int fit(const struct az_design *d, struct az_rows rows, uint64_t seed, struct az_model *m)
{
    size_t judges = d->frame.n_judges, labels = d->frame.n_labels, cells = labels * labels;
    AZ_AUTO_MEM double *room = az_zalloc((judges + 2) * cells * sizeof(*room));
    if (!room)
        return AZ_ENOMEM;
    struct confusion c = {m->arrays[MATRICES], room, room + judges * cells,
                          room + (judges + 1) * cells};
    for (size_t j = 0; j < judges; j++) {
        for (size_t r = 0; r < rows.n; r++)
            count_item(d, rows.v[r], j, 1, c.counts + j * cells);
        for (size_t i = 0; i < cells; i++)
            c.pooled[i] += c.counts[j * cells + i];
    }
    share_places(&d->frame, c.pooled);
    smooth(c.pooled, NULL, labels, c.pooled);
    for (size_t j = 0; j < judges; j++) {
        memcpy(c.own, c.counts + j * cells, cells * sizeof(double));
        share_places(&d->frame, c.own);
        smooth(c.own, c.pooled, labels, m->arrays[MATRICES] + j * cells);
    }
    return az_trust_fit(m, d, rows, 1, strength, &c, m->arrays[THETA], m->arrays[TRI], NULL);
}

static int predict(const struct az_model *m, const struct az_design *d, struct az_rows rows,
                   double *p)
{
    struct confusion c = {.matrices = m->arrays[MATRICES]};
    memset(p, 0, rows.n * m->frame.n_labels * sizeof(*p));
    return az_trust_predict(m, d, rows, 1, strength, &c, m->arrays[THETA], m->arrays[TRI], 1, p);
}

const struct az_learner az_learn_confusion = {
    .name = "confusion",
    .what = "what each judge says given the truth, with Dirichlet priors, through Platt's map",
    .fields = {{"matrices", matrices}, {"theta", az_size_trust}, {"tri", az_size_tri}},
    .fit = fit,
    .predict = predict,
};
