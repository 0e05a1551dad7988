/* Scores: y_ij = bias_j + scale_j * true_i + noise of variance spread_j, true
 * scores normal: one common factor, each judge with its own line (the congeneric
 * model, Jöreskog, Psychometrika 36, 1971), by EM (Rubin and Thayer, Psychometrika
 * 47, 1982), for any pattern of missing scores.
 *
 * What the model leaves open is set so that over all answers the mean bias is 0 and
 * the mean scale 1: true scores are on the panel's scale. Priors, so that few
 * answers give no line of their own: scale ~ N(1, 1/4), bias ~ N(0, variance of
 * all scores), spread drawn by `prior` pseudo-answers (10) to that of all judges.
 * The scale of a single judge or of two cannot be told from the data.
 *
 * `score` and `score_var`: mean and variance of the true score given the votes;
 * `skill`: correlation of the judge's scores with the true ones. `loglik` is of the
 * scores. 500 rounds, or until it moves by less than 1e-8 an answer. */
#include <math.h>
#include <string.h>

#include "core/mem.h"
#include "statistics/correlation.h"
#include "statistics/infer/methods.h"

#define SCALE_VAR 0.25
#define LEAST 1e-6 /* of the variance of all scores: the least spread */

struct sums {
    double n, y, m, my, mm, yy; /* m: expected true score; mm with its variance */
};

struct fit {
    const struct az_sample *s;
    struct az_infer *r;
    struct sums *judges;
    double mean, var;        /* of the true scores */
    double total_var, usual; /* of all scores; spread of all judges */
    double pseudo;
};

/* Where all starts: every judge is right on average. False: scores never differ. */
static bool start(struct fit *f)
{
    struct az_moments all = {0};
    for (size_t v = 0; v < f->s->n_votes; v++) {
        const double *score = az_vote_score(f->s, &f->s->votes[v]);
        if (score)
            az_moments_add(&all, *score);
    }
    f->mean = all.mean;
    f->total_var = all.n > 0 ? all.ss / (double)all.n : 0;
    f->var = f->usual = f->total_var / 2;
    for (size_t j = 0; j < f->s->n_judges; j++) {
        f->r->scale[j] = 1;
        f->r->spread[j] = f->usual;
    }
    for (size_t i = 0; i < f->s->n_items; i++) {
        f->r->score[i] = f->mean;
        f->r->score_var[i] = 0;
    }
    return f->total_var > 0;
}

/* The item's true score given its votes, and the log likelihood of these. */
static double expect_item(struct fit *f, size_t item)
{
    struct az_votes_of votes = az_sample_votes(f->s, item);
    const struct az_infer *r = f->r;
    double precision = 1 / f->var, pull = 0, squares = 0, logs = 0, n = 0;
    for (size_t v = 0; v < votes.n; v++) {
        const double *score = az_vote_score(f->s, &votes.v[v]);
        size_t j = (size_t)votes.v[v].judge;
        if (!score)
            continue;
        double off = *score - r->bias[j] - r->scale[j] * f->mean;
        precision += r->scale[j] * r->scale[j] / r->spread[j];
        pull += r->scale[j] * off / r->spread[j];
        squares += off * off / r->spread[j];
        logs += log(r->spread[j]);
        n++;
    }
    r->score[item] = f->mean + pull / precision;
    r->score_var[item] = 1 / precision;
    return -(n * log(2 * M_PI) + logs + log(f->var * precision) + squares -
             pull * pull / precision) /
           2;
}

static void add_item(struct fit *f, size_t item)
{
    struct az_votes_of votes = az_sample_votes(f->s, item);
    double m = f->r->score[item], var = f->r->score_var[item];
    for (size_t v = 0; v < votes.n; v++) {
        const double *score = az_vote_score(f->s, &votes.v[v]);
        struct sums *of = &f->judges[votes.v[v].judge];
        if (!score)
            continue;
        /* About the mean: no difference of large sums. */
        double y = *score - f->mean, x = m - f->mean;
        of->n++;
        of->y += y;
        of->m += x;
        of->my += x * y;
        of->mm += x * x + var;
        of->yy += y * y;
    }
}

