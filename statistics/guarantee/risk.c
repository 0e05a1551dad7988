#include "statistics/guarantee/risk.h"

#include <math.h>

#include "core/error.h"
#include "core/mem.h"
#include "core/rng.h"
#include "statistics/guarantee/bounds.h"
#include "statistics/guarantee/pick.h"
#include "statistics/interval/clopper_pearson.h"
#include "statistics/interval/wilson.h"
#include "statistics/special.h"

enum { PRIOR = 3, PLANNED = 32 /* tests that are looked at for the labels it takes */ };

struct point {
    double score, loss;
};

struct walk {
    const struct point *points; /* by falling score */
    size_t n;
    bool binary, planned;
    double alpha, delta;
    int64_t start; /* errors that the first test allows */
};

static int by_falling_score(const void *a, const void *b)
{
    const struct point *p = a, *q = b;
    return (p->score < q->score) - (p->score > q->score);
}

/* How many items share the fate of the first k: those of k's score are in. */
static size_t tied_end(const struct walk *w, size_t k)
{
    while (k < w->n && w->points[k].score == w->points[k - 1].score)
        k++;
    return k;
}

static bool holds(const struct walk *w, double loss, size_t k)
{
    double p = w->binary ? az_risk_p_binomial((int64_t)loss, (int64_t)k, w->alpha)
                         : az_risk_p_hoeffding_bentkus(loss, (int64_t)k, w->alpha);
    return p <= w->delta;
}

static void test_downward(const struct walk *w, struct az_risk *r)
{
    double loss = 0;
    size_t done = 0;
    for (int64_t errors = w->binary ? w->start : AZ_MAX(w->start, (int64_t)1); done < w->n;
         errors++) {
        int64_t at = az_risk_draws(errors, w->alpha, w->delta, w->binary);
        size_t k = at < (int64_t)w->n ? (size_t)at : w->n;
        if (k <= done)
            continue; /* ties have carried it past this count already */
        k = tied_end(w, k);
        for (; done < k; done++)
            loss += w->points[done].loss;
        if (!holds(w, loss, k))
            return;
        r->kept = true;
        r->all = k == w->n;
        r->threshold = w->points[k - 1].score;
        r->n_kept = (int64_t)k;
        r->loss = loss;
    }
}

/* Labels with which a test that allows `errors` has even odds (of a binomial the median
 * of its beta distribution; Kerman 2011). With N of them the top of its k items is the share
 * k / N, so look how small a share has to be until its risk is low enough: errors seen
 * there, with three items of the overall risk for what few say. */
static double labels_for(const struct walk *w, int64_t errors)
{
    double first = (double)az_risk_draws(errors, w->alpha, w->delta, w->binary);
    double even = errors == 0 ? 1 - pow(0.5, 1 / first)
                  : w->binary ? ((double)errors + 2.0 / 3) / (first + 1.0 / 3)
                              : 1 / first;
    double overall = 0, loss = 0, best = INFINITY;
    size_t done = 0;
    for (size_t i = 0; i < w->n; i++)
        overall += w->points[i].loss / (double)w->n;
    while (done < w->n) {
        size_t k = tied_end(w, done + 1);
        for (; done < k; done++)
            loss += w->points[done].loss;
        double risk = (loss + PRIOR * overall) / ((double)k + PRIOR);
        if (risk <= even)
            best = AZ_MIN(best, first * (double)w->n / (double)k);
    }
    return best;
}

static int64_t labels_needed(const struct walk *w, int64_t least)
{
    int64_t start = w->binary ? w->start : AZ_MAX(w->start, (int64_t)1);
    double best = labels_for(w, start);
    for (int64_t e = start + 1; w->planned && e <= start + PLANNED; e++)
        best = AZ_MIN(best, labels_for(w, e));
    for (int64_t e = start; !(best < 1e9) && --e >= !w->binary;) /* a plan may change, too */
        best = AZ_MIN(best, labels_for(w, e));
    if (w->n > 0 && !(best < 1e9))
        return 0;
    return AZ_MAX(w->n > 0 ? (int64_t)ceil(best) : 0, AZ_MAX(least, (int64_t)w->n + 1));
}

