/* A conditional logit over all judges at once (features.h). In each group a judge's
 * coefficient is a common slope + its family's deviation + its own, all Gaussian
 * around 0; how much families and judges differ is not chosen but averaged over a
 * grid, each point weighed by its evidence (MacKay 1992; Gelman and Hill 2007 on
 * such models). The average is kept as one Gaussian of the same mean and
 * covariance, from which both probabilities and intervals of weights come. */
#include <math.h>
#include <string.h>

#include "core/mem.h"
#include "statistics/learn/choice.h"
#include "statistics/learn/features.h"
#include "statistics/learn/parts.h"
#include "statistics/learn/trust.h"
#include "statistics/matrix.h"

/* Standard deviations: of judges, of families, and what the groups beside shares
 * have of them. */
static const double JUDGE_SD[] = {0.05, 0.2, 0.7, 2.5}, FAMILY_SD[] = {0, 0.3, 1},
                    OTHERS[] = {0.3, 1};
static const double COMMON = 2.5; /* over the number of judges: mean and deviation */
static const double CONSTANT_SD = 2, PANEL_SD = 2;

struct spread {
    double judge, family, others;
};

struct fit {
    const struct az_features *f;
    struct az_choice l;
    struct az_gauss now; /* of one grid point; the next starts there */
    double *precision, *block, *prior_mean;
    /* Of the grid so far: Σ w, Σ w θ, Σ w (cov + θ θ'), relative to exp(top). */
    double top, sum, *mean, *second, spread[3];
};

/* The prior covariance of one group, then its inverse, into the precision. */
static int prior_group(struct fit *s, size_t at, double common, double family, double judge,
                       double *logdet)
{
    const struct az_frame *frame = s->f->frame;
    size_t judges = frame->n_judges, n = s->f->n;
    for (size_t a = 0; a < judges; a++) {
        for (size_t b = 0; b < judges; b++) {
            s->block[a * judges + b] =
                common * common + (frame->family[a] == frame->family[b] ? family * family : 0) +
                (a == b ? judge * judge : 0);
        }
    }
    if (az_cholesky(s->block, judges) < 0)
        return AZ_EINVAL;
    *logdet -= az_cholesky_logdet(s->block, judges);
    int r = az_cholesky_inverse(s->block, judges);
    for (size_t a = 0; r == 0 && a < judges; a++)
        memcpy(s->precision + (at + a) * n + at, s->block + a * judges, judges * sizeof(double));
    return r;
}

static int prior(struct fit *s, const struct spread *spread, double *logdet)
{
    const struct az_features *f = s->f;
    double common = COMMON / (double)f->frame->n_judges;
    memset(s->precision, 0, f->n * f->n * sizeof(*s->precision));
    *logdet = 0;
    for (size_t g = 0; g < AZ_FEATURE_GROUPS; g++) {
        double part = g == AZ_FEATURE_SHARE ? 1 : spread->others;
        int r = f->at[g] < 0 ? 0
                             : prior_group(s, (size_t)f->at[g], common * part,
                                           spread->family * part, spread->judge * part, logdet);
        if (r < 0)
            return r;
    }
    for (size_t c = f->fixed; c < f->n; c++) {
        double sd = c < f->fixed + f->n_constants ? CONSTANT_SD : PANEL_SD;
        s->precision[c * f->n + c] = 1 / (sd * sd);
        *logdet -= 2 * log(sd);
    }
    return 0;
}

/* Adds a grid point with its evidence. */
static void average(struct fit *s, const struct spread *spread)
{
    size_t n = s->f->n;
    double e = s->now.log_evidence, keep = 1, w = 1;
    if (e > s->top) {
        keep = exp(s->top - e); /* 0 for the first */
        s->top = e;
    } else {
        w = exp(e - s->top);
    }
    s->sum = s->sum * keep + w;
    s->spread[0] = s->spread[0] * keep + w * spread->judge;
    s->spread[1] = s->spread[1] * keep + w * spread->family;
    s->spread[2] = s->spread[2] * keep + w * spread->others;
    for (size_t a = 0; a < n; a++) {
        const double *mean = s->now.mean;
        s->mean[a] = s->mean[a] * keep + w * mean[a];
        for (size_t b = 0; b < n; b++)
            s->second[a * n + b] =
                s->second[a * n + b] * keep + w * (s->now.cov[a * n + b] + mean[a] * mean[b]);
    }
}

static bool has_families(const struct az_frame *f)
{
    for (size_t j = 0; j < f->n_judges; j++) {
        if (f->family[j] != (int32_t)j)
            return true;
    }
    return false;
}

static int one_point(struct fit *s, const struct spread *spread)
{
    double logdet;
    int r = prior(s, spread, &logdet);
    if (r == 0)
        r = az_choice_fit(&s->l, s->prior_mean, s->precision, logdet, true, &s->now);
    if (r == 0)
        average(s, spread);
    return r;
}

