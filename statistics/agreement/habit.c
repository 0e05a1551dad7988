#include "statistics/agreement/habit.h"

#include <math.h>

#include "core/error.h"
#include "statistics/special.h"

/* ---- partial correlation ---- */

void az_partial_add(struct az_partial *p, double x, double y, double z)
{
    az_pearson_add(&p->xy, x, y);
    az_pearson_add(&p->xz, x, z);
    az_pearson_add(&p->yz, y, z);
}

struct az_figure az_partial_figure(const struct az_partial *p)
{
    const double fixed = 1e-12;
    int64_t n = p->xy.n;
    struct az_figure xy = az_pearson_figure(&p->xy);
    if (n < 5)
        return az_figure_none("fewer than five items", n);
    if (!xy.defined)
        return xy;
    struct az_figure xz = az_pearson_figure(&p->xz), yz = az_pearson_figure(&p->yz);
    double r = xy.value, held = 0;
    if (xz.defined && yz.defined) { /* else z never changes */
        double left_x = 1 - xz.value * xz.value, left_y = 1 - yz.value * yz.value;
        if (left_x < fixed || left_y < fixed)
            return az_figure_none("the truth leaves nothing to explain", n);
        r = (xy.value - xz.value * yz.value) / sqrt(left_x * left_y);
        held = 1;
    }
    r = AZ_MAX(-1.0, AZ_MIN(1.0, r));
    struct az_figure f = az_figure_of(r, n);
    double spread = (double)n - 3 - held;
    if (spread <= 0 || fabs(r) > 1 - fixed)
        return f;
    double half = az_normal_quantile(0.975) / sqrt(spread);
    return az_figure_between(f, tanh(atanh(r) - half), tanh(atanh(r) + half), "fisher z");
}

/* ---- own family ---- */

int az_own_add(struct az_own *o, uint64_t cluster, double given, double due)
{
    return az_mean_add(&o->gap, cluster, given - due);
}

void az_own_release(struct az_own *o)
{
    az_mean_release(&o->gap);
}

struct az_figure az_own_figure(const struct az_own *o)
{
    struct az_figure f =
        az_mean_figure(&o->gap, "no item has one answer of its family and one of another");
    f.low = AZ_MAX(f.low, -1.0);
    f.high = AZ_MIN(f.high, 1.0);
    return f;
}

/* ---- leniency ---- */

void az_lenient_add(struct az_lenient *l, bool truth_passes, bool judge_passes)
{
    l->good += truth_passes;
    l->bad += !truth_passes;
    l->good_passed += truth_passes && judge_passes;
    l->bad_passed += !truth_passes && judge_passes;
}

struct az_figure az_lenient_figure(const struct az_lenient *l)
{
    int64_t n = l->good + l->bad;
    if (!l->good || !l->bad)
        return az_figure_none("gold has items on one side of 'pass' only", n);
    double missed = 1 - (double)l->good_passed / (double)l->good;
    double let_through = (double)l->bad_passed / (double)l->bad;
    if (missed + let_through <= 0)
        return az_figure_none("it made no error", n);
    return az_figure_of(let_through / (missed + let_through), n);
}

/* ---- within a judge ---- */

int az_within_add(struct az_within *w, uint64_t cluster, const int *counts, size_t n_labels)
{
    double n = 0, pairs = 0;
    for (size_t i = 0; i < n_labels; i++) {
        n += counts[i];
        pairs += (double)counts[i] * (counts[i] - 1);
    }
    return n < 2 ? 0 : az_mean_add(&w->agree, cluster, pairs / (n * (n - 1)));
}

void az_within_release(struct az_within *w)
{
    az_mean_release(&w->agree);
}

struct az_figure az_within_figure(const struct az_within *w)
{
    return az_mean_rate(&w->agree, "no item was asked more than once");
}

/* ---- the scale ---- */

void az_scale_init(struct az_scale *s, double least, double most, size_t n_levels)
{
    az_assert(n_levels >= 2 && n_levels <= AZ_SCALE_LEVELS && most > least);
    *s = (struct az_scale){.least = least, .most = most, .n_levels = n_levels};
}

void az_scale_add(struct az_scale *s, double score)
{
    double step = (s->most - s->least) / (double)(s->n_levels - 1);
    double at = floor((score - s->least) / step + 0.5);
    at = AZ_MAX(0.0, AZ_MIN(at, (double)(s->n_levels - 1)));
    az_moments_add(&s->moments, score);
    s->levels[(size_t)at]++;
}

static const char no_score[] = "it gave no score";

struct az_figure az_scale_mean(const struct az_scale *s)
{
    return s->moments.n ? az_figure_of(s->moments.mean, s->moments.n) : az_figure_none(no_score, 0);
}

struct az_figure az_scale_deviation(const struct az_scale *s)
{
    int64_t n = s->moments.n;
    if (n < 2)
        return az_figure_none("fewer than two scores", n);
    return az_figure_of(sqrt(s->moments.ss / (double)(n - 1)), n);
}

struct az_figure az_scale_ends(const struct az_scale *s)
{
    int64_t ends = s->levels[0] + s->levels[s->n_levels - 1];
    return az_figure_ratio((double)ends, s->moments.n, no_score);
}

struct az_figure az_scale_levels_used(const struct az_scale *s)
{
    double n = (double)s->moments.n, entropy = 0;
    if (s->moments.n == 0)
        return az_figure_none(no_score, 0);
    for (size_t i = 0; i < s->n_levels; i++) {
        double p = (double)s->levels[i] / n;
        entropy -= p > 0 ? p * log(p) : 0;
    }
    return az_figure_of(exp(entropy), s->moments.n);
}
