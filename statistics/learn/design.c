#include "statistics/learn/design.h"

#include <math.h>
#include <string.h>

#include "core/mem.h"

static const double MARGIN_MAX = 1e100;
static const double SAID_LEAST = 1e-6; /* as of a ballot's own probabilities */

void az_design_release(struct az_design *d)
{
    free(d->shares);
    free(d->margins);
    free(d->has);
    free(d->truth);
    free(d->weight);
    free(d->labelled);
    free(d->labels_of);
    free(d->clusters);
    *d = (struct az_design){0};
}

size_t az_top(const double *p, size_t n, bool *is_top)
{
    double top = -INFINITY;
    size_t m = 0;
    for (size_t k = 0; k < n; k++)
        top = AZ_MAX(top, p[k]);
    for (size_t k = 0; k < n; k++)
        m += is_top[k] = p[k] >= top - 1e-12;
    return m;
}

double az_credit(const double *p, const double *truth, size_t n)
{
    bool is_top[AZ_SAMPLE_LABELS_MAX];
    double sum = 0;
    size_t m = az_top(p, n, is_top);
    for (size_t k = 0; k < n; k++)
        sum += is_top[k] ? truth[k] : 0;
    return sum / (double)m;
}

/* ---- from a sample ---- */

static void frame(struct az_frame *f, const struct az_sample *s)
{
    *f = (struct az_frame){
        .n_judges = s->n_judges, .n_labels = s->n_labels, .answers = s->answers, .tie = s->tie};
    for (size_t k = 0; k < s->n_labels; k++)
        f->levels[k] = s->levels ? s->levels[k] : (double)k;
    for (size_t j = 0; j < s->n_judges; j++) {
        f->family[j] = (int32_t)j;
        for (size_t i = 0; s->family && i < j; i++) {
            if (s->family[i] == s->family[j]) {
                f->family[j] = (int32_t)i;
                break;
            }
        }
    }
    for (size_t v = 0; v < s->n_votes && !f->margins; v++)
        f->margins = az_vote_margins(s, &s->votes[v]);
}

static int allocate(struct az_design *d, size_t n)
{
    size_t cells = n * d->frame.n_judges * d->frame.n_labels + 1;
    d->n = n;
    d->shares = az_zalloc(cells * sizeof(double));
    d->margins = d->frame.margins ? az_zalloc(cells * sizeof(double)) : NULL;
    d->has = az_zalloc(n * d->frame.n_judges + 1);
    d->truth = az_zalloc((n * d->frame.n_labels + 1) * sizeof(double));
    d->weight = az_zalloc((n + 1) * sizeof(double));
    d->labelled = az_zalloc((n + 1) * sizeof(bool));
    d->labels_of = az_zalloc((n + 1) * sizeof(int16_t));
    d->clusters = az_zalloc((n + 1) * sizeof(uint64_t));
    if (d->shares && (d->margins || !d->frame.margins) && d->has && d->truth && d->weight &&
        d->labelled && d->labels_of && d->clusters)
        return 0;
    return AZ_ENOMEM;
}

/* A score between two levels is some of both. */
static void share_of_score(const struct az_frame *f, double score, double *share)
{
    size_t below = 0, above = 0;
    for (size_t k = 1; k < f->n_labels; k++) {
        if (f->levels[k] <= score && (f->levels[below] > score || f->levels[k] > f->levels[below]))
            below = k;
        if (f->levels[k] >= score && (f->levels[above] < score || f->levels[k] < f->levels[above]))
            above = k;
    }
    if (f->levels[below] > score || f->levels[below] == f->levels[above]) {
        share[f->levels[below] > score ? above : below] = 1; /* below all, or at one */
    } else if (f->levels[above] < score) {
        share[below] = 1;
    } else {
        share[above] = (score - f->levels[below]) / (f->levels[above] - f->levels[below]);
        share[below] = 1 - share[above];
    }
}

static void vote(struct az_design *d, const struct az_sample *s, size_t item, size_t n,
                 const struct az_vote *v)
{
    size_t seat = item * d->frame.n_judges + (size_t)v->judge, labels = d->frame.n_labels;
    const double *margins = az_vote_margins(s, v), *score = az_vote_score(s, v);
    double *share = d->shares + seat * labels;
    bool is_top[AZ_SAMPLE_LABELS_MAX];

    memset(share, 0, labels * sizeof(*share));
    if (margins) {
        for (size_t k = 0; k < n; k++) /* differences of them must be numbers, too */
            d->margins[seat * labels + k] = AZ_MIN(AZ_MAX(margins[k], -MARGIN_MAX), MARGIN_MAX);
        d->has[seat] |= AZ_HAS_MARGINS;
    }
    if (az_vote_has_share(v)) {
        for (size_t k = 0; k < n; k++)
            share[k] = az_vote_share(s, v, k);
    } else if (margins) {
        double m = (double)az_top(margins, n, is_top);
        for (size_t k = 0; k < n; k++)
            share[k] = is_top[k] ? 1 / m : 0;
    } else if (score && d->frame.answers == AZ_ANSWERS_ORDINAL) {
        share_of_score(&d->frame, *score, share);
    } else {
        return;
    }
    d->has[seat] |= AZ_HAS_SHARE;
}

int az_design_init(struct az_design *d, const struct az_sample *s, size_t first, size_t n,
                   struct az_error *err)
{
    *d = (struct az_design){0};
    if (s->n_judges > AZ_DESIGN_JUDGES_MAX)
        return az_fail(err, AZ_ELIMIT, "%zu judges, and weights are fitted for %d at most",
                       s->n_judges, AZ_DESIGN_JUDGES_MAX);
    if (s->n_labels < 2 || s->n_judges == 0)
        return az_fail(err, AZ_EINVAL, "weights need labels and judges");
    frame(&d->frame, s);
    if (allocate(d, n) < 0) {
        az_design_release(d);
        return az_oom(err);
    }
    for (size_t i = 0; i < n; i++) {
        size_t from = first + i;
        struct az_votes_of votes = az_sample_votes(s, from);
        d->labels_of[i] = s->labels_of[from];
        d->weight[i] = s->weights[from];
        d->clusters[i] = s->clusters[from];
        d->labelled[i] = az_sample_labelled(s, from);
        for (size_t k = 0; k < (size_t)d->labels_of[i]; k++)
            d->truth[i * s->n_labels + k] = az_sample_true_share(s, from, k);
        for (size_t v = 0; v < votes.n; v++)
            vote(d, s, i, (size_t)d->labels_of[i], &votes.v[v]);
    }
    return 0;
}

int az_design_say(struct az_design *d, size_t item, size_t judge, const double *p)
{
    size_t labels = d->frame.n_labels, seat = item * d->frame.n_judges + judge;
    if (!d->margins) {
        d->margins = az_zalloc((d->n * d->frame.n_judges * labels + 1) * sizeof(double));
        if (!d->margins)
            return AZ_ENOMEM;
        d->frame.margins = true;
    }
    for (size_t k = 0; k < (size_t)d->labels_of[item]; k++)
        d->margins[seat * labels + k] = log(AZ_MAX(p[k], SAID_LEAST));
    d->has[seat] |= AZ_HAS_MARGINS;
    return 0;
}
