#include "statistics/calibrate/calibrator.h"

#include <math.h>

#include "core/mem.h"
#include "statistics/calibrate/logit.h"

static const char *const names[AZ_CALIBRATOR_KINDS] = {
    [AZ_CALIBRATOR_NONE] = "none",         [AZ_CALIBRATOR_TEMPERATURE] = "temperature",
    [AZ_CALIBRATOR_PLATT] = "platt",       [AZ_CALIBRATOR_VECTOR] = "vector",
    [AZ_CALIBRATOR_ISOTONIC] = "isotonic",
};

const char *az_calibrator_name(enum az_calibrator_kind kind)
{
    az_assert(kind < AZ_CALIBRATOR_KINDS);
    return names[kind];
}

static bool is_own(uint64_t own, size_t label)
{
    return own >> label & 1;
}

static size_t n_curves(const struct az_calibrator *m)
{
    return 1 + (size_t)__builtin_popcountll(m->own);
}

/* The curve of a label: 0 is the shared one. */
static size_t curve_of(uint64_t own, size_t label)
{
    if (!is_own(own, label))
        return 0;
    return 1 + (size_t)__builtin_popcountll(own & ((UINT64_C(1) << label) - 1));
}

/* ---- two labels: Platt's own way, on the difference ---- */

static int fit_two(const struct az_logits *l, struct az_calibrator *m)
{
    AZ_AUTO_MEM double *room = az_alloc(3 * l->n * sizeof(*room));
    if (!room)
        return AZ_ENOMEM;
    double *s = room, *y = room + l->n, *w = room + 2 * l->n;
    for (size_t i = 0; i < l->n; i++) {
        s[i] = l->z[2 * i + 1] - l->z[2 * i];
        y[i] = l->truth[i] == 1;
        w[i] = az_logits_weight(l, i);
    }
    return az_platt_fit(s, y, w, l->n, true, &m->platt);
}

static int fit_platt(const struct az_logits *l, bool slopes, struct az_calibrator *m)
{
    if (l->n_labels == 2 && !slopes && m->own)
        return fit_two(l, m);
    return az_platt_many_fit(l, m->own, slopes, &m->many);
}

/* ---- curves ---- */

struct points {
    double *x, *y, *w;
    size_t n;
};

/* What a curve is fitted to: each of its labels' probability, and whether it is
 * the true one. */
static void gather(const struct az_logits *l, uint64_t own, size_t curve, struct points *p)
{
    double q[AZ_LOGITS_LABELS];
    p->n = 0;
    for (size_t i = 0; i < l->n; i++) {
        double w = az_logits_weight(l, i);
        size_t k = az_logits_labels(l, i);
        if (!(w > 0))
            continue;
        az_softmax(l->z + i * l->n_labels, k, 1, q);
        for (size_t j = 0; j < k; j++) {
            if (curve_of(own, j) != curve)
                continue;
            p->x[p->n] = q[j];
            p->y[p->n] = (size_t)l->truth[i] == j;
            p->w[p->n++] = w;
        }
    }
}

static double labels_in(const struct az_logits *l)
{
    double n = 0;
    for (size_t i = 0; i < l->n; i++)
        n += az_logits_weight(l, i) > 0;
    return n;
}

/* Of so many labelled items none was wrong where it was sure: the next may be. */
static double least_of(const struct az_logits *l)
{
    return 1 / (labels_in(l) + 2) / (double)l->n_labels;
}

static void lift(const struct az_calibrator *m, double *q, size_t k)
{
    double sum = 0;
    for (size_t j = 0; j < k; j++)
        sum += q[j] += m->least;
    for (size_t j = 0; j < k; j++)
        q[j] /= sum;
}

static int fit_curves(const struct az_logits *l, struct az_calibrator *m)
{
    size_t room = l->n * l->n_labels;
    AZ_AUTO_MEM double *x = az_alloc(room * sizeof(*x));
    AZ_AUTO_MEM double *y = az_alloc(room * sizeof(*y));
    AZ_AUTO_MEM double *w = az_alloc(room * sizeof(*w));
    if (labels_in(l) == 0)
        return AZ_ENOENT;
    m->curves = az_zalloc(n_curves(m) * sizeof(*m->curves));
    if (!x || !y || !w || !m->curves)
        return AZ_ENOMEM;
    m->least = least_of(l);
    for (size_t c = 0; c < n_curves(m); c++) {
        struct points p = {x, y, w, 0};
        gather(l, m->own, c, &p);
        int r = p.n > 0 ? az_isotonic_fit(p.x, p.y, p.w, p.n, &m->curves[c]) : 0;
        if (r < 0)
            return r;
    }
    return 0;
}

static void apply_curves(const struct az_calibrator *m, const double *z, size_t k, double *q)
{
    az_softmax(z, k, 1, q);
    for (size_t j = 0; j < k; j++) {
        const struct az_isotonic *c = &m->curves[curve_of(m->own, j)];
        q[j] = c->n > 0 ? az_isotonic_apply(c, q[j]) : q[j];
    }
    lift(m, q, k);
}

/* ---- all kinds ---- */

static int fit(const struct az_logits *l, struct az_calibrator *m)
{
    switch (m->kind) {
    case AZ_CALIBRATOR_TEMPERATURE:
        m->least = least_of(l);
        return az_temperature_fit(l, &m->temperature);
    case AZ_CALIBRATOR_PLATT:
        return fit_platt(l, false, m);
    case AZ_CALIBRATOR_VECTOR:
        return l->n_labels > 2 && m->own ? fit_platt(l, true, m) : AZ_ENOENT;
    case AZ_CALIBRATOR_ISOTONIC:
        return fit_curves(l, m);
    default:
        return 0;
    }
}

int az_calibrator_fit(enum az_calibrator_kind kind, const struct az_logits *l, uint64_t own,
                      struct az_calibrator *ret)
{
    az_assert(l->n_labels >= 1 && l->n_labels <= AZ_LOGITS_LABELS);
    uint64_t labels = l->n_labels < 64 ? (UINT64_C(1) << l->n_labels) - 1 : UINT64_MAX;
    struct az_calibrator m = {.kind = kind, .n_labels = l->n_labels, .own = own & labels};
    int r = fit(l, &m);
    if (r < 0) {
        az_calibrator_release(&m);
        return r;
    }
    *ret = m;
    return 0;
}

void az_calibrator_release(struct az_calibrator *m)
{
    for (size_t c = 0; m->curves && c < n_curves(m); c++)
        az_isotonic_release(&m->curves[c]);
    free(m->curves);
    *m = (struct az_calibrator){0};
}

void az_calibrator_apply(const struct az_calibrator *m, const double *z, size_t k, double *q)
{
    if (m->kind == AZ_CALIBRATOR_ISOTONIC) {
        apply_curves(m, z, k, q);
    } else if (m->kind == AZ_CALIBRATOR_PLATT && m->n_labels == 2 && m->own) {
        double u = m->platt.a * (z[1] - z[0]) + m->platt.b;
        q[0] = az_sigmoid(-u);
        q[1] = az_sigmoid(u);
    } else if (m->kind == AZ_CALIBRATOR_PLATT || m->kind == AZ_CALIBRATOR_VECTOR) {
        az_platt_many_apply(&m->many, z, k, q);
    } else if (m->kind == AZ_CALIBRATOR_TEMPERATURE) {
        az_temperature_apply(&m->temperature, z, k, q);
        lift(m, q, k);
    } else {
        az_softmax(z, k, 1, q);
    }
}
