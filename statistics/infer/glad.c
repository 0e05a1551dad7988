/* Reference for research. GLAD (Whitehill et al., NIPS 2009): judge j is right
 * about item i with probability sigma(alpha_j beta_i), else any other label
 * alike. Priors N(1, 1) on alpha and on ln beta; true labels alike frequent.
 *   E  T_ic ~ prod over votes sigma(x) or (1 - sigma(x)) / (K - 1), x = alpha beta
 *   M  a few Newton steps, all judges and then all items: given the others each
 *      is a one-dimensional problem; Fisher's information, so every step climbs
 * 100 rounds, or until the log likelihood with priors rises by less than 1e-7 an
 * answer. `skill` is alpha (any real number), `difficulty` is ln beta. */
#include <math.h>
#include <string.h>

#include "core/mem.h"
#include "statistics/infer/methods.h"

enum { STEPS = 10 };

struct slope {
    double first, second; /* derivatives of Q; second by Fisher's information, > 0 */
};

static double sigma(double x)
{
    return 1 / (1 + exp(-x));
}

static double log_sigma(double x)
{
    return x >= 0 ? -log1p(exp(-x)) : x - log1p(exp(x));
}

/* The likelihood without priors. */
static double expect(const struct az_sample *s, struct az_infer *r)
{
    double loglik = 0, k = (double)s->n_labels;
    for (size_t i = 0; i < s->n_items; i++) {
        struct az_votes_of votes = az_sample_votes(s, i);
        size_t n = (size_t)s->labels_of[i];
        double *row = &r->posterior[i * s->n_labels];
        if (n == 0)
            continue;
        for (size_t c = 0; c < n; c++)
            row[c] = -log((double)n);
        for (size_t v = 0; v < votes.n; v++) {
            double x = r->skill[votes.v[v].judge] * exp(r->difficulty[i]);
            double wrong = log_sigma(-x) - log(k - 1), right = log_sigma(x);
            if (!az_vote_has_share(&votes.v[v]))
                continue;
            for (size_t c = 0; c < n; c++)
                row[c] += wrong + az_vote_share(s, &votes.v[v], c) * (right - wrong);
        }
        loglik += az_infer_softmax(row, n);
    }
    return loglik;
}

static double bounded(struct slope d)
{
    return AZ_MAX(-1.0, AZ_MIN(1.0, d.first / d.second));
}

/* One Newton step of all judges, then one of each item. */
static void climb(const struct az_sample *s, struct az_infer *r, struct slope *judges)
{
    for (size_t j = 0; j < s->n_judges; j++)
        judges[j] = (struct slope){1 - r->skill[j], 1};
    for (size_t i = 0; i < s->n_items; i++) {
        struct az_votes_of votes = az_sample_votes(s, i);
        double beta = exp(r->difficulty[i]);
        for (size_t v = 0; v < votes.n; v++) {
            size_t j = (size_t)votes.v[v].judge;
            double p = sigma(r->skill[j] * beta);
            if (!az_vote_has_share(&votes.v[v]))
                continue;
            judges[j].first +=
                (az_infer_credit(s, &votes.v[v], &r->posterior[i * s->n_labels]) - p) * beta;
            judges[j].second += p * (1 - p) * beta * beta;
        }
    }
    for (size_t j = 0; j < s->n_judges; j++)
        r->skill[j] += bounded(judges[j]);

    for (size_t i = 0; i < s->n_items; i++) {
        struct az_votes_of votes = az_sample_votes(s, i);
        struct slope d = {1 - r->difficulty[i], 1};
        double beta = exp(r->difficulty[i]);
        for (size_t v = 0; v < votes.n; v++) {
            double x = r->skill[votes.v[v].judge] * beta, p = sigma(x);
            if (!az_vote_has_share(&votes.v[v]))
                continue;
            d.first += (az_infer_credit(s, &votes.v[v], &r->posterior[i * s->n_labels]) - p) * x;
            d.second += p * (1 - p) * x * x;
        }
        r->difficulty[i] += bounded(d);
    }
}

static double log_priors(const struct az_infer *r)
{
    double sum = 0;
    for (size_t j = 0; j < r->n_judges; j++)
        sum -= (r->skill[j] - 1) * (r->skill[j] - 1) / 2;
    for (size_t i = 0; i < r->n_items; i++)
        sum -= (r->difficulty[i] - 1) * (r->difficulty[i] - 1) / 2;
    return sum;
}

int az_infer_glad(const struct az_sample *s, const struct az_infer_options *o, struct az_infer *r)
{
    AZ_AUTO_MEM struct slope *judges = az_alloc(s->n_judges * sizeof(*judges));
    if (!judges || az_infer_room(s, AZ_WANT_POSTERIOR | AZ_WANT_SKILL | AZ_WANT_DIFFICULTY, r) < 0)
        return AZ_ENOMEM;
    for (size_t j = 0; j < s->n_judges; j++)
        r->skill[j] = 1;
    for (size_t i = 0; i < s->n_items; i++)
        r->difficulty[i] = 1;
    double before = -INFINITY,
           enough = az_infer_tolerance(o, 1e-7) * AZ_MAX(1.0, (double)s->n_votes);
    r->loglik = expect(s, r);
    for (int rounds = az_infer_rounds(o, 100); r->iterations < rounds && !r->converged;) {
        for (int i = 0; i < STEPS; i++)
            climb(s, r, judges);
        r->loglik = expect(s, r);
        r->iterations++;
        double now = r->loglik + log_priors(r);
        r->converged = enough >= 0 && now - before < enough;
        before = now;
    }
    return 0;
}
