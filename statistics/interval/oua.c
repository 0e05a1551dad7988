#include "statistics/interval/oua.h"

#include <math.h>

#include "core/mem.h"
#include "statistics/calibrate/isotonic.h"
#include "statistics/calibrate/platt.h"
#include "statistics/folds.h"
#include "statistics/interval/mean.h"
#include "statistics/interval/wilson.h"
#include "statistics/special.h"

static const double two_sided = 0.9775; /* 95.5 %, for the reason in ppi.h */

struct work {
    const struct az_oua_data *d;
    double *w;      /* of a fit */
    uint32_t *fold; /* of labelled items */
    double *mapped; /* scores of all items */
    bool curve;
};

/* Map all scores by a fit without fold k. */
static int map(const struct work *o, size_t k)
{
    const struct az_oua_data *d = o->d;
    for (size_t i = 0; i < d->n; i++)
        o->w[i] = !d->labelled[i] || o->fold[i] == k ? 0 : d->w ? d->w[i] : 1;

    struct az_isotonic curve;
    struct az_platt line;
    int r = o->curve ? az_isotonic_fit(d->score, d->truth, o->w, d->n, &curve)
                     : az_platt_fit(d->score, d->truth, o->w, d->n, false, &line);
    if (r < 0)
        return r;
    for (size_t i = 0; i < d->n; i++)
        o->mapped[i] =
            o->curve ? az_isotonic_apply(&curve, d->score[i]) : az_platt_apply(&line, d->score[i]);
    if (o->curve)
        az_isotonic_release(&curve);
    return 0;
}

static double mean(const double *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i];
    return sum / (double)n;
}

/* The variance of the mean over items, and its degrees of freedom. */
static int over_items(const struct work *o, double *variance, double *df)
{
    struct az_mean m = {0};
    int r = 0;
    for (size_t i = 0; i < o->d->n && r == 0; i++)
        r = az_mean_add(&m, o->d->cluster ? o->d->cluster[i] : i, o->mapped[i]);
    struct az_figure f = az_mean_figure(&m, "no items");
    *df = (double)AZ_MAX(m.used, (size_t)2) - 1;
    double half = f.has_interval ? f.high - f.value : 0;
    double t = az_t_quantile(0.975, *df);
    *variance = half / t * (half / t);
    az_mean_release(&m);
    return r;
}

static int over_folds(const struct work *o, size_t n_folds, double *variance)
{
    double at[AZ_OUA_FOLDS], middle = 0, ss = 0;
    for (size_t k = 0; k < n_folds; k++) {
        int r = map(o, k);
        if (r < 0)
            return r;
        at[k] = mean(o->mapped, o->d->n);
        middle += at[k] / (double)n_folds;
    }
    for (size_t k = 0; k < n_folds; k++)
        ss += (at[k] - middle) * (at[k] - middle);
    *variance = (double)(n_folds - 1) / (double)n_folds * ss;
    return 0;
}

/* What a cluster adds to the error of the map, and to that of the mean. */
struct share {
    uint64_t cluster;
    double map, mean;
};

static int by_cluster(const void *a, const void *b)
{
    uint64_t p = ((const struct share *)a)->cluster, q = ((const struct share *)b)->cluster;
    return (p > q) - (p < q);
}

static int over_both(const struct work *o, double estimate, double *covariance)
{
    const struct az_oua_data *d = o->d;
    double weights = 0, sum = 0;
    *covariance = 0;
    if (!d->cluster)
        return 0;
    AZ_AUTO_MEM struct share *shares = az_alloc(d->n * sizeof(*shares));
    if (!shares)
        return AZ_ENOMEM;
    for (size_t i = 0; i < d->n; i++)
        weights += d->labelled[i] ? d->w ? d->w[i] : 1 : 0;
    for (size_t i = 0; i < d->n; i++) {
        double w = d->labelled[i] ? d->w ? d->w[i] : 1 : 0;
        shares[i] =
            (struct share){d->cluster[i], w > 0 ? w / weights * (d->truth[i] - o->mapped[i]) : 0,
                           (o->mapped[i] - estimate) / (double)d->n};
    }
    qsort(shares, d->n, sizeof(*shares), by_cluster);
    for (size_t first = 0, end; first < d->n; first = end) {
        double map_error = 0, mean_error = 0;
        for (end = first; end < d->n && shares[end].cluster == shares[first].cluster; end++) {
            map_error += shares[end].map;
            mean_error += shares[end].mean;
        }
        sum += end - first > 1 ? map_error * mean_error : 0;
    }
    *covariance = AZ_MAX(2 * sum, 0.0);
    return 0;
}

