/* Levels in order. Dawid and Skene's steps (dawid_skene.c) with two numbers a
 * judge in place of a matrix: at the true level c judge j says l with
 *   ln P_j(l | c) = a_j (x_l x_c - x_l^2 / 2) + b_j x_l - ln Z,
 * a normal distribution about x_c + b/a of variance 1/a cut to the levels: an
 * adjacent-category logit (Goodman 1983; Agresti, "Analysis of Ordinal Categorical
 * Data", 2010, chapter 4). It is concave in (a, b): Newton steps find them. x are the
 * sample's levels, or 0, 1, … .
 *
 * `prior` pseudo-answers (2) to each level as in dawid-skene-map. `bias` is b/a and
 * `spread` is 1/a in the levels' units, where a is above 0.01; else the judge does not
 * follow the levels: bias 0, spread 100. `skill` and `loglik` as in dawid-skene. */
#include <math.h>

#include "statistics/infer/methods.h"

enum { STEPS = 4, HALVINGS = 20 };

#define LEAST_PRECISION 0.01

struct judge {
    const struct az_sample *s;
    const double *counts; /* said × true */
    double a, b;
};

struct climb {
    double value, first[2], second[3]; /* second: aa, ab, bb of minus the Hessian */
};

static double level(const struct az_sample *s, size_t l)
{
    return s->levels ? s->levels[l] : (double)l;
}

/* P(said | c) of the judge; the log of the norm. */
static double column(const struct judge *j, size_t c, double *p)
{
    double xc = level(j->s, c);
    for (size_t l = 0; l < j->s->n_labels; l++) {
        double x = level(j->s, l);
        p[l] = j->a * (x * xc - x * x / 2) + j->b * x;
    }
    return az_infer_softmax(p, j->s->n_labels);
}

/* The part of one true level in value and derivatives. */
static void add_level(const struct judge *j, size_t c, struct climb *at)
{
    size_t k = j->s->n_labels;
    double p[AZ_SAMPLE_LABELS_MAX], n = 0, mean_u = 0, mean_x = 0, uu = 0, ux = 0, xx = 0;
    double xc = level(j->s, c), norm = column(j, c, p);
    for (size_t l = 0; l < k; l++) {
        double x = level(j->s, l), u = x * xc - x * x / 2, count = j->counts[l * k + c];
        n += count;
        at->value += count * (j->a * u + j->b * x - norm);
        at->first[0] += count * u;
        at->first[1] += count * x;
        mean_u += p[l] * u;
        mean_x += p[l] * x;
    }
    for (size_t l = 0; l < k; l++) {
        double x = level(j->s, l), u = x * xc - x * x / 2;
        uu += p[l] * (u - mean_u) * (u - mean_u);
        ux += p[l] * (u - mean_u) * (x - mean_x);
        xx += p[l] * (x - mean_x) * (x - mean_x);
    }
    at->first[0] -= n * mean_u;
    at->first[1] -= n * mean_x;
    at->second[0] += n * uu;
    at->second[1] += n * ux;
    at->second[2] += n * xx;
}

static struct climb look(const struct judge *j)
{
    struct climb at = {0};
    for (size_t c = 0; c < j->s->n_labels; c++)
        add_level(j, c, &at);
    return at;
}

/* One Newton step, halved until it climbs. False: it is at the top. */
static bool step(struct judge *j)
{
    struct climb at = look(j);
    double ridge = 1e-9 * (at.second[0] + at.second[2]) + 1e-300;
    double aa = at.second[0] + ridge, bb = at.second[2] + ridge, ab = at.second[1];
    double det = aa * bb - ab * ab;
    if (!(det > 0))
        return false;
    double da = (bb * at.first[0] - ab * at.first[1]) / det;
    double db = (aa * at.first[1] - ab * at.first[0]) / det;
    for (int i = 0; i < HALVINGS; i++, da /= 2, db /= 2) {
        struct judge there = {j->s, j->counts, j->a + da, j->b + db};
        if (look(&there).value > at.value) {
            *j = there;
            return true;
        }
    }
    return false;
}

/* Between rounds r->spread keeps a and r->bias keeps b; `counts` may be `matrix`. */
static void shape(const struct az_sample *s, size_t judge, const double *counts, double *matrix,
                  struct az_infer *r)
{
    size_t k = s->n_labels;
    struct judge j = {s, counts, r->spread[judge], r->bias[judge]};
    for (int i = 0; i < STEPS && step(&j); i++)
        ;
    r->spread[judge] = j.a;
    r->bias[judge] = j.b;
    for (size_t c = 0; c < k; c++) {
        double p[AZ_SAMPLE_LABELS_MAX];
        column(&j, c, p);
        for (size_t l = 0; l < k; l++)
            matrix[l * k + c] = p[l];
    }
}

int az_infer_ordinal(const struct az_sample *s, const struct az_infer_options *o,
                     struct az_infer *r)
{
    int rc = az_infer_matrices(s, o, o->prior > 0 ? o->prior : 2, shape, r);
    for (size_t j = 0; rc == 0 && j < s->n_judges; j++) {
        double a = r->spread[j];
        bool follows = a > LEAST_PRECISION;
        r->bias[j] = follows ? r->bias[j] / a : 0;
        r->spread[j] = 1 / (follows ? a : LEAST_PRECISION);
    }
    return rc;
}
