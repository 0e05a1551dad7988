#include "statistics/interval/ppi.h"

#include <math.h>

#include "core/mem.h"
#include "statistics/interval/wilson.h"
#include "statistics/special.h"

static const double two_sided = 0.9775; /* see the header */

/* ---- as published ---- */

struct moments {
    double mean, variance;
};

static struct moments moments(const double *x, size_t n, const double *minus, double times)
{
    struct moments m = {0};
    for (size_t i = 0; i < n; i++)
        m.mean += (times * x[i] - (minus ? minus[i] : 0)) / (double)n;
    for (size_t i = 0; i < n; i++) {
        double off = times * x[i] - (minus ? minus[i] : 0) - m.mean;
        m.variance += off * off / (double)n;
    }
    return m;
}

static double published_lambda(const struct az_ppi_data *d)
{
    double n = (double)d->n, rest = (double)d->n_rest, covariance = 0;
    struct moments y = moments(d->y, d->n, NULL, 1), p = moments(d->predicted, d->n, NULL, 1);
    struct moments r = moments(d->predicted_rest, d->n_rest, NULL, 1);
    for (size_t i = 0; i < d->n; i++)
        covariance += (d->y[i] - y.mean) * (d->predicted[i] - p.mean) / n;

    /* the variance of both together, from those of each */
    double apart = p.mean - r.mean;
    double ss = n * p.variance + rest * r.variance + n * rest / (n + rest) * apart * apart;
    double all = ss / (n + rest - 1);
    return all > 0 ? AZ_MIN(AZ_MAX(covariance / ((1 + n / rest) * all), 0.0), 1.0) : 0;
}

bool az_ppi_published(const struct az_ppi_data *d, double lambda, struct az_ppi *ret)
{
    if (d->n == 0 || d->n_rest == 0)
        return false;
    if (isnan(lambda))
        lambda = published_lambda(d);
    struct moments rest = moments(d->predicted_rest, d->n_rest, NULL, lambda);
    struct moments off = moments(d->predicted, d->n, d->y, lambda); /* lambda * p - y */
    *ret = (struct az_ppi){rest.mean - off.mean,
                           sqrt(rest.variance / (double)d->n_rest + off.variance / (double)d->n),
                           lambda};
    return true;
}

/* ---- with weights and clusters ---- */

/* What an item (then a cluster) adds to the error: a - lambda * b. */
struct influence {
    uint64_t cluster;
    double a, b;
    bool labelled;
};

static int by_cluster(const void *a, const void *b)
{
    uint64_t p = ((const struct influence *)a)->cluster;
    uint64_t q = ((const struct influence *)b)->cluster;
    return (p > q) - (p < q);
}

static double weight(const struct az_ppi_data *d, size_t i)
{
    return d->w ? d->w[i] : 1;
}

struct means {
    double w, y, predicted, rest, kish, spread;
};

static struct means means_of(const struct az_ppi_data *d)
{
    struct means m = {0};
    for (size_t i = 0; i < d->n; i++) {
        m.w += weight(d, i);
        m.kish += weight(d, i) * weight(d, i);
        m.y += weight(d, i) * d->y[i];
        m.predicted += weight(d, i) * d->predicted[i];
    }
    m.kish = m.w * m.w / m.kish;
    m.y /= m.w;
    m.predicted /= m.w;
    for (size_t i = 0; i < d->n; i++)
        m.spread += weight(d, i) / m.w * (d->y[i] - m.y) * (d->y[i] - m.y);
    for (size_t i = 0; i < d->n_rest; i++)
        m.rest += d->predicted_rest[i] / (double)d->n_rest;
    return m;
}

static void influences(const struct az_ppi_data *d, const struct means *m, struct influence *to)
{
    for (size_t i = 0; i < d->n; i++) {
        double share = weight(d, i) / m->w;
        to[i] = (struct influence){d->cluster ? d->cluster[i] : i, share * (d->y[i] - m->y),
                                   share * (d->predicted[i] - m->predicted), true};
    }
    for (size_t i = 0; i < d->n_rest; i++)
        to[d->n + i] =
            (struct influence){d->cluster ? d->cluster_rest[i] : d->n + i, 0,
                               (m->rest - d->predicted_rest[i]) / (double)d->n_rest, false};
}