/* Folds of the labelled items. Returns how many labelled clusters. */
static int64_t deal(const struct work *o, size_t n_folds, uint64_t seed, int64_t *n_labelled)
{
    const struct az_oua_data *d = o->d;
    AZ_AUTO_MEM uint64_t *clusters = az_alloc(d->n * sizeof(*clusters));
    AZ_AUTO_MEM uint32_t *folds = az_alloc(d->n * sizeof(*folds));
    size_t n = 0;
    if (!clusters || !folds)
        return AZ_ENOMEM;
    for (size_t i = 0; i < d->n; i++) {
        if (d->labelled[i])
            clusters[n++] = d->cluster ? d->cluster[i] : i;
    }
    *n_labelled = (int64_t)n;
    int64_t found = az_clusters(clusters, n);
    if (found < AZ_OUA_LEAST)
        return found;
    int r = az_folds(clusters, NULL, n, n_folds, seed, folds);
    for (size_t i = 0, at = 0; i < d->n; i++)
        o->fold[i] = d->labelled[i] ? folds[at++] : UINT32_MAX;
    return r < 0 ? r : found;
}

static int fit(struct work *o, uint64_t seed, struct az_oua *ret)
{
    double items_df = 1, folds_df = AZ_OUA_FOLDS - 1;
    int64_t clusters = deal(o, AZ_OUA_FOLDS, seed, &ret->n);
    if (clusters < 0)
        return (int)clusters;
    if (clusters < AZ_OUA_LEAST)
        return AZ_ENOENT;
    o->curve = ret->n >= AZ_OUA_ISOTONIC;
    ret->map = o->curve ? "isotonic" : "platt";

    int r = map(o, AZ_OUA_FOLDS);
    if (r == 0) {
        ret->estimate = mean(o->mapped, o->d->n);
        r = over_items(o, &ret->items, &items_df);
    }
    if (r == 0)
        r = over_both(o, ret->estimate, &ret->both);
    if (r == 0)
        r = over_folds(o, AZ_OUA_FOLDS, &ret->oracle);
    if (r < 0)
        return r;
    double all = ret->items + ret->oracle;
    ret->df = all > 0
                  ? all * all /
                        (ret->items * ret->items / items_df + ret->oracle * ret->oracle / folds_df)
                  : folds_df;
    return 0;
}

int az_oua_fit(const struct az_oua_data *d, uint64_t seed, struct az_oua *ret)
{
    AZ_AUTO_MEM double *w = az_alloc(d->n * sizeof(*w));
    AZ_AUTO_MEM double *mapped = az_alloc(d->n * sizeof(*mapped));
    AZ_AUTO_MEM uint32_t *fold = az_alloc(d->n * sizeof(*fold));
    if (!w || !mapped || !fold)
        return AZ_ENOMEM;
    struct work o = {.d = d, .w = w, .fold = fold, .mapped = mapped};
    struct az_oua found = {0};
    int r = fit(&o, seed, &found);
    if (r == 0)
        *ret = found;
    return r;
}

struct az_figure az_oua_figure(const struct az_oua *o)
{
    struct az_figure f = az_figure_of(o->estimate, o->n);
    double variance = o->items + o->oracle + o->both, spread = o->estimate * (1 - o->estimate);
    double low, high;
    if (!f.defined || !(variance > 0 && spread > 0))
        return f;
    if (!az_wilson(o->estimate, spread / variance, az_t_quantile(two_sided, o->df), &low, &high))
        return f;
    return az_figure_between(f, low, high, o->map[0] == 'p' ? "oua, platt" : "oua, isotonic");
}
