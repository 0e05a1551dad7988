#include "statistics/calibrate/crossfit.h"

#include <math.h>

#include "core/mem.h"
#include "statistics/agreement/quality.h"
#include "statistics/folds.h"

static const double floor_p = 1e-15;

struct work {
    const struct az_logits *l;
    const uint64_t *clusters;
    uint64_t own;
    size_t n_folds;
    uint32_t *fold; /* of labelled items; n_folds for the others */
    double *w;      /* weights of a fit */
    bool fits[AZ_CALIBRATOR_KINDS];
    /* Summed log loss on fold g of a map fitted without folds f and g (f = g:
     * without g alone). */
    double loss[AZ_CALIBRATOR_KINDS][AZ_CROSSFIT_FOLDS_MAX][AZ_CROSSFIT_FOLDS_MAX];
    double weight[AZ_CROSSFIT_FOLDS_MAX];
};

static double surprise(double p)
{
    return -log(AZ_MAX(p, floor_p));
}

static const double *row(const struct work *k, size_t i)
{
    return k->l->z + i * k->l->n_labels;
}

/* Fit without folds f and g; n_folds leaves none out. */
static int fit_without(struct work *k, enum az_calibrator_kind kind, size_t f, size_t g,
                       struct az_calibrator *ret)
{
    struct az_logits l = *k->l;
    for (size_t i = 0; i < l.n; i++)
        k->w[i] = k->fold[i] == f || k->fold[i] == g ? 0 : az_logits_weight(k->l, i);
    l.w = k->w;
    return az_calibrator_fit(kind, &l, k->own, ret);
}

static double loss_on(const struct work *k, const struct az_calibrator *m, size_t fold)
{
    double q[AZ_LOGITS_LABELS], sum = 0;
    for (size_t i = 0; i < k->l->n; i++) {
        if (k->fold[i] != fold)
            continue;
        az_calibrator_apply(m, row(k, i), az_logits_labels(k->l, i), q);
        sum += az_logits_weight(k->l, i) * surprise(q[k->l->truth[i]]);
    }
    return sum;
}

/* One kind's losses for all pairs of folds. A kind that cannot be fitted to some
 * of them is out. */
static int try_kind(struct work *k, enum az_calibrator_kind kind)
{
    for (size_t f = 0; f < k->n_folds; f++) {
        for (size_t g = f; g < k->n_folds; g++) {
            struct az_calibrator m;
            int r = fit_without(k, kind, f, g, &m);
            if (r == AZ_ENOENT)
                return 0;
            if (r < 0)
                return r;
            k->loss[kind][f][g] = loss_on(k, &m, g);
            if (f != g)
                k->loss[kind][g][f] = loss_on(k, &m, f);
            az_calibrator_release(&m);
        }
    }
    k->fits[kind] = true;
    return 0;
}

/* The kind of least loss; of equals the simplest. `fold` n_folds: over all, each
 * fold by maps that did not see it; else over the others. */
static enum az_calibrator_kind best(const struct work *k, size_t fold)
{
    enum az_calibrator_kind found = AZ_CALIBRATOR_NONE;
    double least = INFINITY;
    for (enum az_calibrator_kind kind = 0; kind < AZ_CALIBRATOR_KINDS; kind++) {
        double sum = 0;
        if (!k->fits[kind])
            continue;
        for (size_t g = 0; g < k->n_folds; g++)
            sum += g == fold ? 0 : k->loss[kind][fold < k->n_folds ? fold : g][g];
        if (sum < least) {
            least = sum;
            found = kind;
        }
    }
    return found;
}

static int fill(struct work *k, struct az_crossfit *c)
{
    for (size_t f = 0; f <= k->n_folds; f++) {
        struct az_calibrator m;
        int r = fit_without(k, best(k, f), f, f, &m);
        if (r < 0)
            return r;
        for (size_t i = 0; i < k->l->n; i++) {
            if (k->fold[i] == f)
                az_calibrator_apply(&m, row(k, i), az_logits_labels(k->l, i),
                                    c->q + i * k->l->n_labels);
        }
        if (f == k->n_folds)
            c->map = m;
        else
            az_calibrator_release(&m);
    }
    return 0;
}

static void tell(const struct work *k, struct az_crossfit *c)
{
    double weight = 0;
    for (size_t g = 0; g < k->n_folds; g++)
        weight += k->weight[g];
    for (size_t kind = 0; kind < AZ_CALIBRATOR_KINDS; kind++) {
        c->tried[kind] = k->fits[kind];
        for (size_t g = 0; k->fits[kind] && g < k->n_folds; g++)
            c->loss[kind] += k->loss[kind][g][g] / weight;
    }
}

