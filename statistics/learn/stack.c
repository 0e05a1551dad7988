/* L2 stacking (Wolpert 1992; Ting and Witten 1999). Exchangeable answers: the
 * conditional logit of features.h. Named and ordinal labels: a multinomial logit of
 * every judge's share of every label, by L-BFGS. Coefficients are independent
 * N(0, 1/penalty); the penalty is the best of a few by log score out of fold. */
#include <lbfgs.h>
#include <math.h>
#include <string.h>

#include "core/mem.h"
#include "statistics/learn/choice.h"
#include "statistics/learn/features.h"
#include "statistics/learn/learner.h"
#include "statistics/learn/parts.h"

enum { THETA, SCALES, PENALTY };
enum { FOLDS = 3 };
static const double CONSTANT_PRECISION = 0.04, penalties[] = {1, 4, 16, 64};

static bool by_label(const struct az_frame *f)
{
    return f->answers != AZ_ANSWERS_EXCHANGEABLE;
}

/* Of one label's utility: a constant and every share. */
static size_t inputs(const struct az_frame *f)
{
    return 1 + f->n_judges * f->n_labels;
}

static size_t size(const struct az_frame *f)
{
    return by_label(f) ? inputs(f) * f->n_labels : az_features_n(f);
}

/* ---- named and ordinal labels ---- */

/* Labelled items without their zeros: of the shares of item r those from start[r] to
 * start[r + 1], with the input that each belongs to. */
struct problem {
    const struct az_model *m;
    size_t n;
    uint32_t *start, *input;
    double *share, *y, *w;
    bool *open;
};

/* Coefficients lie label by label for each input, the constant first. */
static void softmax(double *p, const bool *open, size_t labels)
{
    double top = -INFINITY, sum = 0;
    for (size_t k = 0; k < labels; k++)
        top = open[k] ? AZ_MAX(top, p[k]) : top;
    for (size_t k = 0; k < labels; k++)
        sum += p[k] = open[k] ? exp(p[k] - top) : 0;
    for (size_t k = 0; k < labels && sum > 0; k++)
        p[k] /= sum;
}

static void utilities(const struct az_model *m, const struct az_design *d, size_t item,
                      const double *theta, const bool *open, double *p)
{
    size_t labels = m->frame.n_labels, n = inputs(&m->frame);
    const double *share = az_design_share(d, item, 0);
    memcpy(p, theta, labels * sizeof(*p));
    for (size_t c = 1; c < n; c++) {
        for (size_t k = 0; k < labels && share[c - 1] != 0; k++)
            p[k] += theta[c * labels + k] * share[c - 1];
    }
    softmax(p, open, labels);
}

static void problem_release(struct problem *s)
{
    free(s->start);
    free(s->input);
    free(s->share);
    free(s->y);
    free(s->w);
    free(s->open);
}

static int problem_init(struct problem *s, const struct az_model *m, const struct az_design *d,
                        struct az_rows rows)
{
    size_t labels = m->frame.n_labels, cells = inputs(&m->frame) - 1, n = 0;
    *s = (struct problem){.m = m, .n = rows.n};
    s->start = az_zalloc((rows.n + 1) * sizeof(*s->start));
    s->input = az_alloc((rows.n * cells + 1) * sizeof(*s->input));
    s->share = az_alloc((rows.n * cells + 1) * sizeof(*s->share));
    s->y = az_alloc((rows.n * labels + 1) * sizeof(*s->y));
    s->w = az_alloc((rows.n + 1) * sizeof(*s->w));
    s->open = az_alloc((rows.n * labels + 1) * sizeof(*s->open));
    if (!s->start || !s->input || !s->share || !s->y || !s->w || !s->open) {
        problem_release(s);
        return AZ_ENOMEM;
    }
    for (size_t r = 0; r < rows.n; r++) {
        size_t item = rows.v[r];
        const double *share = az_design_share(d, item, 0);
        bool *open = s->open + r * labels;
        az_model_open(m, d, item, open);
        s->w[r] = d->weight[item] *
                  az_choice_truth(az_design_truth(d, item), open, labels, s->y + r * labels);
        for (size_t c = 0; c < cells; c++) {
            if (share[c] == 0)
                continue;
            s->input[n] = (uint32_t)c + 1;
            s->share[n++] = share[c];
        }
        s->start[r + 1] = (uint32_t)n;
    }
    return 0;
}

