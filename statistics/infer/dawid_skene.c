/* Dawid and Skene (Applied Statistics 28, 1979): a true label c has frequency
 * p_c, and judge j says l of it with probability C_j(l | c). EM from the shares
 * of the votes:
 *   E  T_ic ~ p_c * prod over votes C_j(l | c)
 *   M  p_c = mean T_ic,  C_j(l | c) ~ sum of T_ic over j's votes l, cut below at
 *      1e-10 and normalised over the labels that j ever said.
 * Stops when the log likelihood an answer rises by less than the tolerance
 * (1e-6), or after 100 rounds. `skill` is sum_c p_c C_j(c | c), `loglik` the
 * votes' observed log likelihood.
 *
 * MAP: `prior` pseudo-answers (10) to each true label, spread as all judges'
 * answers together are: C_j = (N_j + prior * C_all) / (n_j + prior), C_all taken
 * anew each round (empirical Bayes), smoothed by one answer a cell. A judge
 * with few answers is then like the others, and no cell is 0.
 *
 * Exchangeable answers (places in a pair or list) have no confusion of their
 * own: cells that differ only in places are pooled, a tie label stays apart.
 *
 * One pass a round does both steps: memory is 2 * n_judges * n_labels^2. */
#include <math.h>
#include <string.h>

#include "core/mem.h"
#include "statistics/infer/methods.h"

#define FLOOR 1e-10

struct fit {
    const struct az_sample *s;
    struct az_infer *r;
    size_t k;
    double *counts, *logs; /* judge × said × true */
    uint64_t *said;        /* the labels that a judge ever said */
    double log_prior[AZ_SAMPLE_LABELS_MAX], mass[AZ_SAMPLE_LABELS_MAX];
    double items, pseudo; /* items with votes */
    az_infer_shape_fn *shape;
};

static void note_said(struct fit *f)
{
    for (size_t i = 0; i < f->s->n_votes; i++) {
        const struct az_vote *v = &f->s->votes[i];
        if (v->label >= 0)
            f->said[v->judge] |= UINT64_C(1) << v->label;
        for (size_t c = 0; v->label < 0 && c < f->k; c++) {
            if (az_vote_share(f->s, v, c) > 0)
                f->said[v->judge] |= UINT64_C(1) << c;
        }
    }
}

/* ---- E and the sums of M, one item ---- */

static inline __attribute__((always_inline)) void
add_vote(const struct fit *f, const struct az_vote *v, size_t k, double *restrict logs)
{
    const double *restrict of = &f->logs[(size_t)v->judge * k * k];
    if (v->label >= 0) {
        for (size_t c = 0; c < k; c++)
            logs[c] += of[(size_t)v->label * k + c];
        return;
    }
    for (size_t l = 0; l < k; l++) {
        double share = az_vote_share(f->s, v, l);
        for (size_t c = 0; share > 0 && c < k; c++)
            logs[c] += share * of[l * k + c];
    }
}

static inline __attribute__((always_inline)) void count_vote(struct fit *f, const struct az_vote *v,
                                                             size_t k, const double *restrict t)
{
    double *restrict of = &f->counts[(size_t)v->judge * k * k];
    if (v->label >= 0) {
        for (size_t c = 0; c < k; c++)
            of[(size_t)v->label * k + c] += t[c];
        return;
    }
    for (size_t l = 0; l < k; l++) {
        double share = az_vote_share(f->s, v, l);
        for (size_t c = 0; share > 0 && c < k; c++)
            of[l * k + c] += share * t[c];
    }
}

/* The log likelihood, with one logarithm for many items: a product of sums that
 * lie in [1, n_labels]. */
struct loglik {
    double logs, product;
    int n;
};

enum { FACTORS = 64 }; /* 64^64 is far from the largest double */

static inline void loglik_add(struct loglik *l, double top, double sum)
{
    l->logs += top;
    l->product *= sum;
    if (++l->n == FACTORS) {
        l->logs += log(l->product);
        l->product = 1;
        l->n = 0;
    }
}

static double loglik_sum(const struct loglik *l)
{
    return l->logs + log(l->product);
}

/* Logs of the item's labels become its posterior. */
static inline __attribute__((always_inline)) void settle(double *t, size_t k, size_t labels,
                                                         struct loglik *loglik)
{
    double top = t[0], sum = 0;
    for (size_t c = 1; c < k; c++)
        top = c < labels && t[c] > top ? t[c] : top;
    for (size_t c = 0; c < k; c++)
        sum += t[c] = c < labels ? exp(t[c] - top) : 0;
    double scale = 1 / sum;
    for (size_t c = 0; c < k; c++)
        t[c] *= scale;
    loglik_add(loglik, top, sum);
}

