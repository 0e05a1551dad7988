#include "statistics/learn/effect.h"

#include <string.h>

#include "core/mem.h"
#include "statistics/learn/parts.h"

/* Rows sorted by cluster, so that each is a run. */
struct place {
    uint64_t cluster;
    uint32_t row;
};

static int by_cluster(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    if (x->cluster != y->cluster)
        return x->cluster < y->cluster ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

/* What p leaves unexplained of one item; returns how many numbers that is. */
static size_t residuals(const struct az_design *d, size_t item, const double *p, double *r)
{
    const double *truth = az_design_truth(d, item);
    size_t labels = d->frame.n_labels;
    if (d->frame.answers != AZ_ANSWERS_EXCHANGEABLE) {
        for (size_t k = 0; k < labels; k++)
            r[k] = truth[k] - p[k];
        return labels;
    }
    r[0] = 0;
    for (size_t k = 0; k < labels; k++)
        r[0] += (truth[k] - p[k]) * p[k];
    return 1;
}

/* Mean product of pairs within clusters over mean square. */
static double correlation(const struct az_design *d, struct az_rows rows, const struct place *order,
                          const double *p)
{
    size_t labels = d->frame.n_labels, n = 0;
    double products = 0, pairs = 0, squares = 0;
    for (size_t from = 0, to; from < rows.n; from = to) {
        double sum[AZ_SAMPLE_LABELS_MAX] = {0}, own = 0, r[AZ_SAMPLE_LABELS_MAX];
        for (to = from; to < rows.n && order[to].cluster == order[from].cluster; to++) {
            uint32_t row = order[to].row;
            n = residuals(d, rows.v[row], p + row * labels, r);
            for (size_t k = 0; k < n; k++) {
                sum[k] += r[k];
                own += r[k] * r[k];
            }
        }
        double m = (double)(to - from);
        for (size_t k = 0; k < n; k++)
            products += sum[k] * sum[k];
        products -= own;
        squares += own;
        pairs += m * (m - 1);
    }
    if (pairs == 0 || squares == 0)
        return 0;
    double rho = products / pairs / (squares / (double)rows.n);
    return AZ_MIN(AZ_MAX(rho, 0.0), 1.0);
}

static void apply(const struct az_design *d, struct az_rows rows, const struct place *order,
                  double rho, double *weight)
{
    for (size_t from = 0, to; from < rows.n; from = to) {
        for (to = from; to < rows.n && order[to].cluster == order[from].cluster; to++)
            ;
        for (size_t i = from; i < to; i++) {
            size_t item = rows.v[order[i].row];
            weight[item] = d->weight[item] / (1 + ((double)(to - from) - 1) * rho);
        }
    }
}

int az_effect_weights(const struct az_design *d, struct az_rows rows, double *weight, double *rho)
{
    AZ_AUTO_MEM struct place *order = az_alloc((rows.n + 1) * sizeof(*order));
    AZ_AUTO_MEM double *p = az_alloc((rows.n * d->frame.n_labels + 1) * sizeof(*p));
    AZ_AUTO(model) m = az_model_new(&az_learn_mean, d, rows);
    if (!order || !p || !m)
        return AZ_ENOMEM;
    int r = az_learn_mean.fit(d, rows, 0, m);
    if (r == 0)
        r = az_model_predict(m, d, rows, p);
    if (r < 0)
        return r;
    for (size_t i = 0; i < rows.n; i++)
        order[i] = (struct place){d->clusters[rows.v[i]], (uint32_t)i};
    qsort(order, rows.n, sizeof(*order), by_cluster);
    double found = correlation(d, rows, order, p);
    memcpy(weight, d->weight, d->n * sizeof(*weight));
    apply(d, rows, order, found, weight);
    if (rho)
        *rho = found;
    return 0;
}
