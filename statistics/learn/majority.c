/* The answer of the majority and the mean share, and what either is worth. And the
 * votes as they are, for when nothing can be learnt. */
#include <string.h>

#include "statistics/learn/parts.h"
#include "statistics/learn/strength.h"
#include "statistics/learn/trust.h"

enum { THETA, TRI };

size_t az_size_judges(const struct az_frame *f)
{
    return f->n_judges;
}

size_t az_size_trust(const struct az_frame *f)
{
    return az_trust_size(f, 1);
}

size_t az_size_tri(const struct az_frame *f)
{
    return az_trust_tri(f, 1);
}

size_t az_size_trust2(const struct az_frame *f)
{
    return az_trust_size(f, 2);
}

size_t az_size_tri2(const struct az_frame *f)
{
    return az_trust_tri(f, 2);
}

size_t az_size_one(const struct az_frame *f)
{
    return 1;
}

static void majority(const void *arg, const struct az_design *d, size_t item, bool training,
                     double *strength)
{
    az_strength_majority(d, item, strength);
}

static void mean(const void *arg, const struct az_design *d, size_t item, bool training,
                 double *strength)
{
    az_strength_mean(d, item, -1, strength);
}

static int fit(az_strength_fn *strength, const struct az_design *d, struct az_rows rows,
               struct az_model *m)
{
    return az_trust_fit(m, d, rows, 1, strength, NULL, m->arrays[THETA], m->arrays[TRI], NULL);
}

static int predict(az_strength_fn *strength, const struct az_model *m, const struct az_design *d,
                   struct az_rows rows, double *p)
{
    memset(p, 0, rows.n * m->frame.n_labels * sizeof(*p));
    return az_trust_predict(m, d, rows, 1, strength, NULL, m->arrays[THETA], m->arrays[TRI], 1, p);
}

static int majority_fit(const struct az_design *d, struct az_rows rows, uint64_t seed,
                        struct az_model *m)
{
    return fit(majority, d, rows, m);
}

static int majority_predict(const struct az_model *m, const struct az_design *d,
                            struct az_rows rows, double *p)
{
    return predict(majority, m, d, rows, p);
}

static int mean_fit(const struct az_design *d, struct az_rows rows, uint64_t seed,
                    struct az_model *m)
{
    return fit(mean, d, rows, m);
}

static int mean_predict(const struct az_model *m, const struct az_design *d, struct az_rows rows,
                        double *p)
{
    return predict(mean, m, d, rows, p);
}

static int votes_fit(const struct az_design *d, struct az_rows rows, uint64_t seed,
                     struct az_model *m)
{
    memset(m->unseen, 0, sizeof(m->unseen));
    return 0;
}

static int votes_predict(const struct az_model *m, const struct az_design *d, struct az_rows rows,
                         double *p)
{
    for (size_t i = 0; i < rows.n; i++)
        az_strength_mean(d, rows.v[i], -1, p + i * m->frame.n_labels);
    return 0;
}

const struct az_learner az_learn_votes = {
    .name = "votes",
    .what = "the shares of the votes; nothing is learnt, and nothing is a probability",
    .fit = votes_fit,
    .predict = votes_predict,
};

const struct az_learner az_learn_majority = {
    .name = "majority",
    .what = "the answer with the largest share, and how far it is to be trusted",
    .fields = {{"theta", az_size_trust}, {"tri", az_size_tri}},
    .fit = majority_fit,
    .predict = majority_predict,
};

const struct az_learner az_learn_mean = {
    .name = "mean",
    .what = "the mean share, through Platt's map",
    .fields = {{"theta", az_size_trust}, {"tri", az_size_tri}},
    .fit = mean_fit,
    .predict = mean_predict,
};
