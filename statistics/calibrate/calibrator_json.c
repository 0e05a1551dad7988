#include "statistics/calibrate/calibrator_json.h"

#include "core/mem.h"
#include "statistics/calibrate/isotonic_json.h"

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

static void write_curves(struct az_jw *w, const struct az_calibrator *m)
{
    az_jw_key(w, "curves");
    az_jw_arr(w);
    for (size_t c = 0; c < n_curves(m); c++) {
        az_jw_obj(w);
        az_isotonic_write(w, &m->curves[c]);
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
        az_fitted_put(w, "a", is_two(m) ? &m->platt.a : m->many.a, is_two(m) ? 1 : m->n_labels);
        az_fitted_put(w, "b", is_two(m) ? &m->platt.b : m->many.b, is_two(m) ? 1 : m->n_labels);
    }
    if (m->kind == AZ_CALIBRATOR_ISOTONIC)
        write_curves(w, m);
    az_jw_obj_end(w);
}

/* ---- reading ---- */

static int read_kind(az_jv v, struct az_calibrator *m, struct az_error *err)
{
    struct az_str name = az_jv_str(az_jv_get(v, "map"));
    for (enum az_calibrator_kind kind = 0; kind < AZ_CALIBRATOR_KINDS; kind++) {
        if (name.p && az_str_eqz(name, az_calibrator_name(kind))) {
            m->kind = kind;
            return 0;
        }
    }
    return az_fitted_bad(err, "map");
}

static int read_own(az_jv v, struct az_calibrator *m, struct az_error *err)
{
    az_jv list = az_jv_get(v, "own");
    if (az_jv_type(list) != AZ_J_ARRAY)
        return az_fitted_bad(err, "own");
    for (list = az_jv_first(list); list; list = az_jv_next(list)) {
        int64_t k;
        if (!az_jv_int(list, &k) || k < 0 || k >= (int64_t)m->n_labels)
            return az_fitted_bad(err, "own");
        m->own |= UINT64_C(1) << k;
    }
    return 0;
}

/* A curve of probabilities. */
static int read_curve(az_jv v, struct az_isotonic *c, struct az_error *err)
{
    int r = az_isotonic_read(v, c, err);
    bool within = r < 0 || !c->n || (c->y[0] >= 0 && c->y[c->n - 1] <= 1 + 1e-9);
    return within ? r : az_fitted_bad(err, "y");
}

static int read_least(az_jv v, struct az_calibrator *m, struct az_error *err)
{
    int r = az_fitted_number(v, "least", &m->least, err);
    return r < 0 || (m->least > 0 && m->least <= 1) ? r : az_fitted_bad(err, "least");
}

static int read_curves(az_jv v, struct az_calibrator *m, struct az_error *err)
{
    az_jv list = az_jv_get(v, "curves");
    int r = read_least(v, m, err);
    if (r < 0)
        return r;
    if (az_jv_type(list) != AZ_J_ARRAY || az_jv_len(list) != n_curves(m))
        return az_fitted_bad(err, "curves");
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
        int r = az_fitted_number(v, "inverse", &m->temperature.inverse, err);
        if (r == 0 && !(m->temperature.inverse > 0))
            r = az_fitted_bad(err, "inverse");
        return r < 0 ? r : read_least(v, m, err);
    }
    m->many.n_labels = m->n_labels;
    size_t n = is_two(m) ? 1 : m->n_labels;
    int r = az_fitted_list(v, "a", n, is_two(m) ? &m->platt.a : m->many.a, err);
    return r < 0 ? r : az_fitted_list(v, "b", n, is_two(m) ? &m->platt.b : m->many.b, err);
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
