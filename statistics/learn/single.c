/* One judge: the best by accuracy on labelled items, or each weighed by how well it
 * alone explains them (Laplace evidence); with the mean of the others as a second
 * strength, which breaks ties, or without. */
#include <math.h>
#include <string.h>

#include "core/mem.h"
#include "statistics/learn/parts.h"
#include "statistics/learn/strength.h"
#include "statistics/learn/trust.h"

enum { PICKED_THETA, PICKED_TRI, PICKED };   /* of one judge */
enum { EACH_THETA, EACH_TRI, EACH_WEIGHTS }; /* of all */
static const double LEAST_WEIGHT = 1e-4;

static void alone(const void *arg, const struct az_design *d, size_t item, bool training,
                  double *strength)
{
    size_t judge = *(const size_t *)arg;
    memcpy(strength, az_design_share(d, item, judge), d->frame.n_labels * sizeof(*strength));
}

static void first(const void *arg, const struct az_design *d, size_t item, bool training,
                  double *strength)
{
    alone(arg, d, item, training, strength);
    az_strength_mean(d, item, (int)*(const size_t *)arg, strength + d->frame.n_labels);
}

static az_strength_fn *strength_of(const struct az_model *m, size_t *n)
{
    bool with_rest = m->learner == &az_learn_single_first || m->learner == &az_learn_singles_first;
    *n = with_rest ? 2 : 1;
    return with_rest ? first : alone;
}

/* ---- the picked one ---- */

/* By accuracy; among equals by the share on the truth, then by agreement with the
 * panel: not by place while anything tells them apart. */
static size_t best(const struct az_design *d, struct az_rows rows)
{
    size_t best = 0, labels = d->frame.n_labels;
    double top = -INFINITY, mean[AZ_SAMPLE_LABELS_MAX];
    for (size_t j = 0; j < d->frame.n_judges; j++) {
        double sum = 0;
        for (size_t r = 0; r < rows.n; r++) {
            size_t item = rows.v[r];
            const double *share = az_design_share(d, item, j), *truth = az_design_truth(d, item);
            double right = 0, agree = 0;
            az_strength_mean(d, item, -1, mean);
            for (size_t k = 0; k < labels; k++) {
                right += share[k] * truth[k];
                agree += share[k] * mean[k];
            }
            sum += d->weight[item] * (az_judge_credit(d, item, j) + 1e-5 * right + 1e-8 * agree);
        }
        if (sum > top + 1e-12) {
            top = sum;
            best = j;
        }
    }
    return best;
}

static int single_fit(const struct az_design *d, struct az_rows rows, uint64_t seed,
                      struct az_model *m)
{
    size_t n, judge = best(d, rows);
    az_strength_fn *strength = strength_of(m, &n);
    m->arrays[PICKED][0] = (double)judge;
    return az_trust_fit(m, d, rows, n, strength, &judge, m->arrays[PICKED_THETA],
                        m->arrays[PICKED_TRI], NULL);
}

static int single_predict(const struct az_model *m, const struct az_design *d, struct az_rows rows,
                          double *p)
{
    size_t n, judge = (size_t)m->arrays[PICKED][0];
    az_strength_fn *strength = strength_of(m, &n);
    memset(p, 0, rows.n * m->frame.n_labels * sizeof(*p));
    return az_trust_predict(m, d, rows, n, strength, &judge, m->arrays[PICKED_THETA],
                            m->arrays[PICKED_TRI], 1, p);
}

/* ---- all of them ---- */

/* Evidence becomes weights that sum to 1; what hardly counts is left out. */
static void weigh(double *weights, size_t n)
{
    double top = -INFINITY, sum = 0, kept = 0;
    for (size_t j = 0; j < n; j++)
        top = AZ_MAX(top, weights[j]);
    for (size_t j = 0; j < n; j++)
        sum += weights[j] = exp(weights[j] - top);
    for (size_t j = 0; j < n; j++) {
        weights[j] = weights[j] / sum < LEAST_WEIGHT ? 0 : weights[j];
        kept += weights[j];
    }
    for (size_t j = 0; j < n; j++)
        weights[j] /= kept;
}

