#include "statistics/calibrate/calibrator_json.h"

#include <math.h>

#include "core/mem.h"

enum { KNOTS_MAX = 1 << 24 };

static const double NUMBER_MAX = 1e9; /* no fit comes near it */

static size_t n_curves(const struct az_calibrator *m)
{
    return 1 + (size_t)__builtin_popcountll(m->own);
}

/* Platt's own two numbers. */
static bool is_two(const struct az_calibrator *m)
{
    return m->kind == AZ_CALIBRATOR_PLATT && m->n_labels == 2 && m->own;
}

static bool has_least(const struct az_calibrator *m)
{
    return m->kind == AZ_CALIBRATOR_TEMPERATURE || m->kind == AZ_CALIBRATOR_ISOTONIC;
}

/* ---- writing ---- */

static void write_list(struct az_jw *w, const char *key, const double *v, size_t n)
{
    az_jw_key(w, key);
    az_jw_arr(w);
    for (size_t i = 0; i < n; i++)
        az_jw_num(w, v[i]);
    az_jw_arr_end(w);
}

static void write_curves(struct az_jw *w, const struct az_calibrator *m)
{
    az_jw_key(w, "curves");
    az_jw_arr(w);
    for (size_t c = 0; c < n_curves(m); c++) {
        az_jw_obj(w);
        write_list(w, "x", m->curves[c].x, m->curves[c].n);
        write_list(w, "y", m->curves[c].y, m->curves[c].n);
        az_jw_obj_end(w);
    }
    az_jw_arr_end(w);
}

void az_calibrator_write(struct az_jw *w, const struct az_calibrator *m)
{
    az_jw_obj(w);
    az_jw_kz(w, "map", az_calibrator_name(m->kind));
    az_jw_key(w, "own");
    az_jw_arr(w);
    for (size_t k = 0; k < m->n_labels; k++) {
        if (m->own >> k & 1)
            az_jw_int(w, (int64_t)k);
    }
    az_jw_arr_end(w);
    if (m->kind == AZ_CALIBRATOR_TEMPERATURE)
        az_jw_knum(w, "inverse", m->temperature.inverse);
    if (has_least(m))
        az_jw_knum(w, "least", m->least);
    bool many = m->kind == AZ_CALIBRATOR_PLATT || m->kind == AZ_CALIBRATOR_VECTOR;
    if (many) {
        write_list(w, "a", is_two(m) ? &m->platt.a : m->many.a, is_two(m) ? 1 : m->n_labels);
        write_list(w, "b", is_two(m) ? &m->platt.b : m->many.b, is_two(m) ? 1 : m->n_labels);
    }
    if (m->kind == AZ_CALIBRATOR_ISOTONIC)
        write_curves(w, m);
    az_jw_obj_end(w);
}

/* ---- reading ---- */

static int bad(struct az_error *err, const char *what)
{
    return az_fail(err, AZ_EINVAL, "'%s' is missing, or nothing that a fit makes", what);
}

static bool read_number(az_jv v, double *ret)
{
    return az_jv_num(v, ret) && fabs(*ret) <= NUMBER_MAX;
}

static int read_list(az_jv v, const char *key, size_t n, double *ret, struct az_error *err)
{
    az_jv list = az_jv_get(v, key);
    if (az_jv_type(list) != AZ_J_ARRAY || az_jv_len(list) != n)
        return bad(err, key);
    for (list = az_jv_first(list); list; list = az_jv_next(list)) {
        if (!read_number(list, ret++))
            return bad(err, key);
    }
    return 0;
}

static int read_kind(az_jv v, struct az_calibrator *m, struct az_error *err)
{
    struct az_str name = az_jv_str(az_jv_get(v, "map"));
    for (enum az_calibrator_kind kind = 0; kind < AZ_CALIBRATOR_KINDS; kind++) {
        if (name.p && az_str_eqz(name, az_calibrator_name(kind))) {
            m->kind = kind;
            return 0;
        }
    }
    return bad(err, "map");
}