static void decide(const struct walk *w, struct az_risk *r)
{
    *r = (struct az_risk){.n = (int64_t)w->n};
    r->least = az_risk_draws_without_error(w->alpha, w->delta);
    r->test = w->binary ? "exact binomial" : "hoeffding-bentkus";
    test_downward(w, r);
    if (r->kept)
        return;
    r->needed = labels_needed(w, r->least);
    if (r->n < r->least)
        r->reason = "fewer labelled items than the promise takes if none of them is wrong";
    else if (r->needed == 0)
        r->reason = "the most confident labelled items are wrong more often than is asked for";
    else
        r->reason = "too few labelled items for how often the most confident are wrong";
}

/* Of the items that `use` (NULL: all) has true for. `how`: alpha, delta and where to begin. */
static int fit(const double *score, const double *loss, const uint64_t *cluster, const bool *use,
               size_t n, const struct walk *how, uint64_t seed, struct az_risk *ret)
{
    AZ_AUTO_MEM uint32_t *picked = az_alloc(n * sizeof(*picked));
    AZ_AUTO_MEM struct point *points = az_alloc(n * sizeof(*points));
    size_t k = 0;
    if (!picked || !points || az_pick_one(cluster, use, n, seed, picked, &k) < 0)
        return AZ_ENOMEM;

    struct walk w = *how;
    w.points = points;
    w.n = k;
    w.binary = true;
    for (size_t i = 0; i < k; i++) {
        points[i] = (struct point){score[picked[i]], loss[picked[i]]};
        w.binary = w.binary && (points[i].loss == 0 || points[i].loss == 1);
    }
    qsort(points, k, sizeof(*points), by_falling_score);
    decide(&w, ret);
    return 0;
}

int az_risk_fit(const double *score, const double *loss, const uint64_t *cluster, size_t n,
                double alpha, double delta, uint64_t seed, struct az_risk *ret)
{
    az_assert(alpha > 0 && alpha < 1 && delta > 0 && delta < 1);
    struct walk how = {.alpha = alpha, .delta = delta};
    return fit(score, loss, cluster, NULL, n, &how, seed, ret);
}

int az_risk_fit_from(const double *score, const double *loss, const uint64_t *cluster, size_t n,
                     double alpha, double delta, int64_t start, uint64_t seed, struct az_risk *ret)
{
    az_assert(alpha > 0 && alpha < 1 && delta > 0 && delta < 1 && start >= 0);
    struct walk how = {.alpha = alpha, .delta = delta, .start = start, .planned = true};
    return fit(score, loss, cluster, NULL, n, &how, seed, ret);
}

struct az_figure az_risk_coverage(const struct az_risk *r)
{
    double low, high;
    struct az_figure f = az_figure_ratio((double)r->n_kept, r->n, "no labelled items");
    if (!f.defined || !az_wilson(f.value, (double)r->n, az_normal_quantile(0.975), &low, &high))
        return f;
    return az_figure_between(f, low, high, "wilson");
}

struct az_figure az_risk_seen(const struct az_risk *r, double delta)
{
    struct az_figure f = az_figure_ratio(r->loss, r->n_kept, "nothing is kept");
    if (!f.defined || floor(r->loss) != r->loss)
        return f;
    double high = az_binomial_upper((int64_t)r->loss, r->n_kept, 1 - delta);
    return az_figure_between(f, 0, high, "clopper-pearson, one-sided");
}

/* ---- cascade ---- */

static size_t fold_of(uint64_t cluster, uint64_t seed, size_t n_folds)
{
    struct az_rng rng = az_rng(cluster ^ seed);
    return (size_t)az_rng_below(&rng, n_folds);
}

int az_risk_cascade(const struct az_risk_tier *tiers, size_t n_tiers, const uint64_t *cluster,
                    size_t n, double alpha, double delta, uint64_t seed, struct az_risk *ret)
{
    az_assert(n_tiers > 0);
    AZ_AUTO_MEM bool *use = az_alloc(n * sizeof(*use));
    if (!use)
        return AZ_ENOMEM;
    for (size_t t = 0; t < n_tiers; t++) {
        for (size_t i = 0; i < n; i++) {
            use[i] = fold_of(cluster ? cluster[i] : i, ~seed, n_tiers) == t;
            for (size_t before = 0; use[i] && before < t; before++)
                use[i] = !az_risk_keeps(&ret[before], tiers[before].score[i]);
        }
        struct walk how = {.alpha = alpha, .delta = delta / (double)n_tiers};
        int r = fit(tiers[t].score, tiers[t].loss, cluster, use, n, &how, seed, &ret[t]);
        if (r < 0)
            return r;
    }
    return 0;
}
