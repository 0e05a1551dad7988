/* Reference for research. Dawid and Skene's model with one number a judge: right
 * with probability skill, else any other label alike (the "homogeneous" model of
 * Raykar et al., JMLR 11, 2010, in its EM form). Start, steps, cuts and the
 * stopping rule as in dawid_skene.c; skill is the mean posterior of what the
 * judge said, and may fall below 1/K. `loglik` is of the votes. */
#include <math.h>
#include <string.h>

#include "core/mem.h"
#include "statistics/infer/methods.h"

#define FLOOR 1e-10

struct coin {
    double right, wrong; /* logs */
};

static double clip_log(double p)
{
    return log(AZ_MIN(1 - FLOOR, AZ_MAX(FLOOR, p)));
}

/* Skills and frequencies from the posterior; coins from the skills. */
static void maximise(const struct az_sample *s, struct az_infer *r, struct coin *coins)
{
    size_t k = s->n_labels;
    double items = 0;
    memset(r->prior, 0, k * sizeof(*r->prior));
    memset(r->skill, 0, s->n_judges * sizeof(*r->skill));
    for (size_t i = 0; i < s->n_items; i++) {
        struct az_votes_of votes = az_sample_votes(s, i);
        const double *t = &r->posterior[i * k];
        for (size_t v = 0; v < votes.n; v++)
            r->skill[votes.v[v].judge] += az_infer_credit(s, &votes.v[v], t);
        for (size_t c = 0; votes.n > 0 && c < k; c++)
            r->prior[c] += t[c];
        items += votes.n > 0;
    }
    for (size_t c = 0; c < k; c++)
        r->prior[c] = items > 0 ? r->prior[c] / items : 1.0 / (double)k;
    for (size_t j = 0; j < s->n_judges; j++) {
        r->skill[j] = r->answers[j] > 0 ? r->skill[j] / r->answers[j] : 0;
        coins[j].right = clip_log(r->skill[j]);
        coins[j].wrong = clip_log((1 - r->skill[j]) / (double)(k - 1));
    }
}

/* Unnormalised logs of an item's labels. */
static void item_logs(const struct az_sample *s, const struct az_infer *r, const struct coin *coins,
                      size_t item, double *logs)
{
    struct az_votes_of votes = az_sample_votes(s, item);
    double base = 0;
    for (size_t c = 0; c < s->n_labels; c++)
        logs[c] = log(AZ_MAX(FLOOR, r->prior[c]));
    for (size_t v = 0; v < votes.n; v++) {
        const struct coin *coin = &coins[votes.v[v].judge];
        if (!az_vote_has_share(&votes.v[v]))
            continue;
        base += coin->wrong;
        if (votes.v[v].label >= 0) {
            logs[votes.v[v].label] += coin->right - coin->wrong;
            continue;
        }
        for (size_t c = 0; c < s->n_labels; c++)
            logs[c] += az_vote_share(s, &votes.v[v], c) * (coin->right - coin->wrong);
    }
    for (size_t c = 0; c < s->n_labels; c++)
        logs[c] += base;
}

/* The log likelihood; the posterior is written where `write`. */
static double expect(const struct az_sample *s, struct az_infer *r, const struct coin *coins,
                     bool write)
{
    double loglik = 0, logs[AZ_SAMPLE_LABELS_MAX];
    for (size_t i = 0; i < s->n_items; i++) {
        size_t n = (size_t)s->labels_of[i];
        if (n == 0)
            continue;
        item_logs(s, r, coins, i, logs);
        double sum = az_infer_softmax(logs, n);
        loglik += az_sample_votes(s, i).n > 0 ? sum : 0;
        for (size_t c = 0; write && c < n; c++)
            r->posterior[i * s->n_labels + c] = logs[c];
    }
    return loglik;
}

int az_infer_one_coin(const struct az_sample *s, const struct az_infer_options *o,
                      struct az_infer *r)
{
    AZ_AUTO_MEM struct coin *coins = az_alloc(s->n_judges * sizeof(*coins));
    if (!coins || az_infer_room(s, AZ_WANT_POSTERIOR | AZ_WANT_PRIOR | AZ_WANT_SKILL, r) < 0)
        return AZ_ENOMEM;
    az_infer_shares(s, r);
    maximise(s, r, coins);
    double before = -INFINITY,
           enough = az_infer_tolerance(o, 1e-6) * AZ_MAX(1.0, (double)s->n_votes);
    for (int rounds = az_infer_rounds(o, 100); r->iterations < rounds && !r->converged;) {
        double loglik = expect(s, r, coins, true);
        maximise(s, r, coins);
        r->iterations++;
        r->converged = enough >= 0 && loglik - before < enough;
        before = loglik;
    }
    r->loglik = expect(s, r, coins, false);
    return 0;
}
