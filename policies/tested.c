#include "policies/tested.h"

#include "core/mem.h"

/* ---- writing ---- */

static void write_guarantee(struct az_jw *w, const struct az_guarantee *g)
{
    az_jw_obj(w);
    az_jw_knum(w, "risk", g->risk);
    az_jw_knum(w, "delta", g->delta);
    az_jw_kbool(w, "kept", g->kept);
    az_jw_kbool(w, "all", g->all);
    az_jw_knum(w, "threshold", g->threshold);
    az_jw_kint(w, "n", g->n);
    az_jw_kint(w, "needed", g->needed);
    az_jw_knum(w, "coverage", g->coverage);
    az_jw_obj_end(w);
}

static void write_sets(struct az_jw *w, const struct az_label_sets *s)
{
    az_jw_obj(w);
    az_jw_knum(w, "conformal", s->conformal);
    az_jw_kbool(w, "made", s->made);
    az_jw_knum(w, "quantile", s->quantile);
    az_jw_kint(w, "n", s->n);
    az_jw_kint(w, "needed", s->needed);
    az_jw_knum(w, "held", s->held);
    az_jw_knum(w, "size", s->size);
    az_jw_knum(w, "single", s->single);
    az_jw_obj_end(w);
}

static void write_tried(struct az_jw *w, const char *hit, const struct az_tried *t)
{
    char n[32];
    snprintf(n, sizeof(n), "%s_n", hit);
    az_jw_kint(w, hit, t->hit);
    az_jw_kint(w, n, t->n);
}

static void write_reference(struct az_jw *w, const struct az_panel *p, const struct az_reference *r)
{
    az_jw_key(w, "reference");
    az_jw_obj(w);
    write_tried(w, "wrong", &r->panel);
    az_jw_key(w, "judges");
    az_jw_arr(w);
    for (size_t j = 0; r->wrong && j < p->n_judges; j++) {
        az_jw_obj(w);
        write_tried(w, "wrong", &r->wrong[j]);
        write_tried(w, "apart", &r->apart[j]);
        az_jw_obj_end(w);
    }
    az_jw_arr_end(w);
    az_jw_obj_end(w);
}

void az_tested_write(struct az_jw *w, const struct az_panel *panel,
                     const struct az_calibration_tested *tested)
{
    az_jw_key(w, "guarantees");
    az_jw_arr(w);
    for (size_t i = 0; i < tested->n_guarantees; i++)
        write_guarantee(w, &tested->guarantees[i]);
    az_jw_arr_end(w);
    az_jw_key(w, "sets");
    az_jw_arr(w);
    for (size_t i = 0; i < tested->n_sets; i++)
        write_sets(w, &tested->sets[i]);
    az_jw_arr_end(w);
    if (tested->reference && tested->reference->panel.n)
        write_reference(w, panel, tested->reference);
}

/* ---- reading ---- */

static int no_such(const char *where, struct az_error *err)
{
    return az_fail(err, AZ_EINVAL, "%s is missing or no such thing", where);
}

static int read_guarantee(struct az_guarantee *g, az_jv v, struct az_error *err)
{
    if (!az_jv_num(az_jv_get(v, "risk"), &g->risk) ||
        !az_jv_num(az_jv_get(v, "delta"), &g->delta) ||
        !az_jv_num(az_jv_get(v, "threshold"), &g->threshold) ||
        !az_jv_num(az_jv_get(v, "coverage"), &g->coverage) ||
        !az_jv_int(az_jv_get(v, "n"), &g->n) || !az_jv_int(az_jv_get(v, "needed"), &g->needed) ||
        az_jv_type(az_jv_get(v, "kept")) != AZ_J_BOOL ||
        az_jv_type(az_jv_get(v, "all")) != AZ_J_BOOL)
        return no_such("a field of 'guarantees'", err);
    g->kept = az_jv_true(az_jv_get(v, "kept"));
    g->all = az_jv_true(az_jv_get(v, "all"));
    return 0;
}

static int read_guarantees(struct az_calibration *c, az_jv v, struct az_error *err)
{
    int r = 0;
    if (az_jv_type(v) != AZ_J_ARRAY || az_jv_len(v) > AZ_GUARANTEES_MAX)
        return no_such("'guarantees'", err);
    for (v = az_jv_first(v); r == 0 && v; v = az_jv_next(v))
        r = read_guarantee(&c->guarantees[c->n_guarantees++], v, err);
    return r;
}

static int read_one_set(struct az_label_sets *s, az_jv v, struct az_error *err)
{
    if (!az_jv_num(az_jv_get(v, "conformal"), &s->conformal) ||
        !az_jv_num(az_jv_get(v, "quantile"), &s->quantile) ||
        !az_jv_num(az_jv_get(v, "held"), &s->held) || !az_jv_num(az_jv_get(v, "size"), &s->size) ||
        !az_jv_num(az_jv_get(v, "single"), &s->single) || !az_jv_int(az_jv_get(v, "n"), &s->n) ||
        !az_jv_int(az_jv_get(v, "needed"), &s->needed) ||
        az_jv_type(az_jv_get(v, "made")) != AZ_J_BOOL)
        return no_such("a field of 'sets'", err);
    s->made = az_jv_true(az_jv_get(v, "made"));
    return 0;
}

/* Files of before there were any have none. */
static int read_sets(struct az_calibration *c, az_jv v, struct az_error *err)
{
    int r = 0;
    if (!v)
        return 0;
    if (az_jv_type(v) != AZ_J_ARRAY || az_jv_len(v) > AZ_LABEL_SETS_MAX)
        return no_such("'sets'", err);
    for (v = az_jv_first(v); r == 0 && v; v = az_jv_next(v))
        r = read_one_set(&c->sets[c->n_sets++], v, err);
    return r;
}

static int read_tried(az_jv v, const char *hit, struct az_tried *t, struct az_error *err)
{
    char n[32];
    snprintf(n, sizeof(n), "%s_n", hit);
    if (!az_jv_int(az_jv_get(v, hit), &t->hit) || !az_jv_int(az_jv_get(v, n), &t->n) ||
        t->hit < 0 || t->hit > t->n)
        return no_such("a field of 'reference'", err);
    return 0;
}

static int read_reference(struct az_calibration *c, az_jv v, struct az_error *err)
{
    struct az_reference *ref = &c->reference;
    az_jv judges = az_jv_get(v, "judges");
    size_t n = az_jv_type(judges) == AZ_J_ARRAY ? az_jv_len(judges) : 1;
    if (!v)
        return 0;
    int r = read_tried(v, "wrong", &ref->panel, err);
    if (r < 0 || !n)
        return r;
    if (az_jv_type(judges) != AZ_J_ARRAY || n != c->n_judges)
        return no_such("'reference.judges'", err);
    ref->wrong = az_zalloc(n * sizeof(*ref->wrong));
    ref->apart = az_zalloc(n * sizeof(*ref->apart));
    if (!ref->wrong || !ref->apart)
        return az_oom(err);
    size_t j = 0;
    for (az_jv of = az_jv_first(judges); r == 0 && of; of = az_jv_next(of), j++) {
        r = read_tried(of, "wrong", &ref->wrong[j], err);
        if (r == 0)
            r = read_tried(of, "apart", &ref->apart[j], err);
    }
    return r;
}

int az_tested_read(az_jv root, struct az_calibration *c, struct az_error *err)
{
    int r = read_guarantees(c, az_jv_get(root, "guarantees"), err);
    if (r == 0)
        r = read_sets(c, az_jv_get(root, "sets"), err);
    return r < 0 ? r : read_reference(c, az_jv_get(root, "reference"), err);
}
