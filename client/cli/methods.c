#include "client/cli/methods.h"

#include <math.h>
#include <string.h>

#include "core/mem.h"
#include "statistics/interval/weighted.h"

enum { BINS = 10 };

static const double p_least = 1e-15; /* docs/statistics.md, log_loss */

void az_methods_release(struct az_methods *m)
{
    for (size_t i = 0; i < m->n; i++)
        az_quality_release(&m->quality[i]);
    free(m->p);
    *m = (struct az_methods){0};
}

/* What the rows have of the design, side by side; `x` is theirs to fill. */
struct scored {
    const struct az_design *d;
    struct az_rows rows;
    const double *p;
    double *w, *x;
    uint64_t *cluster;
};

static void scored_release(struct scored *s)
{
    free(s->w);
    free(s->cluster);
}

static int scored_init(struct scored *s, const struct az_design *d, struct az_rows rows,
                       const double *p)
{
    *s = (struct scored){.d = d, .rows = rows, .p = p};
    s->w = az_alloc((2 * rows.n + 1) * sizeof(*s->w));
    s->cluster = az_alloc((rows.n + 1) * sizeof(*s->cluster));
    if (!s->w || !s->cluster) {
        scored_release(s);
        return AZ_ENOMEM;
    }
    s->x = s->w + rows.n;
    for (size_t i = 0; i < rows.n; i++) {
        s->w[i] = d->weight[rows.v[i]];
        s->cluster[i] = d->clusters[rows.v[i]];
    }
    return 0;
}

/* One number of each row, from its probabilities and the truth: its weighted mean. */
typedef double row_fn(const double *p, const double *truth, size_t n);

static int mean_of(struct scored *s, row_fn *of, bool rate, struct az_figure *ret)
{
    size_t k = s->d->frame.n_labels;
    for (size_t i = 0; i < s->rows.n; i++)
        s->x[i] = of(s->p + i * k, az_design_truth(s->d, s->rows.v[i]), k);
    return az_weighted_mean(s->x, s->w, s->cluster, s->rows.n, rate, "no item has a true answer",
                            ret);
}

static double strict(const double *p, const double *truth, size_t n)
{
    bool top[AZ_SAMPLE_LABELS_MAX];
    return az_top(p, n, top) == 1 ? az_credit(p, truth, n) : 0;
}

static double log_loss(const double *p, const double *truth, size_t n)
{
    double sum = 0;
    for (size_t k = 0; k < n; k++)
        sum -= truth[k] > 0 ? truth[k] * log(AZ_MAX(p[k], p_least)) : 0;
    return sum;
}

static double brier(const double *p, const double *truth, size_t n)
{
    double sum = 0;
    for (size_t k = 0; k < n; k++)
        sum += (p[k] - truth[k]) * (p[k] - truth[k]);
    return sum;
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

/* The curve counts items, so it is drawn only where each stands for as many. */
static int draw_curve(const struct scored *s, struct az_quality *q)
{
    size_t k = s->d->frame.n_labels;
    int r = 0;
    for (size_t i = 0; r == 0 && i < s->rows.n; i++) {
        int truth = truth_of(s->d, s->rows.v[i]);
        if (truth >= 0)
            r = az_quality_add(q, s->cluster[i], s->p + i * k, k, (size_t)truth);
    }
    return r;
}

static int measure_probabilities(struct scored *s, struct az_report_method *m,
                                 struct az_quality *quality)
{
    int r = mean_of(s, log_loss, false, &m->log_loss);
    if (r == 0)
        r = mean_of(s, brier, false, &m->brier);
    if (!az_weights_equal(s->w, s->rows.n)) {
        m->ece = az_figure_none("the labels have unequal weights", (int64_t)s->rows.n);
        return r;
    }
    if (r == 0)
        r = draw_curve(s, quality);
    m->ece = az_quality_ece(quality);
    m->quality = quality;
    return r;
}

int az_method_measure(const struct az_design *d, struct az_rows rows, const double *p,
                      bool probabilities, struct az_quality *quality, struct az_report_method *m)
{
    struct scored s;
    az_quality_init(quality, BINS);
    if (scored_init(&s, d, rows, p) < 0)
        return AZ_ENOMEM;
    int r = mean_of(&s, az_credit, true, &m->accuracy_shared);
    if (r == 0)
        r = mean_of(&s, strict, true, &m->accuracy);
    if (!probabilities) /* and their log loss would be of nothing */
        m->log_loss = m->brier = m->ece = az_figure_none("a count is no probability", 0);
    else if (r == 0)
        r = measure_probabilities(&s, m, quality);
    scored_release(&s);
    return r;
}

/* Room for the probabilities of `rows`, which are always the same. */
static int make_room(struct az_methods *m, const struct az_design *d, struct az_rows rows,
                     struct az_error *err)
{
    az_assert(m->n < AZ_METHODS_MAX);
    if (!m->p && !(m->p = az_alloc((rows.n * d->frame.n_labels + 1) * sizeof(*m->p))))
        return az_oom(err);
    return 0;
}

static int add(struct az_methods *m, const char *name, const struct az_design *d,
               struct az_rows rows, struct az_error *err)
{
    size_t at = m->n++;
    bool votes = strcmp(name, "votes") == 0;
    m->v[at] = (struct az_report_method){.name = name};
    int r = az_method_measure(d, rows, m->p, !votes, &m->quality[at], &m->v[at]);
    return r < 0 ? az_oom(err) : 0;
}

int az_methods_add(struct az_methods *m, const char *name, const struct az_design *d,
                   struct az_rows rows, uint64_t seed, struct az_error *err)
{
    int r = make_room(m, d, rows, err);
    if (r == 0)
        r = az_learn_out(name, d, rows, AZ_LEARN_FOLDS, seed, m->p, err);
    return r < 0 ? r : add(m, az_learner_find(name)->name, d, rows, err);
}

int az_methods_put(struct az_methods *m, const char *name, const struct az_design *d,
                   struct az_rows rows, const double *p, struct az_error *err)
{
    int r = make_room(m, d, rows, err);
    if (r < 0)
        return r;
    memcpy(m->p, p, rows.n * d->frame.n_labels * sizeof(*p));
    return add(m, name, d, rows, err);
}
