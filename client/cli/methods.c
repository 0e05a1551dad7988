#include "client/cli/methods.h"

#include <string.h>

#include "core/mem.h"
#include "statistics/interval/mean.h"

enum { BINS = 10 };

void az_methods_release(struct az_methods *m)
{
    for (size_t i = 0; i < m->n; i++)
        az_quality_release(&m->quality[i]);
    free(m->p);
    *m = (struct az_methods){0};
}

/* Values of weight 1 as they are, others moved about the weighted mean, which
 * linearises the ratio (Särndal, Swensson and Wretman 1992, section 5.5). */
static int weighted(const struct az_design *d, struct az_rows rows, const double *x,
                    struct az_figure *ret)
{
    struct az_mean mean = {0};
    double sum = 0, weights = 0;
    int r = 0;
    for (size_t i = 0; i < rows.n; i++) {
        sum += d->weight[rows.v[i]] * x[i];
        weights += d->weight[rows.v[i]];
    }
    for (size_t i = 0; r == 0 && i < rows.n; i++) {
        double w = d->weight[rows.v[i]] * (double)rows.n / weights, at = sum / weights;
        r = az_mean_add(&mean, d->clusters[rows.v[i]], w == 1 ? x[i] : at + w * (x[i] - at));
    }
    *ret = az_mean_rate(&mean, "no item has a true answer");
    az_mean_release(&mean);
    return r;
}

int az_methods_accuracy(const struct az_design *d, struct az_rows rows, const double *p,
                        struct az_figure *shared, struct az_figure *strict)
{
    size_t k = d->frame.n_labels;
    AZ_AUTO_MEM double *credit = az_alloc((2 * rows.n + 1) * sizeof(*credit));
    if (!credit)
        return AZ_ENOMEM;
    double *alone = credit + rows.n;
    for (size_t i = 0; i < rows.n; i++) {
        bool top[AZ_SAMPLE_LABELS_MAX];
        const double *truth = az_design_truth(d, rows.v[i]);
        credit[i] = az_credit(p + i * k, truth, k);
        alone[i] = az_top(p + i * k, k, top) == 1 ? credit[i] : 0;
    }
    int r = weighted(d, rows, credit, shared);
    return r < 0 ? r : weighted(d, rows, alone, strict);
}

/* The likeliest true label, or -1. */
static int truth_of(const struct az_design *d, size_t item)
{
    const double *truth = az_design_truth(d, item);
    size_t best = 0;
    for (size_t k = 1; k < d->frame.n_labels; k++)
        best = truth[k] > truth[best] ? k : best;
    return truth[best] > 0.5 ? (int)best : -1;
}

static int measure(struct az_methods *m, size_t at, const struct az_design *d, struct az_rows rows)
{
    size_t k = d->frame.n_labels;
    struct az_report_method *method = &m->v[at];
    int r = az_methods_accuracy(d, rows, m->p, &method->accuracy_shared, &method->accuracy);
    for (size_t i = 0; r == 0 && i < rows.n; i++) {
        int truth = truth_of(d, rows.v[i]);
        if (truth >= 0)
            r = az_quality_add(&m->quality[at], d->clusters[rows.v[i]], m->p + i * k, k,
                               (size_t)truth);
    }
    method->log_loss = az_quality_log_loss(&m->quality[at]);
    method->brier = az_quality_brier(&m->quality[at]);
    method->ece = az_quality_ece(&m->quality[at]);
    method->quality = &m->quality[at];
    return r;
}

int az_methods_add(struct az_methods *m, const char *name, const struct az_design *d,
                   struct az_rows rows, uint64_t seed, struct az_error *err)
{
    az_assert(m->n < AZ_METHODS_MAX);
    if (!m->p && !(m->p = az_alloc((rows.n * d->frame.n_labels + 1) * sizeof(*m->p))))
        return az_oom(err);
    int r = az_learn_out(name, d, rows, AZ_LEARN_FOLDS, seed, m->p, err);
    if (r < 0)
        return r;
    size_t at = m->n++;
    az_quality_init(&m->quality[at], BINS);
    m->v[at] = (struct az_report_method){.name = az_learner_find(name)->name};
    return measure(m, at, d, rows) < 0 ? az_oom(err) : 0;
}