static double expect(struct fit *f)
{
    struct az_moments scores = {0};
    double loglik = 0, var = 0;
    memset(f->judges, 0, f->s->n_judges * sizeof(*f->judges));
    for (size_t i = 0; i < f->s->n_items; i++) {
        loglik += expect_item(f, i);
        add_item(f, i);
        if (az_sample_votes(f->s, i).n == 0)
            continue;
        az_moments_add(&scores, f->r->score[i]);
        var += f->r->score_var[i];
    }
    /* Used by the step that follows; the sums are about the old mean. */
    f->r->loglik = loglik;
    double n = (double)AZ_MAX(scores.n, (int64_t)1), old = f->mean;
    f->var = AZ_MAX((scores.ss + var) / n, LEAST * f->total_var);
    f->mean = scores.n > 0 ? scores.mean : old;
    return old;
}

/* The judge's line about `mean`: y = at + scale * (true - mean); its squares. */
static double line(struct fit *f, size_t j, double mean, double *at)
{
    const struct sums *of = &f->judges[j];
    double spread = f->r->spread[j];
    /* bias = at - (scale - 1) * mean: its prior is put on `at`, where the scores are. */
    double nn = of->n / spread + 1 / f->total_var, nm = of->m / spread;
    double mm = of->mm / spread + 1 / SCALE_VAR, y = of->y / spread;
    double my = of->my / spread + 1 / SCALE_VAR, det = nn * mm - nm * nm;
    double scale = (nn * my - nm * y) / det;
    *at = (mm * y - nm * my) / det;
    f->r->scale[j] = scale;
    f->r->bias[j] = mean + *at - scale * mean;
    return of->yy - 2 * *at * of->y - 2 * scale * of->my + *at * *at * of->n +
           2 * *at * scale * of->m + scale * scale * of->mm;
}

static void maximise(struct fit *f, double mean)
{
    double squares = 0, n = 0, at;
    for (size_t j = 0; j < f->s->n_judges; j++) {
        double of = AZ_MAX(0.0, line(f, j, mean, &at));
        squares += of;
        n += f->judges[j].n;
        f->r->spread[j] = AZ_MAX((of + f->pseudo * f->usual) / (f->judges[j].n + f->pseudo),
                                 LEAST * f->total_var);
    }
    f->usual = AZ_MAX(squares / AZ_MAX(n, 1.0), LEAST * f->total_var);
}

/* Mean bias 0 and mean scale 1 over all answers; the likelihood stays. */
static void anchor(struct fit *f)
{
    struct az_infer *r = f->r;
    double n = 0, bias = 0, scale = 0;
    for (size_t j = 0; j < f->s->n_judges; j++) {
        n += r->answers[j];
        bias += r->answers[j] * r->bias[j];
        scale += r->answers[j] * r->scale[j];
    }
    if (!(scale > LEAST * n))
        return; /* judges that contradict each other */
    double by = scale / n, shift = bias / scale;
    for (size_t j = 0; j < f->s->n_judges; j++) {
        r->bias[j] -= r->scale[j] * shift;
        r->scale[j] /= by;
    }
    f->mean = (f->mean + shift) * by;
    f->var *= by * by;
}

static void finish(struct fit *f)
{
    struct az_infer *r = f->r;
    for (size_t j = 0; j < f->s->n_judges; j++) {
        double known = r->scale[j] * r->scale[j] * f->var;
        double sign = r->scale[j] < 0 ? -1 : 1;
        r->skill[j] = known + r->spread[j] > 0 ? sign * sqrt(known / (known + r->spread[j])) : 0;
    }
}

int az_infer_gaussian(const struct az_sample *s, const struct az_infer_options *o,
                      struct az_infer *r)
{
    AZ_AUTO_MEM struct sums *judges = az_zalloc(s->n_judges * sizeof(*judges));
    if (!judges || az_infer_room(s, AZ_WANT_SCORE | AZ_WANT_JUDGE | AZ_WANT_SKILL, r) < 0)
        return AZ_ENOMEM;
    struct fit f = {s, r, judges, .pseudo = o->prior > 0 ? o->prior : 10};
    double before = -INFINITY, answers = (double)AZ_MAX(s->n_votes, (size_t)1);
    double enough = az_infer_tolerance(o, 1e-8) * answers;
    if (!start(&f)) {
        memset(r->spread, 0, s->n_judges * sizeof(*r->spread));
        r->converged = true;
        return 0;
    }
    for (int rounds = az_infer_rounds(o, 500); r->iterations < rounds && !r->converged;) {
        maximise(&f, expect(&f));
        anchor(&f);
        r->iterations++;
        r->converged = enough >= 0 && fabs(r->loglik - before) < enough;
        before = r->loglik;
    }
    r->loglik = 0;
    for (size_t i = 0; i < s->n_items; i++)
        r->loglik += expect_item(&f, i);
    finish(&f);
    return 0;
}
