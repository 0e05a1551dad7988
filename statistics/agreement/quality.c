#include "statistics/agreement/quality.h"

#include <math.h>

#include "core/error.h"
#include "statistics/interval/wilson.h"
#include "statistics/special.h"

static const char nothing[] = "no item has a probability and a true label";
static const double p_least = 1e-15, same = 1e-12;

void az_quality_init(struct az_quality *q, size_t n_bins)
{
    az_assert(n_bins > 0 && n_bins <= AZ_QUALITY_BINS_MAX);
    *q = (struct az_quality){.n_bins = n_bins};
}

void az_quality_release(struct az_quality *q)
{
    az_mean_release(&q->log_loss);
    az_mean_release(&q->brier);
    *q = (struct az_quality){0};
}

static void add_to_bin(struct az_quality *q, double confidence, double right)
{
    double at = ceil(confidence * (double)q->n_bins) - 1;
    struct az_quality_bin *bin = &q->bins[(size_t)AZ_MAX(at, 0.0)];
    bin->n++;
    bin->confidence += confidence;
    bin->right += right;
}

static double cut(double p)
{
    return AZ_MIN(AZ_MAX(p, p_least), 1 - p_least);
}

static int add_losses(struct az_quality *q, uint64_t cluster, double p_true, double brier)
{
    if (az_mean_add(&q->brier, cluster, brier) < 0)
        return AZ_ENOMEM;
    return az_mean_add(&q->log_loss, cluster, -log(p_true));
}

int az_quality_add(struct az_quality *q, uint64_t cluster, const double *p, size_t n_labels,
                   size_t truth)
{
    double brier = 0, top = 0;
    size_t n_top = 0;
    az_assert(truth < n_labels);
    for (size_t i = 0; i < n_labels; i++) {
        double off = p[i] - (i == truth);
        brier += off * off;
        top = AZ_MAX(top, p[i]);
    }
    for (size_t i = 0; i < n_labels; i++)
        n_top += p[i] >= top - same;
    int r = add_losses(q, cluster, cut(p[truth]), brier);
    if (r == 0)
        add_to_bin(q, AZ_MIN(top, 1.0), p[truth] >= top - same ? 1 / (double)n_top : 0);
    return r;
}

int az_quality_add_event(struct az_quality *q, uint64_t cluster, double p, bool came)
{
    double off = p - came;
    int r = add_losses(q, cluster, came ? cut(p) : 1 - cut(p), off * off);
    if (r == 0)
        add_to_bin(q, p, came);
    return r;
}

struct az_figure az_quality_log_loss(const struct az_quality *q)
{
    return az_mean_figure(&q->log_loss, nothing);
}

struct az_figure az_quality_brier(const struct az_quality *q)
{
    return az_mean_figure(&q->brier, nothing);
}

static double distance(const struct az_quality_bin *bin)
{
    return bin->n ? fabs(bin->right - bin->confidence) / (double)bin->n : 0;
}

struct az_figure az_quality_ece(const struct az_quality *q)
{
    double sum = 0;
    for (size_t i = 0; i < q->n_bins; i++)
        sum += distance(&q->bins[i]) * (double)q->bins[i].n;
    return az_figure_ratio(sum, q->brier.n, nothing);
}

struct az_figure az_quality_mce(const struct az_quality *q)
{
    double most = 0;
    for (size_t i = 0; i < q->n_bins; i++)
        most = AZ_MAX(most, distance(&q->bins[i]));
    return q->brier.n ? az_figure_of(most, q->brier.n) : az_figure_none(nothing, 0);
}

struct az_figure az_quality_curve(const struct az_quality *q, size_t i, double *confidence)
{
    const struct az_quality_bin *bin = &q->bins[i];
    struct az_figure f = az_figure_ratio(bin->right, bin->n, "no item has such a probability");
    double low, high;
    *confidence = bin->n ? bin->confidence / (double)bin->n : 0;
    if (!f.defined || !az_wilson(f.value, (double)bin->n, az_normal_quantile(0.975), &low, &high))
        return f;
    return az_figure_between(f, low, high, "wilson");
}
