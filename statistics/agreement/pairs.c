#include "statistics/agreement/pairs.h"

#include "core/mem.h"

int az_pairs_init(struct az_pairs *p, size_t n_judges, size_t n_labels)
{
    size_t n = n_judges * (n_judges - 1) / 2;

    *p = (struct az_pairs){.n_judges = n_judges};
    p->kappas = az_zalloc((n + 1) * sizeof(*p->kappas));
    p->margins = az_zalloc((2 * n_labels * n + 1) * sizeof(*p->margins));
    if (!p->kappas || !p->margins || az_alpha_init(&p->alpha, n_labels) < 0) {
        az_pairs_release(p);
        return AZ_ENOMEM;
    }
    for (size_t i = 0; i < n; i++)
        az_kappa_init(&p->kappas[i], n_labels, p->margins + 2 * n_labels * i);
    return 0;
}

void az_pairs_release(struct az_pairs *p)
{
    free(p->kappas);
    free(p->margins);
    az_alpha_release(&p->alpha);
    *p = (struct az_pairs){0};
}

void az_pairs_add(struct az_pairs *p, const int *labels)
{
    struct az_kappa *k = p->kappas;

    for (size_t a = 0; a < p->n_judges; a++) {
        for (size_t b = 0; b < a; b++)
            az_kappa_add(k++, labels[a], labels[b]);
    }
    az_alpha_add(&p->alpha, labels, p->n_judges);
}

const struct az_kappa *az_pairs_of(const struct az_pairs *p, size_t a, size_t b)
{
    size_t high = AZ_MAX(a, b), low = AZ_MIN(a, b);

    az_assert(low != high && high < p->n_judges);
    return &p->kappas[high * (high - 1) / 2 + low];
}

static struct az_figure mean_of(const struct az_pairs *p,
                                struct az_figure (*of)(const struct az_kappa *))
{
    size_t n = p->n_judges * (p->n_judges - 1) / 2;
    int64_t defined = 0;
    double sum = 0;

    for (size_t i = 0; i < n; i++) {
        struct az_figure f = of(&p->kappas[i]);
        if (!f.defined)
            continue;
        sum += f.value;
        defined++;
    }
    return az_figure_ratio(sum, defined, "no pair of judges has one");
}

struct az_figure az_pairs_percent(const struct az_pairs *p)
{
    return mean_of(p, az_kappa_percent);
}

struct az_figure az_pairs_kappa(const struct az_pairs *p)
{
    return mean_of(p, az_kappa_figure);
}
