#include "statistics/calibrate/score_map.h"

#include <math.h>
#include <string.h>

#include "core/mem.h"
#include "statistics/calibrate/isotonic_json.h"
#include "statistics/folds.h"
#include "statistics/interval/weighted.h"

enum { FOLDS = 5 };

static const char *const names[AZ_SCORES_KINDS] = {"none", "line", "isotonic"};

const char *az_score_map_name(enum az_score_map_kind kind)
{
    az_assert(kind < AZ_SCORES_KINDS);
    return names[kind];
}

double az_score_map_apply(const struct az_score_map *m, double x)
{
    if (m->kind == AZ_SCORES_CURVE)
        return az_isotonic_apply(&m->curve, x);
    return m->kind == AZ_SCORES_LINE ? m->a + m->b * x : x;
}

void az_score_map_release(struct az_score_map *m)
{
    az_isotonic_release(&m->curve);
    *m = (struct az_score_map){0};
}

/* ---- fitting ---- */

struct work {
    const double *x, *y, *w;
    const uint64_t *cluster;
    size_t n;
    uint32_t *fold;
    double *of; /* weights of a fit */
    double *gain, *gain_w;
    uint64_t *gain_cluster;
    double *said[AZ_SCORES_KINDS]; /* [f * n + i]: of i by a map without fold f and its own */
};

static void work_release(struct work *k)
{
    for (size_t kind = 0; kind < AZ_SCORES_KINDS; kind++)
        free(k->said[kind]);
    free(k->fold);
    free(k->of);
    free(k->gain_cluster);
}

static int work_init(struct work *k)
{
    k->fold = az_alloc((k->n + 1) * sizeof(*k->fold));
    k->of = az_alloc((3 * k->n + 1) * sizeof(*k->of));
    k->gain_cluster = az_alloc((k->n + 1) * sizeof(*k->gain_cluster));
    for (size_t kind = 0; kind < AZ_SCORES_KINDS; kind++) {
        k->said[kind] = az_alloc((FOLDS * k->n + 1) * sizeof(**k->said));
        if (!k->said[kind])
            return AZ_ENOMEM;
    }
    if (!k->fold || !k->of || !k->gain_cluster)
        return AZ_ENOMEM;
    k->gain = k->of + k->n;
    k->gain_w = k->gain + k->n;
    return 0;
}

/* Where all x are alike the line is level. */
static void fit_line(const struct work *k, struct az_score_map *m)
{
    double sum = 0, mx = 0, my = 0, xx = 0, xy = 0;
    for (size_t i = 0; i < k->n; i++) {
        sum += k->of[i];
        mx += k->of[i] * k->x[i];
        my += k->of[i] * k->y[i];
    }
    mx /= sum;
    my /= sum;
    for (size_t i = 0; i < k->n; i++) {
        xx += k->of[i] * (k->x[i] - mx) * (k->x[i] - mx);
        xy += k->of[i] * (k->x[i] - mx) * (k->y[i] - my);
    }
    m->b = xx > 0 ? xy / xx : 0;
    m->a = my - m->b * mx;
}

/* Without folds f and g; FOLDS: none is left out. */
static int fit(struct work *k, enum az_score_map_kind kind, size_t f, size_t g,
               struct az_score_map *m)
{
    *m = (struct az_score_map){.kind = kind};
    for (size_t i = 0; i < k->n; i++)
        k->of[i] = k->fold[i] == f || k->fold[i] == g ? 0 : k->w[i];
    if (kind == AZ_SCORES_LINE)
        fit_line(k, m);
    return kind == AZ_SCORES_CURVE ? az_isotonic_fit(k->x, k->y, k->of, k->n, &m->curve) : 0;
}

static int say(struct work *k, enum az_score_map_kind kind)
{
    for (size_t f = 0; f < FOLDS; f++) {
        for (size_t g = f; g < FOLDS; g++) {
            struct az_score_map m;
            int r = fit(k, kind, f, g, &m);
            if (r < 0)
                return r;
            for (size_t i = 0; i < k->n; i++) {
                if (k->fold[i] == g)
                    k->said[kind][f * k->n + i] = az_score_map_apply(&m, k->x[i]);
                if (k->fold[i] == f)
                    k->said[kind][g * k->n + i] = az_score_map_apply(&m, k->x[i]);
            }
            az_score_map_release(&m);
        }
    }
    return 0;
}

static double off(const struct work *k, enum az_score_map_kind kind, size_t f, size_t i)
{
    return k->said[kind][(f < FOLDS ? f : k->fold[i]) * k->n + i] - k->y[i];
}

/* How much less squared error than without a map, over the folds but f. */
static int gain(struct work *k, enum az_score_map_kind kind, size_t f, struct az_figure *ret)
{
    size_t n = 0;
    for (size_t i = 0; i < k->n; i++) {
        if (k->fold[i] == f)
            continue;
        double none = off(k, AZ_SCORES_NONE, f, i), one = off(k, kind, f, i);
        k->gain[n] = none * none - one * one;
        k->gain_w[n] = k->w[i];
        k->gain_cluster[n++] = k->cluster[i];
    }
    return az_weighted_mean(k->gain, k->gain_w, k->gain_cluster, n, false, "no labels", ret);
}