static void count_item(struct fit *f, size_t item)
{
    struct az_votes_of votes = az_sample_votes(f->s, item);
    const double *t = &f->r->posterior[item * f->k];
    if (votes.n == 0)
        return;
    for (size_t v = 0; v < votes.n; v++)
        count_vote(f, &votes.v[v], f->k, t);
    for (size_t c = 0; c < f->k; c++)
        f->mass[c] += t[c];
    f->items++;
}

/* Returns the log likelihood under the values of before. `k` is a constant
 * where this is inlined, so that its loops are unrolled. */
static inline __attribute__((always_inline)) double sweep_k(struct fit *f, size_t k)
{
    const struct az_sample *s = f->s;
    struct loglik loglik = {.product = 1}, unseen = {.product = 1};
    for (size_t i = 0; i < s->n_items; i++) {
        struct az_votes_of votes = az_sample_votes(s, i);
        size_t labels = (size_t)s->labels_of[i];
        double *row = &f->r->posterior[i * k], t[AZ_SAMPLE_LABELS_MAX];
        if (labels == 0)
            continue;
        memcpy(t, f->log_prior, k * sizeof(*t));
        for (size_t v = 0; v < votes.n; v++)
            add_vote(f, &votes.v[v], k, t);
        settle(t, k, labels, votes.n > 0 ? &loglik : &unseen);
        memcpy(row, t, k * sizeof(*t));
        if (votes.n == 0)
            continue;
        for (size_t v = 0; v < votes.n; v++)
            count_vote(f, &votes.v[v], k, t);
        for (size_t c = 0; c < k; c++)
            f->mass[c] += t[c];
    }
    return loglik_sum(&loglik);
}

static double sweep(struct fit *f)
{
    memset(f->mass, 0, sizeof(f->mass));
    memset(f->counts, 0, f->s->n_judges * f->k * f->k * sizeof(*f->counts));
    switch (f->k) {
    case 2:
        return sweep_k(f, 2);
    case 3:
        return sweep_k(f, 3);
    case 4:
        return sweep_k(f, 4);
    case 5:
        return sweep_k(f, 5);
    default:
        return sweep_k(f, f->k);
    }
}

/* ---- M ---- */

/* 0: tie, tie. 1: tie said of a place. 2: a place said of a tie. 3: the right
 * place. 4: another. */
static int kind_of(const struct fit *f, size_t said, size_t truth)
{
    int tie = f->s->tie;
    if ((int)said == tie)
        return (int)truth != tie;
    return (int)truth == tie ? 2 : said == truth ? 3 : 4;
}

static void pool_places(struct fit *f)
{
    double places = 0, n = 0;
    for (size_t c = 0; c < f->k; c++) {
        places += (int)c == f->s->tie ? 0 : f->mass[c];
        n += (int)c != f->s->tie;
    }
    for (size_t c = 0; c < f->k; c++)
        f->mass[c] = (int)c == f->s->tie ? f->mass[c] : places / n;
    for (size_t j = 0; j < f->s->n_judges; j++) {
        double sum[5] = {0}, cells[5] = {0}, *of = &f->counts[j * f->k * f->k];
        for (size_t l = 0; l < f->k; l++) {
            for (size_t c = 0; c < f->k; c++) {
                sum[kind_of(f, l, c)] += of[l * f->k + c];
                cells[kind_of(f, l, c)]++;
            }
        }
        for (size_t l = 0; l < f->k; l++) {
            for (size_t c = 0; c < f->k; c++)
                of[l * f->k + c] = sum[kind_of(f, l, c)] / cells[kind_of(f, l, c)];
        }
    }
}

/* All judges together: judge × said × true summed over judges, one more in each
 * cell, normalised over what was said. */
static void common(const struct fit *f, double *all)
{
    size_t k = f->k;
    for (size_t x = 0; x < k * k; x++)
        all[x] = 1;
    for (size_t j = 0; j < f->s->n_judges; j++) {
        for (size_t x = 0; x < k * k; x++)
            all[x] += f->counts[j * k * k + x];
    }
    for (size_t c = 0; c < k; c++) {
        double sum = 0;
        for (size_t l = 0; l < k; l++)
            sum += all[l * k + c];
        for (size_t l = 0; l < k; l++)
            all[l * k + c] /= sum;
    }
}

