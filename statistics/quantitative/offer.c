#include "statistics/quantitative/offer.h"

#include <math.h>
#include <string.h>

#include "core/mem.h"
#include "statistics/folds.h"
#include "statistics/interval/weighted.h"

static const double penalties[AZ_OFFER_PENALTIES] = {0.1, 0.3, 1, 3, 10};
static const double p_least = 1e-15;

struct candidate {
    enum az_quantitative_form form;
    double penalty;
    /* Summed loss on fold g of the fit without folds f and g (f = g: without g alone). */
    double loss[AZ_OFFER_FOLDS][AZ_OFFER_FOLDS];
    double *p; /* folds × items × labels: by the fit without fold f and the item's own */
};

struct trial {
    const struct az_evaluations *e;
    const double *truth, *w;
    const uint64_t *cluster;
    const uint32_t *fold;
    double *weights; /* of a fit */
    size_t n;
    struct candidate v[AZ_OFFER_CANDIDATES];
};

static double *p_of(const struct trial *t, const struct candidate *c, size_t f, size_t item)
{
    return c->p + (f * t->e->n + item) * t->e->n_labels;
}

static double loss_of(const struct trial *t, size_t item, const double *p)
{
    const double *y = t->truth + item * t->e->n_labels;
    double sum = 0;
    for (size_t k = 0; k < t->e->items[item].n_labels; k++)
        sum -= y[k] > 0 ? y[k] * log(AZ_MAX(p[k], p_least)) : 0;
    return sum;
}

/* ---- fits ---- */

static int fit_without(struct trial *t, const struct candidate *c, size_t f, size_t g,
                       struct az_quantitative **ret)
{
    for (size_t i = 0; i < t->e->n; i++) {
        bool out = t->fold[i] == AZ_OFFER_NO_FOLD || t->fold[i] == f || t->fold[i] == g;
        t->weights[i] = out ? 0 : t->w[i];
    }
    return az_quantitative_fit(c->form, c->penalty, t->e, t->truth, t->weights, ret);
}

/* What the fit without f and g says of g's items. */
static void apply(struct trial *t, struct candidate *c, const struct az_quantitative *m, size_t f,
                  size_t g)
{
    for (size_t i = 0; i < t->e->n; i++) {
        if (t->fold[i] != g)
            continue;
        az_quantitative_apply(m, t->e, i, p_of(t, c, f, i));
        c->loss[f][g] += t->w[i] * loss_of(t, i, p_of(t, c, f, i));
    }
}

/* On an error c->p is the caller's still. */
static int fit_folds(struct trial *t, struct candidate *c)
{
    for (size_t f = 0; f < AZ_OFFER_FOLDS; f++) {
        for (size_t g = f; g < AZ_OFFER_FOLDS; g++) {
            AZ_AUTO(quantitative) m = NULL;
            int r = fit_without(t, c, f, g, &m);
            if (r < 0)
                return r;
            apply(t, c, m, f, g);
            if (f != g)
                apply(t, c, m, g, f);
        }
    }
    return 0;
}

static int try_one(struct trial *t, struct candidate *c)
{
    c->p = az_zalloc(AZ_OFFER_FOLDS * t->e->n * t->e->n_labels * sizeof(*c->p));
    int r = c->p ? fit_folds(t, c) : AZ_ENOMEM;
    if (r < 0)
        free(c->p);
    return r;
}

static int try_all(struct trial *t)
{
    for (enum az_quantitative_form form = 0; form < AZ_QUANTITATIVE_FORMS; form++) {
        if (!az_quantitative_suits(form, t->e->answers))
            continue;
        for (size_t i = 0; i <= AZ_OFFER_PENALTIES; i++) {
            struct candidate *c = &t->v[t->n];
            *c = (struct candidate){.form = form,
                                    .penalty = i < AZ_OFFER_PENALTIES ? penalties[i] : INFINITY};
            int r = try_one(t, c);
            if (r == AZ_ENOMEM)
                return r;
            t->n += r == 0; /* one whose numbers ran away is no candidate */
        }
    }
    return 0;
}

/* ---- the choice ---- */

/* Of least loss without fold f; of equals the last one, which has the larger penalty.
 * f = AZ_OFFER_NO_FOLD: over all folds. */
static const struct candidate *choose(const struct trial *t, size_t f, bool plain)
{
    const struct candidate *found = NULL;
    double least = INFINITY;
    for (size_t i = 0; i < t->n; i++) {
        double sum = 0;
        if (plain && isfinite(t->v[i].penalty))
            continue;
        for (size_t g = 0; g < AZ_OFFER_FOLDS; g++)
            sum += g == f ? 0 : t->v[i].loss[f < AZ_OFFER_FOLDS ? f : g][g];
        if (sum <= least) {
            least = sum;
            found = &t->v[i];
        }
    }
    return found;
}

enum { PLAIN, LOSS, GAIN, MEASURES };

/* Means over the items in folds but `without`; their probabilities from fits without
 * that one and their own. `nested`: the choice, too, without their own. */
