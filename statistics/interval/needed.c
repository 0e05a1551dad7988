#include "statistics/interval/needed.h"

#include <math.h>

#include "core/error.h"
#include "core/mem.h"
#include "statistics/interval/clopper_pearson.h"
#include "statistics/interval/ppi.h"
#include "statistics/interval/weighted.h"
#include "statistics/interval/wilson.h"
#include "statistics/special.h"

/* What is known from the labels there are. */
struct known {
    double n, clusters; /* labelled items, and clusters of them */
    double mean;
    double labels;    /* variance of their mean */
    double part;      /* of PPI++'s variance what the labels have in it, */
    double rest;      /* and the items without one */
    double all;       /* items */
    bool rate, exact; /* exact: zeros and ones, independent, of equal weight */
};

/* ---- what the labels say ---- */

struct arrays {
    double *y, *judged, *w, *rest;
    uint64_t *cluster, *cluster_rest;
};

static void arrays_release(struct arrays *a)
{
    free(a->y);
    free(a->cluster);
}

static int arrays_of(const struct az_mean_of *of, struct arrays *a, struct az_ppi_data *d)
{
    size_t n = of->n + 1;
    *a = (struct arrays){.y = az_alloc(4 * n * sizeof(*a->y)),
                         .cluster = az_alloc(2 * n * sizeof(*a->cluster))};
    if (!a->y || !a->cluster) {
        arrays_release(a);
        return AZ_ENOMEM;
    }
    a->judged = a->y + n;
    a->w = a->judged + n;
    a->rest = a->w + n;
    a->cluster_rest = a->cluster + n;
    *d = (struct az_ppi_data){0, a->y, a->judged, a->w, a->cluster, 0, a->rest, a->cluster_rest};
    for (size_t i = 0; i < of->n; i++) {
        uint64_t cluster = of->cluster ? of->cluster[i] : i;
        if (!of->labelled[i]) {
            a->rest[d->n_rest] = of->judged[i];
            a->cluster_rest[d->n_rest++] = cluster;
            continue;
        }
        a->y[d->n] = of->truth[i];
        a->judged[d->n] = of->judged[i];
        a->w[d->n] = of->w ? of->w[i] : 1;
        a->cluster[d->n++] = cluster;
    }
    return 0;
}

static double variance_of(const double *x, size_t n)
{
    double sum = 0, ss = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i] / (double)n;
    for (size_t i = 0; i < n; i++)
        ss += (x[i] - sum) * (x[i] - sum) / (double)n;
    return ss;
}

static bool zeros_and_ones(const double *x, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (x[i] != 0 && x[i] != 1)
            return false;
    }
    return true;
}

/* AZ_ENOENT: they say too little. */
static int know(const struct az_mean_of *of, struct known *k)
{
    struct arrays a;
    struct az_ppi_data d;
    struct az_ppi_fit alone, both;
    int r = arrays_of(of, &a, &d);
    if (r < 0)
        return r;
    r = d.n < AZ_NEEDED_LEAST ? AZ_ENOENT : az_ppi_fit(&d, 0, &alone);
    if (r == 0)
        r = az_ppi_fit(&d, NAN, &both);
    if (r == 0) {
        double rest =
            d.n_rest ? both.lambda * both.lambda * variance_of(a.rest, d.n_rest) / (double)d.n_rest
                     : 0;
        double mean = of->rate ? AZ_MIN(AZ_MAX(both.estimate, 0.0), 1.0) : both.estimate;
        bool binary = of->rate && zeros_and_ones(a.y, d.n);
        *k = (struct known){.n = (double)d.n,
                            .clusters = (double)alone.clusters,
                            .mean = mean,
                            .labels = alone.variance,
                            .part = AZ_MAX(both.variance - rest, 0.0),
                            .rest = rest,
                            .all = (double)of->n,
                            .rate = of->rate,
                            .exact =
                                binary && alone.clusters == alone.n && az_weights_equal(a.w, d.n)};
    }
    arrays_release(&a);
    return r;
}

/* ---- at another number of labels ---- */

static double wilson_width(double mean, double n)
{
    double low, high, z = az_normal_quantile(0.975);
    return az_wilson(mean, n, z, &low, &high) ? high - low : 1;
}

/* Where all labels are the same no variance is known, and one more that is not would make it. */
static double labels_width(const struct known *k, double n)
{
    double low, high, spread = k->mean * (1 - k->mean);
    if (!k->rate)
        return 2 * az_normal_quantile(0.9775) * sqrt(k->labels * k->n / n);
    if (k->exact && n < AZ_CHOOSE_EXACT &&
        az_clopper_pearson((int64_t)llround(k->mean * n), (int64_t)n, 0.95, &low, &high))
        return high - low;
    double worth = k->labels > 0 && spread > 0 ? spread / k->labels / k->n : k->clusters / k->n;
    return wilson_width(k->mean, AZ_MAX(n * (k->exact ? 1 : worth), 1.0));
}

static double powered_width(const struct known *k, double n)
{
    double v = k->part * k->n / n + k->rest;
    if (!k->rate)
        return 2 * az_normal_quantile(0.9775) * sqrt(v);
    double spread = k->mean * (1 - k->mean);
    return v > 0 && spread > 0 ? wilson_width(k->mean, spread / v) : labels_width(k, n);
}

static double width_at(const struct known *k, double n)
{
    double clusters = k->clusters * n / k->n, least = AZ_MIN(k->mean, 1 - k->mean);
    bool powered = clusters >= AZ_CHOOSE_LABELS && n < k->all &&
                   (!k->rate || clusters * least >= AZ_CHOOSE_RARE);
    return powered ? powered_width(k, n) : labels_width(k, n);
}

int az_labels_needed(const struct az_mean_of *of, double width, int64_t *ret)
{
    struct known k;
    az_assert(width > 0);
    *ret = 0;
    int r = of->elsewhere ? AZ_ENOENT : know(of, &k);
    if (r < 0)
        return r == AZ_ENOENT ? 0 : r;
    int64_t few = 1, many = (int64_t)of->n + 1;
    while (few < many) { /* wider with fewer, but for a step where the method changes */
        int64_t n = few + (many - few) / 2;
        if (width_at(&k, (double)n) > width)
            few = n + 1;
        else
            many = n;
    }
    *ret = few;
    return 0;
}
