#include "statistics/agreement/kappa.h"

static const char no_common[] = "no item that both gave one answer to";

void az_kappa_init(struct az_kappa *k, size_t n_labels, int64_t *margins)
{
    *k = (struct az_kappa){.n_labels = n_labels, .margins = margins};
}

void az_kappa_add(struct az_kappa *k, int a, int b)
{
    if (a < 0 || b < 0)
        return;
    az_assert((size_t)a < k->n_labels && (size_t)b < k->n_labels);
    k->n++;
    k->agree += a == b;
    k->margins[a]++;
    k->margins[k->n_labels + (size_t)b]++;
}

struct az_figure az_kappa_percent(const struct az_kappa *k)
{
    return az_figure_ratio((double)k->agree, k->n, no_common);
}

struct az_figure az_kappa_figure(const struct az_kappa *k)
{
    if (k->n == 0)
        return az_figure_none(no_common, 0);

    /* Times n^2, so that a judge that never changes gives exactly 0. */
    double n = (double)k->n, chance = 0;
    for (size_t i = 0; i < k->n_labels; i++)
        chance += (double)k->margins[i] * (double)k->margins[k->n_labels + i];
    if (chance >= n * n)
        return az_figure_none("both always gave the same one answer", k->n);
    return az_figure_of((n * (double)k->agree - chance) / (n * n - chance), k->n);
}
