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

enum {
    TOP_LEAST = 10,     /* items on top that say something about their risk */
    ERRORS_MOST = 4096, /* what takes more is out of reach */
};

struct point {
    double score, loss;
};

struct walk {
    const struct point *points; /* by falling score */
    size_t n;
    bool binary;
    double alpha, delta;
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
    for (int64_t errors = w->binary ? 0 : 1; done < w->n; errors++) {
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

static bool enough(const struct walk *w, double risk, int64_t errors, double *draws)
{
    *draws = (double)az_risk_draws(errors, w->alpha, w->delta, w->binary);
    return risk * *draws <= (double)errors + 0.5;
}

/* Draws until the test holds where the risk is `risk` and luck is even. */
static double draws_at(const struct walk *w, double risk)
{
    double draws;
    int64_t low = -1, high = 0; /* not enough; enough, once it is found */
    while (!enough(w, risk, high, &draws)) {
        low = high;
        high = 2 * high + 1;
        if (high > ERRORS_MOST)
            return INFINITY;
    }
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        if (enough(w, risk, middle, &draws))
            high = middle;
        else
            low = middle;
    }
    enough(w, risk, high, &draws);
    return draws;
}

/* What share of the items is safe enough, by the even-odds bound of its risk, and
 * how many labels put enough draws there. */
static int64_t labels_needed(const struct walk *w, int64_t least)
{
    double best = INFINITY, loss = 0;
    size_t done = 0;
    if (w->n < TOP_LEAST)
        return AZ_MAX(least, (int64_t)w->n + 1);
    for (size_t k = TOP_LEAST; k <= w->n; k = k < w->n ? AZ_MIN(k + 1 + k / 16, w->n) : k + 1) {
        k = tied_end(w, k);
        for (; done < k; done++)
            loss += w->points[done].loss;
        double risk = az_binomial_upper((int64_t)ceil(loss - 1e-9), (int64_t)k, 0.5);
        if (risk < w->alpha)
            best = AZ_MIN(best, draws_at(w, risk) * (double)w->n / (double)k);
    }
    if (best > 1e9)
        return 0;
    return AZ_MAX((int64_t)ceil(best), AZ_MAX(least, (int64_t)w->n + 1));
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

/* Of the items that `use` (NULL: all) has true for. */
static int fit(const double *score, const double *loss, const uint64_t *cluster, const bool *use,
               size_t n, double alpha, double delta, uint64_t seed, struct az_risk *ret)
{
    AZ_AUTO_MEM uint32_t *picked = az_alloc(n * sizeof(*picked));
    AZ_AUTO_MEM struct point *points = az_alloc(n * sizeof(*points));
    size_t k = 0;
    if (!picked || !points || az_pick_one(cluster, use, n, seed, picked, &k) < 0)
        return AZ_ENOMEM;

    struct walk w = {points, k, true, alpha, delta};
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
    return fit(score, loss, cluster, NULL, n, alpha, delta, seed, ret);
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
        int r = fit(tiers[t].score, tiers[t].loss, cluster, use, n, alpha, delta / (double)n_tiers,
                    seed, &ret[t]);
        if (r < 0)
            return r;
    }
    return 0;
}