static int read_own(az_jv v, struct az_calibrator *m, struct az_error *err)
{
    az_jv list = az_jv_get(v, "own");
    if (az_jv_type(list) != AZ_J_ARRAY)
        return bad(err, "own");
    for (list = az_jv_first(list); list; list = az_jv_next(list)) {
        int64_t k;
        if (!az_jv_int(list, &k) || k < 0 || k >= (int64_t)m->n_labels)
            return bad(err, "own");
        m->own |= UINT64_C(1) << k;
    }
    return 0;
}

/* x rises, y does not fall and is a probability. */
static int read_curve(az_jv v, struct az_isotonic *c, struct az_error *err)
{
    size_t n = az_jv_len(az_jv_get(v, "x"));
    if (n > KNOTS_MAX)
        return bad(err, "curves");
    c->x = az_alloc((n + 1) * sizeof(*c->x));
    c->y = az_alloc((n + 1) * sizeof(*c->y));
    if (!c->x || !c->y)
        return az_oom(err);
    c->n = n;
    int r = read_list(v, "x", n, c->x, err);
    if (r == 0)
        r = read_list(v, "y", n, c->y, err);
    for (size_t i = 0; r == 0 && i < n; i++) {
        bool rises = i == 0 || (c->x[i] > c->x[i - 1] && c->y[i] >= c->y[i - 1]);
        if (!rises || !(c->y[i] >= 0 && c->y[i] <= 1 + 1e-9))
            return bad(err, "curves");
    }
    return r;
}

static int read_least(az_jv v, struct az_calibrator *m, struct az_error *err)
{
    bool ok = read_number(az_jv_get(v, "least"), &m->least) && m->least > 0 && m->least <= 1;
    return ok ? 0 : bad(err, "least");
}

static int read_curves(az_jv v, struct az_calibrator *m, struct az_error *err)
{
    az_jv list = az_jv_get(v, "curves");
    int r = read_least(v, m, err);
    if (r < 0)
        return r;
    if (az_jv_type(list) != AZ_J_ARRAY || az_jv_len(list) != n_curves(m))
        return bad(err, "curves");
    m->curves = az_zalloc(n_curves(m) * sizeof(*m->curves));
    if (!m->curves)
        return az_oom(err);
    struct az_isotonic *c = m->curves;
    for (list = az_jv_first(list); r == 0 && list; list = az_jv_next(list))
        r = read_curve(list, c++, err);
    return r;
}

static int read_map(az_jv v, struct az_calibrator *m, struct az_error *err)
{
    if (m->kind == AZ_CALIBRATOR_NONE)
        return 0;
    if (m->kind == AZ_CALIBRATOR_ISOTONIC)
        return read_curves(v, m, err);
    if (m->kind == AZ_CALIBRATOR_TEMPERATURE) {
        bool ok = read_number(az_jv_get(v, "inverse"), &m->temperature.inverse);
        return ok && m->temperature.inverse > 0 ? read_least(v, m, err) : bad(err, "inverse");
    }
    m->many.n_labels = m->n_labels;
    size_t n = is_two(m) ? 1 : m->n_labels;
    int r = read_list(v, "a", n, is_two(m) ? &m->platt.a : m->many.a, err);
    return r < 0 ? r : read_list(v, "b", n, is_two(m) ? &m->platt.b : m->many.b, err);
}

int az_calibrator_read(az_jv v, size_t n_labels, struct az_calibrator *ret, struct az_error *err)
{
    struct az_calibrator m = {.n_labels = n_labels};
    az_assert(n_labels >= 1 && n_labels <= AZ_LOGITS_LABELS);
    int r = read_kind(v, &m, err);
    if (r == 0)
        r = read_own(v, &m, err);
    if (r == 0)
        r = read_map(v, &m, err);
    if (r < 0) {
        az_calibrator_release(&m);
        return r;
    }
    *ret = m;
    return 0;
}
