#include "statistics/infer/online.h"

#include <math.h>
#include <string.h>

#include "core/error.h"
#include "core/mem.h"
#include "statistics/infer/methods.h"

static void start(struct az_online *o, double guess, double strength)
{
    size_t k = o->n_labels;
    for (size_t j = 0; j < o->n_judges; j++) {
        for (size_t l = 0; l < k; l++) {
            for (size_t c = 0; c < k; c++)
                o->counts[(j * k + l) * k + c] =
                    strength * (l == c ? guess : (1 - guess) / (double)(k - 1));
            o->said[j * k + l] = strength;
        }
    }
    for (size_t c = 0; c < k; c++)
        o->labels[c] = 1;
    o->items = (double)k;
}

int az_online_init(struct az_online *o, size_t n_judges, size_t n_labels, double guess,
                   double strength)
{
    az_assert(n_labels >= 2 && n_labels <= AZ_SAMPLE_LABELS_MAX);
    az_assert(guess > 0 && guess < 1 && strength > 0);
    size_t cells = n_judges * n_labels;
    double *room = az_zalloc((cells * n_labels + cells + n_labels + n_judges) * sizeof(*room));
    if (!room)
        return AZ_ENOMEM;
    *o = (struct az_online){.n_judges = n_judges, .n_labels = n_labels, .counts = room};
    o->said = room + cells * n_labels;
    o->labels = o->said + cells;
    o->answers = o->labels + n_labels;
    start(o, guess, strength);
    return 0;
}

void az_online_release(struct az_online *o)
{
    free(o->counts);
    *o = (struct az_online){0};
}

static double cell(const struct az_online *o, size_t judge, size_t said, size_t truth)
{
    size_t k = o->n_labels;
    return o->counts[(judge * k + said) * k + truth] / o->said[judge * k + truth];
}

static bool inside(const struct az_online *o, const struct az_online_vote *v)
{
    return v->judge >= 0 && (size_t)v->judge < o->n_judges && v->label >= 0 &&
           (size_t)v->label < o->n_labels;
}

void az_online_posterior(const struct az_online *o, const struct az_online_vote *votes, size_t n,
                         double *ret)
{
    for (size_t c = 0; c < o->n_labels; c++)
        ret[c] = log(o->labels[c] / o->items);
    for (size_t v = 0; v < n; v++) {
        az_assert(inside(o, &votes[v]));
        for (size_t c = 0; c < o->n_labels; c++)
            ret[c] += log(cell(o, (size_t)votes[v].judge, (size_t)votes[v].label, c));
    }
    az_infer_softmax(ret, o->n_labels);
}

void az_online_add(struct az_online *o, const struct az_online_vote *votes, size_t n, int truth)
{
    size_t k = o->n_labels;
    double p[AZ_SAMPLE_LABELS_MAX] = {0};
    if (n == 0 && truth < 0)
        return;
    az_assert(truth < (int)k);
    if (truth >= 0)
        p[truth] = 1;
    else
        az_online_posterior(o, votes, n, p);
    for (size_t v = 0; v < n; v++) {
        az_assert(inside(o, &votes[v]));
        size_t j = (size_t)votes[v].judge;
        for (size_t c = 0; c < k; c++) {
            o->counts[(j * k + (size_t)votes[v].label) * k + c] += p[c];
            o->said[j * k + c] += p[c];
        }
        o->answers[j]++;
    }
    for (size_t c = 0; c < k; c++)
        o->labels[c] += p[c];
    o->items++;
}

double az_online_skill(const struct az_online *o, size_t judge, const double *posterior)
{
    double sum = 0;
    az_assert(judge < o->n_judges);
    for (size_t c = 0; c < o->n_labels; c++)
        sum += (posterior ? posterior[c] : o->labels[c] / o->items) * cell(o, judge, c, c);
    return sum;
}
