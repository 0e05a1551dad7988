#include "statistics/guarantee/conformal.h"

#include <math.h>

#include "core/error.h"
#include "core/mem.h"
#include "statistics/guarantee/pick.h"

enum { LABELS_MAX = 64 };

int64_t az_conformal_rank(int64_t n, double alpha)
{
    return (int64_t)ceil((double)(n + 1) * (1 - alpha) - 1e-12);
}

int64_t az_conformal_least(double alpha)
{
    az_assert(alpha > 0 && alpha < 1);
    int64_t n = (int64_t)AZ_MAX(1.0, ceil(1 / alpha - 1 - 1e-9));
    while (az_conformal_rank(n, alpha) > n)
        n++;
    return n;
}

static int ascending(const void *a, const void *b)
{
    double p = *(const double *)a, q = *(const double *)b;
    return (p > q) - (p < q);
}

/* Sorts them. */
static double quantile(double *scores, size_t n, double alpha)
{
    int64_t rank = az_conformal_rank((int64_t)n, alpha);
    qsort(scores, n, sizeof(*scores), ascending);
    if (rank > (int64_t)n)
        return INFINITY;
    return rank < 1 ? -INFINITY : scores[rank - 1];
}

int az_conformal_quantile(const double *scores, size_t n, double alpha, double *ret)
{
    AZ_AUTO_MEM double *copy = az_alloc(n * sizeof(*copy));
    if (!copy)
        return AZ_ENOMEM;
    for (size_t i = 0; i < n; i++)
        copy[i] = scores[i];
    *ret = quantile(copy, n, alpha);
    return 0;
}

static size_t labels_of(const struct az_conformal_data *d, size_t i)
{
    return d->labels_of ? (size_t)d->labels_of[i] : d->n_labels;
}

uint64_t az_conformal_set(const struct az_conformal *c, const double *p, size_t n_labels)
{
    size_t top = 0;
    uint64_t set = 0;
    az_assert(n_labels > 0 && n_labels <= LABELS_MAX);
    for (size_t k = 0; k < n_labels; k++) {
        if (p[k] > p[top])
            top = k;
        if (!c->defined || 1 - p[k] <= c->quantile)
            set |= UINT64_C(1) << k;
    }
    return set | UINT64_C(1) << top;
}

static void cost(const struct az_conformal_data *d, const uint32_t *items, size_t n,
                 struct az_conformal *c)
{
    int64_t labels = 0, single = 0, held = 0;
    for (size_t i = 0; i < n; i++) {
        const double *p = d->p + items[i] * d->n_labels;
        uint64_t set = az_conformal_set(c, p, labels_of(d, items[i]));
        int in_set = __builtin_popcountll(set);
        labels += in_set;
        single += in_set == 1;
        held += (int64_t)(set >> d->truth[items[i]] & 1);
    }
    c->held = n > 0 ? (double)held / (double)n : 0;
    c->size = n > 0 ? (double)labels / (double)n : 0;
    c->single = n > 0 ? (double)single / (double)n : 0;
}

int az_conformal_fit(const struct az_conformal_data *d, double alpha, uint64_t seed,
                     struct az_conformal *ret)
{
    AZ_AUTO_MEM bool *use = az_alloc(d->n * sizeof(*use));
    AZ_AUTO_MEM uint32_t *picked = az_alloc(d->n * sizeof(*picked));
    AZ_AUTO_MEM double *scores = az_alloc(d->n * sizeof(*scores));
    size_t k = 0;
    az_assert(d->n_labels <= LABELS_MAX && alpha > 0 && alpha < 1);
    if (!use || !picked || !scores)
        return AZ_ENOMEM;
    for (size_t i = 0; i < d->n; i++)
        use[i] = d->truth[i] >= 0;
    if (az_pick_one(d->cluster, use, d->n, seed, picked, &k) < 0)
        return AZ_ENOMEM;

    for (size_t i = 0; i < k; i++)
        scores[i] = 1 - d->p[picked[i] * d->n_labels + (size_t)d->truth[picked[i]]];
    struct az_conformal c = {.n = (int64_t)k};
    double q = quantile(scores, k, alpha);
    c.defined = isfinite(q);
    if (c.defined) {
        c.quantile = q;
    } else {
        c.needed = az_conformal_least(alpha);
        c.reason = "too few labelled items for sets that leave a label out";
    }
    cost(d, picked, k, &c);
    *ret = c;
    return 0;
}