static int measure(struct trial *t, size_t without, bool nested, struct az_figure figure[MEASURES])
{
    size_t n = 0;
    AZ_AUTO_MEM double *x = az_alloc((4 * t->e->n + 1) * sizeof(*x));
    AZ_AUTO_MEM uint64_t *cluster = az_alloc((t->e->n + 1) * sizeof(*cluster));
    if (!x || !cluster)
        return AZ_ENOMEM;
    double *rows[MEASURES] = {x, x + t->e->n, x + 2 * t->e->n}, *w = x + 3 * t->e->n;
    for (size_t i = 0; i < t->e->n; i++) {
        size_t own = t->fold[i];
        if (own == AZ_OFFER_NO_FOLD || own == without)
            continue;
        size_t f = without < AZ_OFFER_FOLDS ? without : own;
        const struct candidate *c = choose(t, nested ? own : without, false);
        const struct candidate *plain = choose(t, nested ? own : without, true);
        rows[PLAIN][n] = loss_of(t, i, p_of(t, plain, f, i));
        rows[LOSS][n] = loss_of(t, i, p_of(t, c, f, i));
        rows[GAIN][n] = rows[PLAIN][n] - rows[LOSS][n];
        w[n] = t->w[i];
        cluster[n++] = t->cluster[i];
    }
    int r = 0;
    for (size_t k = 0; r == 0 && k < MEASURES; k++)
        r = az_weighted_mean(rows[k], w, cluster, n, false, "no labelled items", &figure[k]);
    return r;
}

static bool above_zero(const struct az_figure *gain)
{
    return gain->defined && gain->has_interval && gain->low > 0;
}

static int decide(struct trial *t, struct az_offer *o)
{
    struct az_figure figure[MEASURES];
    for (size_t f = 0; f <= AZ_OFFER_FOLDS; f++) {
        bool all = f == AZ_OFFER_NO_FOLD;
        const struct candidate *c = choose(t, f, false);
        int r = measure(t, f, all, figure);
        if (r < 0)
            return r;
        o->offered_without[f] = isfinite(c->penalty) && above_zero(&figure[GAIN]);
        for (size_t i = 0; i < t->e->n; i++) {
            if (t->fold[i] < AZ_OFFER_FOLDS)
                memcpy(o->p + (f * t->e->n + i) * t->e->n_labels,
                       p_of(t, c, all ? t->fold[i] : f, i), t->e->n_labels * sizeof(*o->p));
        }
    }
    o->plain = figure[PLAIN];
    o->loss = figure[LOSS];
    o->gain = figure[GAIN];
    o->offered = o->offered_without[AZ_OFFER_NO_FOLD];
    o->reason = o->offered ? NULL : "no better than its labels alone, beyond the error of that";
    return 0;
}

static int fit_best(struct trial *t, struct az_offer *o)
{
    const struct candidate *c = choose(t, AZ_OFFER_NO_FOLD, false);
    int r = fit_without(t, c, AZ_OFFER_NO_FOLD, AZ_OFFER_NO_FOLD, &o->best);
    if (r == AZ_EINVAL) {
        o->offered = o->offered_without[AZ_OFFER_NO_FOLD] = false;
        o->reason = "its numbers ran away";
        return 0;
    }
    for (size_t f = 0; r == 0 && f <= AZ_OFFER_FOLDS; f++) {
        for (size_t i = 0; i < t->e->n; i++) {
            if (t->fold[i] == AZ_OFFER_NO_FOLD)
                az_quantitative_apply(o->best, t->e, i, o->p + (f * t->e->n + i) * t->e->n_labels);
        }
    }
    return r;
}

/* ---- all of it ---- */

static int count(const struct trial *t, struct az_offer *o)
{
    AZ_AUTO_MEM uint64_t *clusters = az_alloc((t->e->n + 1) * sizeof(*clusters));
    if (!clusters)
        return AZ_ENOMEM;
    for (size_t i = 0; i < t->e->n; i++) {
        if (t->fold[i] < AZ_OFFER_FOLDS && t->e->items[i].has_reasons)
            clusters[o->n++] = t->cluster[i];
    }
    o->n_clusters = az_clusters(clusters, (size_t)o->n);
    return o->n_clusters < 0 ? AZ_ENOMEM : 0;
}

int az_offer(const struct az_evaluations *e, const double *truth, const double *w,
             const uint64_t *cluster, const uint32_t *fold, struct az_offer *ret)
{
    struct trial t = {.e = e, .truth = truth, .w = w, .cluster = cluster, .fold = fold};
    struct az_offer o = {.n_items = e->n, .n_labels = e->n_labels};
    int r = count(&t, &o);
    if (r == 0 && o.n_clusters < AZ_OFFER_LEAST) {
        o.reason = "too few labelled items with its reasons";
        *ret = o;
        return 0;
    }
    AZ_AUTO_MEM double *weights = az_alloc((e->n + 1) * sizeof(*weights));
    t.weights = weights;
    o.p = az_zalloc(((AZ_OFFER_FOLDS + 1) * e->n * e->n_labels + 1) * sizeof(*o.p));
    if (r == 0)
        r = weights && o.p ? try_all(&t) : AZ_ENOMEM;
    if (r == 0 && !choose(&t, AZ_OFFER_NO_FOLD, true)) {
        o.reason = "its numbers ran away";
    } else if (r == 0) {
        o.tried = true;
        r = decide(&t, &o);
        if (r == 0)
            r = fit_best(&t, &o);
    }
    for (size_t i = 0; i < t.n; i++)
        free(t.v[i].p);
    if (r < 0) {
        az_offer_release(&o);
        return r;
    }
    *ret = o;
    return 0;
}

void az_offer_release(struct az_offer *o)
{
    az_quantitative_free(o->best);
    free(o->p);
    *o = (struct az_offer){0};
}
