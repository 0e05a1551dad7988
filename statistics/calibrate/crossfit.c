#include "statistics/calibrate/crossfit.h"

#include <math.h>

#include "core/mem.h"
#include "statistics/agreement/quality.h"
#include "statistics/folds.h"
#include "statistics/interval/mean.h"
#include "statistics/interval/weighted.h"

static const double floor_p = 1e-15;

struct work {
    const struct az_logits *l;
    const uint64_t *clusters;
    uint64_t own;
    size_t n_folds;
    uint32_t *fold; /* of labelled items; n_folds for the others */
    double *w;      /* weights of a fit */
    bool fits[AZ_CALIBRATOR_KINDS];
    /* loss[kind][f * n + i]: of item i by a map that saw neither its own fold nor f
     * (which may be its own). NULL: the kind was not tried. */
    double *loss[AZ_CALIBRATOR_KINDS];
    double *gain, *gain_w; /* n; what `beats` works on */
    uint64_t *gain_cluster;
};

static void work_release(struct work *k)
{
    for (size_t kind = 0; kind < AZ_CALIBRATOR_KINDS; kind++)
        free(k->loss[kind]);
    free(k->fold);
    free(k->w);
    free(k->gain_cluster);
}

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

/* The losses of one fold's items. */
static void lose(const struct work *k, const struct az_calibrator *m, size_t fold, double *loss)
{
    double q[AZ_LOGITS_LABELS];
    for (size_t i = 0; i < k->l->n; i++) {
        if (k->fold[i] != fold)
            continue;
        az_calibrator_apply(m, row(k, i), az_logits_labels(k->l, i), q);
        loss[i] = surprise(q[k->l->truth[i]]);
    }
}

/* One kind's losses for all pairs of folds. A kind that cannot be fitted to some
 * of them is out. */
static int try_kind(struct work *k, enum az_calibrator_kind kind)
{
    size_t n = k->l->n;
    k->loss[kind] = az_alloc((k->n_folds * n + 1) * sizeof(*k->loss[kind]));
    if (!k->loss[kind])
        return AZ_ENOMEM;
    for (size_t f = 0; f < k->n_folds; f++) {
        for (size_t g = f; g < k->n_folds; g++) {
            struct az_calibrator m;
            int r = fit_without(k, kind, f, g, &m);
            if (r == AZ_ENOENT)
                return 0;
            if (r < 0)
                return r;
            lose(k, &m, g, k->loss[kind] + f * n);
            if (f != g)
                lose(k, &m, f, k->loss[kind] + g * n);
            az_calibrator_release(&m);
        }
    }
    k->fits[kind] = true;
    return 0;
}

/* Item i's loss where fold f was not seen; f = n_folds: its own alone. */
static double loss_of(const struct work *k, enum az_calibrator_kind kind, size_t f, size_t i)
{
    return k->loss[kind][(f < k->n_folds ? f : k->fold[i]) * k->l->n + i];
}

static bool counts(const struct work *k, size_t f, size_t i)
{
    return k->fold[i] != k->n_folds && k->fold[i] != f;
}

/* Is it better than no map by more than the standard error of the difference, by
 * cluster? AZ_ENOMEM. */
static int beats(struct work *k, enum az_calibrator_kind kind, size_t f)
{
    struct az_figure d;
    size_t n = 0;
    for (size_t i = 0; i < k->l->n; i++) {
        if (!counts(k, f, i))
            continue;
        k->gain[n] = loss_of(k, AZ_CALIBRATOR_NONE, f, i) - loss_of(k, kind, f, i);
        k->gain_w[n] = az_logits_weight(k->l, i);
        k->gain_cluster[n++] = k->clusters ? k->clusters[i] : i;
    }
    if (az_weighted_mean(k->gain, k->gain_w, k->gain_cluster, n, false, "", &d) < 0)
        return AZ_ENOMEM;
    return az_figure_beyond_error(&d);
}

/* The kind of least loss over the folds but `f` (n_folds: over all), of equals the
 * simplest; and none where that one's lead is no more than its error. AZ_ENOMEM. */
static int best(struct work *k, size_t f)
{
    int found = AZ_CALIBRATOR_NONE;
    double least = INFINITY;
    for (enum az_calibrator_kind kind = 0; kind < AZ_CALIBRATOR_KINDS; kind++) {
        double sum = 0;
        if (!k->fits[kind])
            continue;
        for (size_t i = 0; k->loss[kind] && i < k->l->n; i++)
            sum += counts(k, f, i) ? az_logits_weight(k->l, i) * loss_of(k, kind, f, i) : 0;
        if (sum < least) {
            least = sum;
            found = (int)kind;
        }
    }
    if (found == AZ_CALIBRATOR_NONE || !k->loss[AZ_CALIBRATOR_NONE])
        return found;
    int r = beats(k, (enum az_calibrator_kind)found, f);
    return r < 0 ? r : r ? found : AZ_CALIBRATOR_NONE;
}

static int fill(struct work *k, struct az_crossfit *c)
{
    for (size_t f = 0; f <= k->n_folds; f++) {
        struct az_calibrator m;
        int r = best(k, f);
        if (r >= 0)
            r = fit_without(k, (enum az_calibrator_kind)r, f, f, &m);
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
    for (size_t i = 0; i < k->l->n; i++)
        weight += az_logits_weight(k->l, i);
    for (enum az_calibrator_kind kind = 0; kind < AZ_CALIBRATOR_KINDS; kind++) {
        c->tried[kind] = k->fits[kind];
        for (size_t i = 0; k->fits[kind] && i < k->l->n; i++) {
            if (counts(k, k->n_folds, i))
                c->loss[kind] +=
                    az_logits_weight(k->l, i) * loss_of(k, kind, k->n_folds, i) / weight;
        }
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
            bool own = k->own >> l->truth[i] & 1; /* places are one class, or folds would tell */
            classes[n++] = own ? l->truth[i] : (int32_t)l->n_labels;
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
        if (az_logits_weight(l, i) > 0)
            k->fold[i] = folds[at++];
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
    struct work k = {.l = l,
                     .clusters = cluster,
                     .own = own,
                     .n_folds = n_folds,
                     .fold = az_alloc(l->n * sizeof(*k.fold)),
                     .w = az_alloc((3 * l->n + 1) * sizeof(*k.w)),
                     .gain_cluster = az_alloc(l->n * sizeof(*k.gain_cluster))};
    int r = AZ_ENOMEM;
    if (c.q && k.fold && k.w && k.gain_cluster) {
        k.gain = k.w + l->n;
        k.gain_w = k.gain + l->n;
        r = run(&k, kinds, seed, &c);
    }
    work_release(&k);
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
