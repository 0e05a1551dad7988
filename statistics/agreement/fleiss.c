#include "statistics/agreement/fleiss.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"

static const char no_items[] = "no item that all gave one answer to";
static const char same[] = "both always gave the same one answer";

int az_fleiss_init(struct az_fleiss *f, size_t n_labels, size_t judges)
{
    *f = (struct az_fleiss){.n_labels = n_labels, .judges = judges};
    f->totals = az_zalloc(AZ_MAX(n_labels, (size_t)1) * 2 * sizeof(*f->totals));
    if (!f->totals)
        return AZ_ENOMEM;
    f->counts = f->totals + n_labels;
    return 0;
}

void az_fleiss_release(struct az_fleiss *f)
{
    free(f->totals);
    *f = (struct az_fleiss){0};
}

void az_fleiss_add(struct az_fleiss *f, const int *labels)
{
    double alike = 0, n = (double)f->judges;
    for (size_t j = 0; j < f->judges; j++) {
        if (labels[j] < 0)
            return;
        az_assert((size_t)labels[j] < f->n_labels);
    }
    memset(f->counts, 0, f->n_labels * sizeof(*f->counts));
    for (size_t j = 0; j < f->judges; j++) {
        alike += 2 * (double)f->counts[labels[j]]++;
        f->totals[labels[j]]++;
    }
    f->items++;
    f->agreeing += f->judges > 1 ? alike / (n * (n - 1)) : 0;
}

struct az_figure az_fleiss_figure(const struct az_fleiss *f)
{
    double all = (double)f->items * (double)f->judges, chance = 0;
    if (f->judges < 2)
        return az_figure_none("fewer than two judges", f->items);
    if (f->items == 0)
        return az_figure_none(no_items, 0);
    /* Times all^2: whole numbers, so that one label alone gives exactly none. */
    for (size_t i = 0; i < f->n_labels; i++)
        chance += (double)f->totals[i] * (double)f->totals[i];
    if (chance >= all * all)
        return az_figure_none("all labels are the same", f->items);
    chance /= all * all;
    return az_figure_of((f->agreeing / (double)f->items - chance) / (1 - chance), f->items);
}

struct az_figure az_scott_pi(const struct az_kappa *k)
{
    double n = (double)k->n, chance = 0;
    if (k->n == 0)
        return az_figure_none("no item that both gave one answer to", 0);
    for (size_t i = 0; i < k->n_labels; i++) {
        double both = (double)(k->margins[i] + k->margins[k->n_labels + i]);
        chance += both * both;
    }
    if (chance >= 4 * n * n)
        return az_figure_none(same, k->n);
    return az_figure_of((4 * n * (double)k->agree - chance) / (4 * n * n - chance), k->n);
}

void az_weighted_kappa_init(struct az_weighted_kappa *w, size_t n_labels, const double *values,
                            int64_t *margins)
{
    *w = (struct az_weighted_kappa){.values = values};
    az_kappa_init(&w->counts, n_labels, margins);
}

static double distance(const struct az_weighted_kappa *w, size_t a, size_t b)
{
    return fabs(w->values ? w->values[a] - w->values[b] : (double)a - (double)b);
}

void az_weighted_kappa_add(struct az_weighted_kappa *w, int a, int b)
{
    az_kappa_add(&w->counts, a, b);
    if (a < 0 || b < 0)
        return;
    double d = distance(w, (size_t)a, (size_t)b);
    w->linear += d;
    w->quadratic += d * d;
}

static struct az_figure weighted(const struct az_weighted_kappa *w, bool square)
{
    const struct az_kappa *k = &w->counts;
    double expected = 0, n = (double)k->n, observed = square ? w->quadratic : w->linear;
    if (k->n == 0)
        return az_figure_none("no item that both gave one answer to", 0);
    for (size_t a = 0; a < k->n_labels; a++) {
        for (size_t b = 0; b < k->n_labels; b++) {
            double d = distance(w, a, b);
            expected +=
                (double)k->margins[a] * (double)k->margins[k->n_labels + b] * (square ? d * d : d);
        }
    }
    if (!(expected > 0))
        return az_figure_none(same, k->n);
    return az_figure_of(1 - n * observed / expected, k->n);
}

struct az_figure az_weighted_kappa_linear(const struct az_weighted_kappa *w)
{
    return weighted(w, false);
}

struct az_figure az_weighted_kappa_quadratic(const struct az_weighted_kappa *w)
{
    return weighted(w, true);
}