/* Sums by cluster, in place. */
static size_t add_up(struct influence *all, size_t n, int64_t *labelled)
{
    size_t clusters = 0;
    qsort(all, n, sizeof(*all), by_cluster);
    *labelled = 0;
    for (size_t i = 0; i < n; clusters++) {
        struct influence sum = {.cluster = all[i].cluster};
        for (; i < n && all[i].cluster == sum.cluster; i++) {
            sum.a += all[i].a;
            sum.b += all[i].b;
            sum.labelled = sum.labelled || all[i].labelled;
        }
        *labelled += sum.labelled;
        all[clusters] = sum;
    }
    return clusters;
}

int az_ppi_fit(const struct az_ppi_data *d, double lambda, struct az_ppi_fit *ret)
{
    AZ_AUTO_MEM struct influence *all = az_alloc((d->n + d->n_rest) * sizeof(*all));
    if (!all)
        return AZ_ENOMEM;
    if (d->n < 3)
        return AZ_ENOENT;
    struct means m = means_of(d);
    struct az_ppi_fit f = {.p_labels = m.y, .n = (int64_t)d->n, .kish = m.kish, .spread = m.spread};
    influences(d, &m, all);
    size_t clusters = add_up(all, d->n + d->n_rest, &f.clusters);
    if (f.clusters < 3)
        return AZ_ENOENT;

    double ab = 0, bb = 0, c = (double)f.clusters;
    for (size_t i = 0; i < clusters; i++) {
        ab += all[i].a * all[i].b;
        bb += all[i].b * all[i].b;
    }
    bool tuned = isnan(lambda) && d->n_rest > 0 && bb > 0;
    f.lambda = d->n_rest == 0 ? 0 : tuned ? AZ_MIN(AZ_MAX(ab / bb, 0.0), 1.0) : lambda;
    if (isnan(f.lambda))
        f.lambda = 0;
    f.estimate = m.y + f.lambda * (m.rest - m.predicted);
    double cubes = 0;
    for (size_t i = 0; i < clusters; i++) {
        double leverage = (tuned ? all[i].b * all[i].b / bb : 0) + (all[i].labelled ? 1 / c : 0);
        double off = (all[i].a - f.lambda * all[i].b) / (1 - leverage);
        f.variance += off * off;
        cubes += off * off * off;
    }
    f.skew = f.variance > 0 ? cubes / pow(f.variance, 1.5) : 0;
    f.df = c - 1;
    *ret = f;
    return 0;
}

/* Hall's transformation turned round: what t stands for an estimate of this skew. */
static double bent(double t, double skew)
{
    double a = AZ_MIN(AZ_MAX(skew, -1.0), 1.0);
    return fabs(a) < 1e-6 ? t : 3 / a * (cbrt(1 + a * (t - a / 6)) - 1);
}

struct az_figure az_ppi_figure(const struct az_ppi_fit *f, bool rate, const char *method)
{
    double t = az_t_quantile(two_sided, f->df), se = sqrt(f->variance), low, high;
    double value = rate ? AZ_MIN(AZ_MAX(f->estimate, 0.0), 1.0) : f->estimate;
    struct az_figure figure = az_figure_of(value, f->n);
    if (!rate)
        return az_figure_between(figure, value - se * bent(t, f->skew),
                                 value - se * bent(-t, f->skew), method);

    /* Where all labels are the same, the variance says nothing: then a draw a cluster. */
    double spread = value * (1 - value);
    double n = f->variance > 0 && spread > 0 ? spread / f->variance : (double)f->clusters;
    if (f->lambda == 0)
        n = AZ_MIN(n, f->kish * (f->spread > 0 && spread > 0 ? spread / f->spread : 1));
    if (!az_wilson(value, n, t, &low, &high))
        return figure;
    return az_figure_between(figure, low, high, method);
}