static void normalise(struct fit *f, size_t judge, const double *all)
{
    size_t k = f->k;
    const double *n = &f->counts[judge * k * k];
    double *to = &f->r->confusion[judge * k * k];
    for (size_t c = 0; c < k; c++) {
        double sum = 0;
        for (size_t l = 0; l < k; l++) {
            double cell = all ? n[l * k + c] + f->pseudo * all[l * k + c]
                          : f->said[judge] & UINT64_C(1) << l ? AZ_MAX(FLOOR, n[l * k + c])
                                                              : 0;
            to[l * k + c] = cell;
            sum += cell;
        }
        for (size_t l = 0; l < k && sum > 0 && !f->shape; l++)
            to[l * k + c] /= sum;
    }
    if (f->shape)
        f->shape(f->s, judge, to, to, f->r);
    for (size_t x = 0; x < k * k; x++)
        f->logs[judge * k * k + x] = log(AZ_MAX(FLOOR * FLOOR, to[x]));
}

static void maximise(struct fit *f)
{
    double *all = NULL, room[AZ_SAMPLE_LABELS_MAX * AZ_SAMPLE_LABELS_MAX];
    if (f->s->answers == AZ_ANSWERS_EXCHANGEABLE)
        pool_places(f);
    if (f->pseudo > 0)
        common(f, all = room);
    for (size_t c = 0; c < f->k; c++) {
        f->r->prior[c] = f->items > 0 ? f->mass[c] / f->items : 1.0 / (double)f->k;
        f->log_prior[c] = log(AZ_MAX(FLOOR, f->r->prior[c]));
    }
    for (size_t j = 0; j < f->s->n_judges; j++)
        normalise(f, j, all);
}

/* Of the votes, under the values that are reported: no step is made. */
static double observed(const struct fit *f)
{
    struct loglik loglik = {.product = 1};
    for (size_t i = 0; i < f->s->n_items; i++) {
        struct az_votes_of votes = az_sample_votes(f->s, i);
        double t[AZ_SAMPLE_LABELS_MAX];
        if (votes.n == 0 || f->s->labels_of[i] == 0)
            continue;
        memcpy(t, f->log_prior, sizeof(t));
        for (size_t v = 0; v < votes.n; v++)
            add_vote(f, &votes.v[v], f->k, t);
        settle(t, f->k, (size_t)f->s->labels_of[i], &loglik);
    }
    return loglik_sum(&loglik);
}

static void skills(struct fit *f)
{
    for (size_t j = 0; j < f->s->n_judges; j++) {
        for (size_t c = 0; c < f->k; c++)
            f->r->skill[j] += f->r->prior[c] * f->r->confusion[(j * f->k + c) * f->k + c];
    }
}

int az_infer_matrices(const struct az_sample *s, const struct az_infer_options *o, double pseudo,
                      az_infer_shape_fn *shape, struct az_infer *r)
{
    size_t cells = s->n_judges * s->n_labels * s->n_labels;
    AZ_AUTO_MEM double *counts = az_zalloc(cells * sizeof(*counts));
    AZ_AUTO_MEM double *logs = az_zalloc(cells * sizeof(*logs));
    AZ_AUTO_MEM uint64_t *said = az_zalloc(s->n_judges * sizeof(*said));
    unsigned wants = AZ_WANT_POSTERIOR | AZ_WANT_PRIOR | AZ_WANT_SKILL | AZ_WANT_CONFUSION;
    if (shape)
        wants |= AZ_WANT_JUDGE;
    struct fit f = {s, r, s->n_labels, counts, logs, said, .pseudo = pseudo, .shape = shape};
    if (!counts || !logs || !said || az_infer_room(s, wants, r) < 0)
        return AZ_ENOMEM;

    note_said(&f);
    az_infer_shares(s, r);
    for (size_t i = 0; i < s->n_items; i++)
        count_item(&f, i);
    maximise(&f);

    double before = -INFINITY,
           enough = az_infer_tolerance(o, 1e-6) * AZ_MAX(1.0, (double)s->n_votes);
    for (int rounds = az_infer_rounds(o, 100); r->iterations < rounds && !r->converged;) {
        double loglik = sweep(&f);
        maximise(&f);
        r->iterations++;
        r->converged = enough >= 0 && loglik - before < enough;
        before = loglik;
    }
    r->loglik = observed(&f);
    skills(&f);
    return 0;
}

int az_infer_dawid_skene(const struct az_sample *s, const struct az_infer_options *o,
                         struct az_infer *r)
{
    return az_infer_matrices(s, o, o->prior, NULL, r);
}

int az_infer_dawid_skene_map(const struct az_sample *s, const struct az_infer_options *o,
                             struct az_infer *r)
{
    return az_infer_matrices(s, o, o->prior > 0 ? o->prior : 10, NULL, r);
}