static lbfgsfloatval_t objective(void *arg, const lbfgsfloatval_t *theta, lbfgsfloatval_t *gradient,
                                 int size, lbfgsfloatval_t step)
{
    const struct problem *s = arg;
    size_t labels = s->m->frame.n_labels, n = inputs(&s->m->frame);
    double p[AZ_SAMPLE_LABELS_MAX], value = 0;

    for (size_t c = 0; c < n * labels; c++) {
        double precision = c < labels ? CONSTANT_PRECISION : s->m->arrays[PENALTY][0];
        gradient[c] = precision * theta[c];
        value += precision * theta[c] * theta[c] / 2;
    }
    for (size_t r = 0; r < s->n; r++) {
        const double *y = s->y + r * labels;
        memcpy(p, theta, labels * sizeof(*p));
        for (uint32_t i = s->start[r]; i < s->start[r + 1]; i++) {
            const double *of = theta + s->input[i] * labels;
            for (size_t k = 0; k < labels; k++)
                p[k] += of[k] * s->share[i];
        }
        softmax(p, s->open + r * labels, labels);
        for (size_t k = 0; k < labels; k++) {
            value -= y[k] > 0 ? s->w[r] * y[k] * log(AZ_MAX(p[k], 1e-300)) : 0;
            p[k] = s->w[r] * (p[k] - y[k]);
            gradient[k] += p[k];
        }
        for (uint32_t i = s->start[r]; i < s->start[r + 1]; i++) {
            double *of = gradient + s->input[i] * labels;
            for (size_t k = 0; k < labels; k++)
                of[k] += p[k] * s->share[i];
        }
    }
    return value;
}

static int fit_labels(const struct az_design *d, struct az_rows rows, struct az_model *m)
{
    struct problem s;
    lbfgs_parameter_t how;
    size_t n = size(&m->frame);
    lbfgsfloatval_t *theta = lbfgs_malloc((int)n);
    if (!theta || problem_init(&s, m, d, rows) < 0) {
        lbfgs_free(theta);
        return AZ_ENOMEM;
    }
    for (size_t c = 0; c < n; c++)
        theta[c] = m->arrays[THETA][c]; /* from zero, or from where another penalty ended */
    lbfgs_parameter_init(&how);
    how.epsilon = 1e-3;
    how.max_iterations = 200;
    int r = lbfgs((int)n, theta, NULL, objective, NULL, &s, &how);
    for (size_t c = 0; c < n; c++)
        m->arrays[THETA][c] = theta[c];
    lbfgs_free(theta);
    problem_release(&s);
    if (r == LBFGSERR_OUTOFMEMORY)
        return AZ_ENOMEM;
    /* It may stop at the edge of what doubles tell apart: that is an optimum. */
    for (size_t c = 0; c < n; c++) {
        if (!isfinite(m->arrays[THETA][c]))
            return AZ_EINVAL;
    }
    return 0;
}

/* ---- exchangeable answers ---- */

static int fit_places(const struct az_design *d, struct az_rows rows, struct az_model *m)
{
    struct az_features f = az_features(&m->frame, m->arrays[SCALES]);
    struct az_choice l = {0};
    struct az_gauss g = {0};
    AZ_AUTO_MEM double *precision = az_zalloc((f.n * f.n + 1) * sizeof(*precision));
    int r = precision ? az_features_choice(&f, m, d, rows, &l) : AZ_ENOMEM;
    if (r == 0)
        r = az_gauss_init(&g, f.n);
    for (size_t c = 0; r == 0 && c < f.n; c++) {
        bool constant = c >= f.fixed && c < f.fixed + f.n_constants;
        precision[c * f.n + c] = constant ? CONSTANT_PRECISION : m->arrays[PENALTY][0];
    }
    if (r == 0)
        r = az_choice_fit(&l, NULL, precision, 0, false, &g);
    if (r == 0)
        memcpy(m->arrays[THETA], g.mean, f.n * sizeof(*g.mean));
    az_gauss_release(&g);
    az_choice_release(&l);
    return r;
}