/* AZ_ENOMEM, or the kind. */
static int choose(struct work *k, size_t f)
{
    enum az_score_map_kind most = k->n >= AZ_SCORE_MAP_CURVE ? AZ_SCORES_CURVE : AZ_SCORES_LINE;
    struct az_figure best = {0}, g;
    int found = AZ_SCORES_NONE;
    for (enum az_score_map_kind kind = AZ_SCORES_LINE; kind <= most; kind++) {
        if (gain(k, kind, f, &g) < 0)
            return AZ_ENOMEM;
        if (g.defined && g.has_interval && (!best.defined || g.value > best.value)) {
            best = g;
            found = (int)kind;
        }
    }
    return az_figure_beyond_error(&best) ? found : AZ_SCORES_NONE;
}

static int figure(struct work *k, const double *said, bool square, struct az_figure *ret)
{
    for (size_t i = 0; i < k->n; i++) {
        double d = said[i] - k->y[i];
        k->gain[i] = square ? d * d : d;
    }
    return az_weighted_mean(k->gain, k->w, k->cluster, k->n, false, "no labels", ret);
}

static int measure(struct work *k, const double *after, struct az_score_fit *c)
{
    int r = figure(k, k->x, true, &c->before);
    if (r == 0)
        r = figure(k, k->x, false, &c->off);
    if (r == 0)
        r = figure(k, after, true, &c->after);
    return r < 0 ? r : figure(k, after, false, &c->off_after);
}

static int run(struct work *k, uint64_t seed, struct az_score_fit *c)
{
    AZ_AUTO_MEM double *after = az_alloc((k->n + 1) * sizeof(*after));
    int64_t clusters = az_clusters(k->cluster, k->n);
    if (!after || clusters < 0)
        return AZ_ENOMEM;
    memcpy(after, k->x, k->n * sizeof(*after));
    if (clusters < AZ_SCORE_MAP_LEAST) {
        c->reason = "fewer than 10 labelled clusters: nothing is fitted to them";
        return measure(k, after, c);
    }
    int r = az_folds(k->cluster, NULL, k->n, FOLDS, seed, k->fold);
    for (enum az_score_map_kind kind = 0; r == 0 && kind < AZ_SCORES_KINDS; kind++)
        r = kind == AZ_SCORES_CURVE && k->n < AZ_SCORE_MAP_CURVE ? 0 : say(k, kind);
    for (size_t f = 0; r == 0 && f <= FOLDS; f++) {
        int kind = choose(k, f);
        if (kind < 0)
            return kind;
        for (size_t i = 0; i < k->n; i++)
            after[i] = k->fold[i] == f ? k->said[kind][f * k->n + i] : after[i];
        if (f == FOLDS)
            r = fit(k, (enum az_score_map_kind)kind, FOLDS, FOLDS, &c->map);
    }
    return r < 0 ? r : measure(k, after, c);
}

int az_score_map_fit(const double *x, const double *y, const double *w, const uint64_t *cluster,
                     size_t n, uint64_t seed, struct az_score_fit *ret)
{
    struct work k = {.x = x, .y = y, .w = w, .cluster = cluster, .n = n};
    struct az_score_fit c = {0};
    int r = work_init(&k);
    if (r == 0)
        r = run(&k, seed, &c);
    work_release(&k);
    if (r < 0)
        az_score_map_release(&c.map);
    else
        *ret = c;
    return r;
}

/* ---- JSON ---- */

void az_score_map_write(struct az_jw *w, const struct az_score_map *m)
{
    az_jw_obj(w);
    az_jw_kz(w, "map", names[m->kind]);
    if (m->kind == AZ_SCORES_LINE) {
        az_jw_knum(w, "a", m->a);
        az_jw_knum(w, "b", m->b);
    }
    if (m->kind == AZ_SCORES_CURVE)
        az_isotonic_write(w, &m->curve);
    az_jw_obj_end(w);
}

int az_score_map_read(az_jv v, struct az_score_map *ret, struct az_error *err)
{
    struct az_score_map m = {.kind = AZ_SCORES_KINDS};
    struct az_str name = az_jv_str(az_jv_get(v, "map"));
    for (enum az_score_map_kind kind = 0; name.p && kind < AZ_SCORES_KINDS; kind++)
        m.kind = az_str_eqz(name, names[kind]) ? kind : m.kind;
    if (m.kind == AZ_SCORES_KINDS)
        return az_fitted_bad(err, "map");
    int r = 0;
    if (m.kind == AZ_SCORES_LINE) {
        r = az_fitted_number(v, "a", &m.a, err);
        r = r < 0 ? r : az_fitted_number(v, "b", &m.b, err);
    } else if (m.kind == AZ_SCORES_CURVE) {
        r = az_isotonic_read(v, &m.curve, err);
        if (r == 0 && !m.curve.n)
            r = az_fitted_bad(err, "x");
    }
    if (r < 0)
        az_score_map_release(&m);
    else
        *ret = m;
    return r;
}