static int singles_fit(const struct az_design *d, struct az_rows rows, uint64_t seed,
                       struct az_model *m)
{
    size_t n, size, tri;
    az_strength_fn *strength = strength_of(m, &n);
    size = az_trust_size(&m->frame, n);
    tri = az_trust_tri(&m->frame, n);
    for (size_t j = 0; j < m->frame.n_judges; j++) {
        int r = az_trust_fit(m, d, rows, n, strength, &j, m->arrays[EACH_THETA] + j * size,
                             m->arrays[EACH_TRI] + j * tri, &m->arrays[EACH_WEIGHTS][j]);
        if (r < 0)
            return r;
    }
    weigh(m->arrays[EACH_WEIGHTS], m->frame.n_judges);
    return 0;
}

static int singles_predict(const struct az_model *m, const struct az_design *d, struct az_rows rows,
                           double *p)
{
    size_t n, size, tri;
    az_strength_fn *strength = strength_of(m, &n);
    size = az_trust_size(&m->frame, n);
    tri = az_trust_tri(&m->frame, n);
    memset(p, 0, rows.n * m->frame.n_labels * sizeof(*p));
    for (size_t j = 0; j < m->frame.n_judges; j++) {
        double weight = m->arrays[EACH_WEIGHTS][j];
        int r = weight > 0 ? az_trust_predict(m, d, rows, n, strength, &j,
                                              m->arrays[EACH_THETA] + j * size,
                                              m->arrays[EACH_TRI] + j * tri, weight, p)
                           : 0;
        if (r < 0)
            return r;
    }
    return 0;
}

static size_t each_map(const struct az_frame *f)
{
    return f->n_judges * az_trust_size(f, 1);
}

static size_t each_tri(const struct az_frame *f)
{
    return f->n_judges * az_trust_tri(f, 1);
}

static size_t each_map2(const struct az_frame *f)
{
    return f->n_judges * az_trust_size(f, 2);
}

static size_t each_tri2(const struct az_frame *f)
{
    return f->n_judges * az_trust_tri(f, 2);
}

static const char *single_check(const struct az_model *m)
{
    double judge = m->arrays[PICKED][0];
    bool fine = judge >= 0 && judge < (double)m->frame.n_judges && judge == floor(judge);
    return fine ? NULL : "'judge' is no judge's number";
}

static const char *singles_check(const struct az_model *m)
{
    double sum = 0;
    for (size_t j = 0; j < m->frame.n_judges; j++) {
        if (m->arrays[EACH_WEIGHTS][j] < 0)
            return "'weights' has one below 0";
        sum += m->arrays[EACH_WEIGHTS][j];
    }
    return fabs(sum - 1) < 1e-6 ? NULL : "'weights' do not sum to 1";
}

const struct az_learner az_learn_single = {
    .name = "single",
    .what = "the judge that was right most often, through Platt's map",
    .fields = {{"theta", az_size_trust}, {"tri", az_size_tri}, {"judge", az_size_one}},
    .fit = single_fit,
    .predict = single_predict,
    .check = single_check,
};

const struct az_learner az_learn_single_first = {
    .name = "single_first",
    .what = "that judge, and the mean of the others where it does not decide",
    .fields = {{"theta", az_size_trust2}, {"tri", az_size_tri2}, {"judge", az_size_one}},
    .fit = single_fit,
    .predict = single_predict,
    .check = single_check,
};

const struct az_learner az_learn_singles = {
    .name = "singles",
    .what = "each judge alone, weighed by how well it explains the labels",
    .fields = {{"theta", each_map}, {"tri", each_tri}, {"weights", az_size_judges}},
    .fit = singles_fit,
    .predict = singles_predict,
    .check = singles_check,
};

const struct az_learner az_learn_singles_first = {
    .name = "singles_first",
    .what = "each judge with the mean of the others, weighed in the same way",
    .fields = {{"theta", each_map2}, {"tri", each_tri2}, {"weights", az_size_judges}},
    .fit = singles_fit,
    .predict = singles_predict,
    .check = singles_check,
};