static int grid(struct fit *s)
{
    bool families = has_families(s->f->frame);
    bool others = s->f->fixed > s->f->frame->n_judges;
    for (size_t o = 0; o < (others ? AZ_LEN(OTHERS) : 1); o++) {
        for (size_t f = 0; f < (families ? AZ_LEN(FAMILY_SD) : 1); f++) {
            for (size_t j = 0; j < AZ_LEN(JUDGE_SD); j++) {
                struct spread spread = {JUDGE_SD[j], FAMILY_SD[f],
                                        OTHERS[others ? o : AZ_LEN(OTHERS) - 1]};
                int r = one_point(s, &spread);
                if (r < 0)
                    return r;
            }
        }
    }
    return 0;
}

static void keep(struct fit *s, struct az_model *m)
{
    size_t n = s->f->n;
    for (size_t a = 0; a < n; a++)
        m->arrays[AZ_HIERARCHICAL_THETA][a] = s->mean[a] /= s->sum;
    for (size_t a = 0; a < n; a++) {
        for (size_t b = 0; b < n; b++)
            s->second[a * n + b] = s->second[a * n + b] / s->sum - s->mean[a] * s->mean[b];
    }
    az_tri_pack(s->second, n, m->arrays[AZ_HIERARCHICAL_TRI]);
    for (size_t i = 0; i < 3; i++)
        m->arrays[AZ_HIERARCHICAL_SPREAD][i] = s->spread[i] / s->sum;
}

/* `at`: under this prior alone; NULL: over the grid. */
static int fit_at(const struct az_design *d, struct az_rows rows, const struct spread *at,
                  struct az_model *m)
{
    struct az_features f = az_features(&m->frame, m->arrays[AZ_HIERARCHICAL_SCALES]);
    size_t n = f.n, judges = m->frame.n_judges;
    struct fit s = {.f = &f, .top = -INFINITY};
    az_features_scales(d, rows, m->arrays[AZ_HIERARCHICAL_SCALES]);
    AZ_AUTO_MEM double *room = az_zalloc((2 * n * n + 2 * n + judges * judges) * sizeof(*room));
    if (!room)
        return AZ_ENOMEM;
    s.precision = room;
    s.second = room + n * n;
    s.mean = s.second + n * n;
    s.prior_mean = s.mean + n;
    s.block = s.prior_mean + n;
    for (size_t j = 0; j < judges; j++)
        s.prior_mean[j] = COMMON / (double)judges;
    int r = az_features_choice(&f, m, d, rows, &s.l);
    if (r == 0)
        r = az_gauss_init(&s.now, n);
    if (r == 0)
        r = at ? one_point(&s, at) : grid(&s);
    if (r == 0)
        keep(&s, m);
    az_gauss_release(&s.now);
    az_choice_release(&s.l);
    return r;
}

static int fit(const struct az_design *d, struct az_rows rows, uint64_t seed, struct az_model *m)
{
    return fit_at(d, rows, NULL, m);
}

int az_hierarchical_at(const struct az_design *d, struct az_rows rows, const double *spread,
                       struct az_model *m)
{
    return fit_at(d, rows, &(struct spread){spread[0], spread[1], spread[2]}, m);
}

static int predict(const struct az_model *m, const struct az_design *d, struct az_rows rows,
                   double *p)
{
    struct az_features f = az_features(&m->frame, m->arrays[AZ_HIERARCHICAL_SCALES]);
    size_t n = f.n, k = m->frame.n_labels;
    bool open[AZ_SAMPLE_LABELS_MAX];
    AZ_AUTO_MEM double *room = az_alloc((n * n + n * k + 1) * sizeof(*room));
    if (!room)
        return AZ_ENOMEM;
    double *cov = room, *x = room + n * n;
    az_tri_unpack(m->arrays[AZ_HIERARCHICAL_TRI], n, cov);
    for (size_t i = 0; i < rows.n; i++) {
        az_model_open(m, d, rows.v[i], open);
        az_features_of(&f, d, rows.v[i], x);
        az_choice_centre(x, open, k, n);
        az_choice_predict(m->arrays[AZ_HIERARCHICAL_THETA], cov, x, open, k, n, p + i * k);
    }
    return 0;
}

static size_t tri(const struct az_frame *f)
{
    size_t n = az_features_n(f);
    return n * (n + 1) / 2;
}

static size_t three(const struct az_frame *f)
{
    return 3;
}

static const char *check(const struct az_model *m)
{
    return az_features_check(m->arrays[AZ_HIERARCHICAL_SCALES], m->frame.n_judges);
}

const struct az_learner az_learn_hierarchical = {
    .name = "hierarchical",
    .what = "a logit over all judges: a common slope, families' and judges' deviations from it",
    .fields = {{"theta", az_features_n},
               {"tri", tri},
               {"scales", az_size_judges},
               {"spread", three}},
    .fit = fit,
    .predict = predict,
    .check = check,
};