/* Folds of the labelled items, classes spread evenly. Returns how many clusters. */
static int64_t deal(struct work *k, uint64_t seed, int64_t *n_labelled)
{
    const struct az_logits *l = k->l;
    AZ_AUTO_MEM uint64_t *clusters = az_alloc(l->n * sizeof(*clusters));
    AZ_AUTO_MEM int32_t *classes = az_alloc(l->n * sizeof(*classes));
    AZ_AUTO_MEM uint32_t *folds = az_alloc(l->n * sizeof(*folds));
    size_t n = 0;
    if (!clusters || !classes || !folds)
        return AZ_ENOMEM;
    for (size_t i = 0; i < l->n; i++) {
        k->fold[i] = (uint32_t)k->n_folds;
        if (az_logits_weight(l, i) > 0) {
            clusters[n] = k->clusters ? k->clusters[i] : i;
            classes[n++] = l->truth[i];
        }
    }
    *n_labelled = (int64_t)n;
    int64_t found = az_clusters(clusters, n);
    if (found < AZ_CROSSFIT_LEAST)
        return found;
    int r = az_folds(clusters, classes, n, k->n_folds, seed, folds);
    if (r < 0)
        return r;
    for (size_t i = 0, at = 0; i < l->n; i++) {
        if (az_logits_weight(l, i) > 0) {
            k->fold[i] = folds[at++];
            k->weight[k->fold[i]] += az_logits_weight(l, i);
        }
    }
    return found;
}

/* The log loss of rows q over the labelled items, or of softmax(z). */
static int measure(const struct work *k, const double *rows, struct az_figure *ret)
{
    double q[AZ_LOGITS_LABELS];
    struct az_mean mean = {0};
    int r = 0;
    for (size_t i = 0; i < k->l->n && r == 0; i++) {
        if (!(az_logits_weight(k->l, i) > 0))
            continue;
        const double *p = rows ? rows + i * k->l->n_labels : q;
        if (!rows)
            az_softmax(row(k, i), az_logits_labels(k->l, i), 1, q);
        r = az_mean_add(&mean, k->clusters ? k->clusters[i] : i, surprise(p[k->l->truth[i]]));
    }
    *ret = az_mean_figure(&mean, "no labelled items");
    az_mean_release(&mean);
    return r;
}

static int run(struct work *k, unsigned kinds, uint64_t seed, struct az_crossfit *c)
{
    int64_t clusters = deal(k, seed, &c->n);
    int r = clusters < 0 ? (int)clusters : 0;
    bool fitted = clusters >= AZ_CROSSFIT_LEAST;
    if (r == 0 && !fitted)
        c->reason = "fewer than 10 labelled clusters: nothing is fitted to them";
    k->fits[AZ_CALIBRATOR_NONE] = !fitted;
    for (enum az_calibrator_kind kind = 0; r == 0 && fitted && kind < AZ_CALIBRATOR_KINDS; kind++) {
        bool few = kind == AZ_CALIBRATOR_ISOTONIC && c->n < AZ_CROSSFIT_ISOTONIC;
        if (kinds >> kind & 1 && !few)
            r = try_kind(k, kind);
    }
    if (r == 0)
        r = fill(k, c);
    if (r == 0)
        r = measure(k, NULL, &c->raw);
    if (r == 0 && fitted)
        tell(k, c);
    if (r == 0)
        r = measure(k, c->q, &c->log_loss);
    return r;
}

int az_crossfit(const struct az_logits *l, const uint64_t *cluster, uint64_t own, unsigned kinds,
                size_t n_folds, uint64_t seed, struct az_crossfit *ret)
{
    az_assert(n_folds >= 3 && n_folds <= AZ_CROSSFIT_FOLDS_MAX);
    struct az_crossfit c = {.q = az_alloc(l->n * l->n_labels * sizeof(*c.q))};
    AZ_AUTO_MEM struct work *k = az_zalloc(sizeof(*k));
    AZ_AUTO_MEM uint32_t *fold = az_alloc(l->n * sizeof(*fold));
    AZ_AUTO_MEM double *w = az_alloc(l->n * sizeof(*w));
    int r = AZ_ENOMEM;
    if (c.q && k && fold && w) {
        *k = (struct work){
            .l = l, .clusters = cluster, .own = own, .n_folds = n_folds, .fold = fold, .w = w};
        r = run(k, kinds, seed, &c);
    }
    if (r < 0) {
        az_crossfit_release(&c);
        return r;
    }
    *ret = c;
    return 0;
}

void az_crossfit_release(struct az_crossfit *c)
{
    az_calibrator_release(&c->map);
    free(c->q);
    *c = (struct az_crossfit){0};
}