static int fit_penalty(const struct az_design *d, struct az_rows rows, double penalty,
                       struct az_model *m)
{
    m->arrays[PENALTY][0] = penalty;
    return by_label(&m->frame) ? fit_labels(d, rows, m) : fit_places(d, rows, m);
}

static int predict(const struct az_model *m, const struct az_design *d, struct az_rows rows,
                   double *p)
{
    struct az_features f = az_features(&m->frame, m->arrays[SCALES]);
    size_t k = m->frame.n_labels;
    bool open[AZ_SAMPLE_LABELS_MAX];
    AZ_AUTO_MEM double *x = az_alloc((k * f.n + 1) * sizeof(*x));
    if (!x)
        return AZ_ENOMEM;
    for (size_t i = 0; i < rows.n; i++) {
        az_model_open(m, d, rows.v[i], open);
        if (by_label(&m->frame)) {
            utilities(m, d, rows.v[i], m->arrays[THETA], open, p + i * k);
            continue;
        }
        az_features_of(&f, d, rows.v[i], x);
        az_choice_centre(x, open, k, f.n);
        az_choice_predict(m->arrays[THETA], NULL, x, open, k, f.n, p + i * k);
    }
    return 0;
}

/* ---- the penalty ---- */

/* Adds the log scores of `out`, learnt on `in`, for each penalty. */
static int score_fold(const struct az_design *d, struct az_rows in, struct az_rows out,
                      double *scores)
{
    size_t labels = d->frame.n_labels;
    AZ_AUTO_MEM double *p = az_alloc((out.n * labels + 1) * sizeof(*p));
    AZ_AUTO(model) m = az_model_new(&az_learn_stack, d, in);
    if (!p || !m)
        return AZ_ENOMEM;
    az_features_scales(d, in, m->arrays[SCALES]);
    for (size_t i = AZ_LEN(penalties); i-- > 0;) {
        int r = fit_penalty(d, in, penalties[i], m);
        if (r == 0)
            r = az_model_predict(m, d, out, p);
        if (r < 0)
            return r;
        for (size_t k = 0; k < out.n; k++)
            scores[i] += d->weight[out.v[k]] *
                         az_log_score(p + k * labels, az_design_truth(d, out.v[k]), labels);
    }
    return 0;
}

static int choose(const struct az_design *d, struct az_rows rows, uint64_t seed, double *penalty)
{
    double scores[AZ_LEN(penalties)] = {0};
    size_t best = AZ_LEN(penalties) - 1;
    AZ_AUTO_MEM uint32_t *room = az_alloc((3 * rows.n + 1) * sizeof(*room));
    if (!room || az_learn_folds(d, rows, FOLDS, seed, room) < 0)
        return AZ_ENOMEM;
    for (uint32_t f = 0; f < FOLDS; f++) {
        struct az_rows out = az_rows_of(rows, room, f, true, room + rows.n);
        struct az_rows in = az_rows_of(rows, room, f, false, room + 2 * rows.n);
        int r = in.n > 0 && out.n > 0 ? score_fold(d, in, out, scores) : 0;
        if (r < 0)
            return r;
    }
    for (size_t i = AZ_LEN(penalties); i-- > 0;)
        best = scores[i] > scores[best] ? i : best;
    *penalty = penalties[best];
    return 0;
}

static int fit(const struct az_design *d, struct az_rows rows, uint64_t seed, struct az_model *m)
{
    double penalty;
    int r = choose(d, rows, seed, &penalty);
    if (r < 0)
        return r;
    az_features_scales(d, rows, m->arrays[SCALES]);
    return fit_penalty(d, rows, penalty, m);
}

static const char *check(const struct az_model *m)
{
    return az_features_check(m->arrays[SCALES], m->frame.n_judges);
}

const struct az_learner az_learn_stack = {
    .name = "stack",
    .what = "L2 stacking: a logit over all judges, each for itself",
    .fields = {{"theta", size}, {"scales", az_size_judges}, {"penalty", az_size_one}},
    .fit = fit,
    .predict = predict,
    .check = check,
};
