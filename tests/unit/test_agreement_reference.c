/* Percent agreement, kappas, alpha and correlations of ranks against values that three packages
 * agree on (expected.json says which), undefined where they must be. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/buf.h"
#include "core/json.h"
#include "core/mem.h"
#include "statistics/agreement/fleiss.h"
#include "statistics/agreement/pairs.h"
#include "statistics/correlation.h"

enum { JUDGES_MAX = 8, ITEMS_MAX = 32, LABELS_MAX = 64 };

struct matrix {
    size_t judges, items, n_values;
    double at[JUDGES_MAX][ITEMS_MAX];
    bool has[JUDGES_MAX][ITEMS_MAX];
    double values[LABELS_MAX]; /* ascending: their index is the label */
};

static char *read_all(const char *path)
{
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    AZ_AUTO_BUF b = az_buf(AZ_BUF_MAX);
    char chunk[4096];
    for (size_t n; (n = fread(chunk, 1, sizeof(chunk), f)) > 0;)
        az_buf_put(&b, chunk, n);
    fclose(f);
    return az_buf_take(&b);
}

static int label_of(const struct matrix *m, size_t judge, size_t item)
{
    if (!m->has[judge][item])
        return -1;
    for (size_t i = 0; i < m->n_values; i++) {
        if (m->values[i] == m->at[judge][item])
            return (int)i;
    }
    fail();
    return -1;
}

static void note_value(struct matrix *m, double v)
{
    size_t at = 0;
    while (at < m->n_values && m->values[at] < v)
        at++;
    if (at < m->n_values && m->values[at] == v)
        return;
    assert_true(m->n_values < LABELS_MAX);
    memmove(&m->values[at + 1], &m->values[at], (m->n_values - at) * sizeof(double));
    m->values[at] = v;
    m->n_values++;
}

static void read_matrix(az_jv ratings, struct matrix *m)
{
    *m = (struct matrix){0};
    for (az_jv row = az_jv_first(ratings); row; row = az_jv_next(row), m->judges++) {
        m->items = 0;
        for (az_jv v = az_jv_first(row); v; v = az_jv_next(v), m->items++) {
            double x;
            if (!az_jv_num(v, &x))
                continue;
            m->at[m->judges][m->items] = x;
            m->has[m->judges][m->items] = true;
            note_value(m, x);
        }
    }
}

static void check(struct az_str name, const char *what, struct az_figure got, az_jv want)
{
    double v;
    bool defined = az_jv_num(want, &v);
    if (got.defined != defined)
        fail_msg(AZ_STR_FMT " %s: defined is %d", AZ_STR_ARG(name), what, got.defined);
    if (!defined) {
        assert_int_equal(az_jv_type(want), AZ_J_NULL);
        assert_non_null(got.reason);
    } else if (!(fabs(got.value - v) <= 1e-9)) {
        fail_msg(AZ_STR_FMT " %s: got %.15g, want %.15g", AZ_STR_ARG(name), what, got.value, v);
    }
}

static void check_pairs(struct az_str name, const struct matrix *m, const struct az_pairs *p,
                        az_jv kappas)
{
    size_t seen = 0;
    for (az_jv k = az_jv_first(kappas); k; k = az_jv_next(k), seen++) {
        int64_t a, b, n, same = 0;
        assert_true(az_jv_int(az_jv_path(k, "judges.0"), &a));
        assert_true(az_jv_int(az_jv_path(k, "judges.1"), &b));
        assert_true(az_jv_int(az_jv_get(k, "n"), &n));
        const struct az_kappa *pair = az_pairs_of(p, (size_t)a, (size_t)b);
        check(name, "kappa", az_kappa_figure(pair), az_jv_get(k, "unweighted"));

        for (size_t i = 0; i < m->items; i++)
            same += m->has[a][i] && m->has[b][i] && m->at[a][i] == m->at[b][i];
        struct az_figure percent = az_kappa_percent(pair);
        assert_int_equal(percent.n, n);
        assert_int_equal(percent.defined, n > 0);
        if (n > 0)
            assert_true(fabs(percent.value - (double)same / (double)n) < 1e-12);
    }
    assert_int_equal(seen, m->judges * (m->judges - 1) / 2);
}

/* Labels that the two judges gave on items that both answered: their places among these
 * are what the packages weigh, their values what we do. */
static size_t union_of(const struct matrix *m, size_t a, size_t b, size_t *places, double *values)
{
    size_t n = 0;
    for (size_t v = 0; v < m->n_values; v++) {
        bool used = false;
        for (size_t i = 0; i < m->items; i++)
            used |= m->has[a][i] && m->has[b][i] &&
                    (m->at[a][i] == m->values[v] || m->at[b][i] == m->values[v]);
        places[v] = n;
        if (used)
            values[n++] = m->values[v];
    }
    return n;
}

static void check_weighted(struct az_str name, const struct matrix *m, az_jv kappas)
{
    for (az_jv k = az_jv_first(kappas); k; k = az_jv_next(k)) {
        int64_t a, b;
        int64_t margins[2][2 * LABELS_MAX] = {{0}};
        size_t places[LABELS_MAX];
        double values[LABELS_MAX];
        struct az_weighted_kappa by_place, by_value;
        assert_true(az_jv_int(az_jv_path(k, "judges.0"), &a));
        assert_true(az_jv_int(az_jv_path(k, "judges.1"), &b));
        size_t n = union_of(m, (size_t)a, (size_t)b, places, values);
        az_weighted_kappa_init(&by_place, n, NULL, margins[0]);
        az_weighted_kappa_init(&by_value, n, values, margins[1]);
        for (size_t i = 0; i < m->items; i++) {
            int x = label_of(m, (size_t)a, i), y = label_of(m, (size_t)b, i);
            if (x < 0 || y < 0)
                continue;
            az_weighted_kappa_add(&by_place, (int)places[x], (int)places[y]);
            az_weighted_kappa_add(&by_value, (int)places[x], (int)places[y]);
        }
        check(name, "linear", az_weighted_kappa_linear(&by_place), az_jv_get(k, "linear"));
        check(name, "quadratic", az_weighted_kappa_quadratic(&by_place), az_jv_get(k, "quadratic"));
        check(name, "linear by value", az_weighted_kappa_linear(&by_value),
              az_jv_get(k, "linear_by_value"));
        check(name, "quadratic by value", az_weighted_kappa_quadratic(&by_value),
              az_jv_get(k, "quadratic_by_value"));
    }
}

typedef int rank_fn(const double *x, const double *y, size_t n, struct az_figure *ret);

static void check_ranks(struct az_str name, const char *what, rank_fn *fn, const struct matrix *m,
                        az_jv wants)
{
    for (az_jv w = az_jv_first(wants); w; w = az_jv_next(w)) {
        int64_t a, b;
        double x[ITEMS_MAX], y[ITEMS_MAX];
        size_t n = 0;
        struct az_figure got;
        assert_true(az_jv_int(az_jv_path(w, "judges.0"), &a));
        assert_true(az_jv_int(az_jv_path(w, "judges.1"), &b));
        for (size_t i = 0; i < m->items; i++) {
            if (!m->has[a][i] || !m->has[b][i])
                continue;
            x[n] = m->at[a][i];
            y[n++] = m->at[b][i];
        }
        assert_int_equal(fn(x, y, n, &got), 0);
        check(name, what, got, az_jv_get(w, "value"));
    }
}

/* Fleiss' kappa of all; of two judges it is Scott's pi. */
static void check_fleiss(struct az_str name, const struct matrix *m, az_jv want)
{
    struct az_fleiss all, two;
    struct az_kappa pair;
    int64_t margins[2 * LABELS_MAX] = {0};
    assert_int_equal(az_fleiss_init(&all, m->n_values, m->judges), 0);
    assert_int_equal(az_fleiss_init(&two, m->n_values, 2), 0);
    az_kappa_init(&pair, m->n_values, margins);
    for (size_t i = 0; i < m->items; i++) {
        int labels[JUDGES_MAX];
        for (size_t j = 0; j < m->judges; j++)
            labels[j] = label_of(m, j, i);
        az_fleiss_add(&all, labels);
        az_fleiss_add(&two, labels);
        az_kappa_add(&pair, labels[0], labels[1]);
    }
    check(name, "fleiss", az_fleiss_figure(&all), want);
    struct az_figure fleiss = az_fleiss_figure(&two), pi = az_scott_pi(&pair);
    assert_true(fleiss.defined == pi.defined && fleiss.n == pi.n);
    assert_true(fabs(fleiss.value - pi.value) < 1e-12);
    az_fleiss_release(&all);
    az_fleiss_release(&two);
}

static void check_case(az_jv c)
{
    struct az_str name = az_jv_str(az_jv_get(c, "name"));
    struct matrix m;
    struct az_pairs p;
    struct az_alpha_scores s = {0};
    read_matrix(az_jv_get(c, "ratings"), &m);
    assert_int_equal(az_pairs_init(&p, m.judges, m.n_values), 0);

    for (size_t i = 0; i < m.items; i++) {
        int labels[JUDGES_MAX];
        double scores[JUDGES_MAX];
        bool has[JUDGES_MAX];
        for (size_t j = 0; j < m.judges; j++) {
            labels[j] = label_of(&m, j, i);
            scores[j] = m.at[j][i];
            has[j] = m.has[j][i];
        }
        az_pairs_add(&p, labels);
        az_alpha_scores_add(&s, scores, has, m.judges);
    }

    az_jv alpha = az_jv_get(c, "krippendorff_alpha");
    check(name, "nominal", az_alpha_figure(&p.alpha, AZ_ALPHA_NOMINAL),
          az_jv_get(alpha, "nominal"));
    check(name, "ordinal", az_alpha_figure(&p.alpha, AZ_ALPHA_ORDINAL),
          az_jv_get(alpha, "ordinal"));
    check(name, "interval", az_alpha_scores_figure(&s), az_jv_get(alpha, "interval"));
    check_pairs(name, &m, &p, az_jv_get(c, "cohen_kappa"));
    check_weighted(name, &m, az_jv_get(c, "cohen_kappa"));
    check_ranks(name, "spearman", az_spearman, &m, az_jv_get(c, "spearman_rho"));
    check_ranks(name, "tau-b", az_kendall_tau_b, &m, az_jv_get(c, "kendall_tau_b"));
    check_fleiss(name, &m, az_jv_get(c, "fleiss_kappa"));
    az_pairs_release(&p);
}

static void reference_values(void **state)
{
    (void)state;
    const char *data = getenv("ASSIZE_TEST_DATA");
    if (!data) {
        print_message("ASSIZE_TEST_DATA is not set: nothing to compare with\n");
        skip();
    }
    char path[4096];
    snprintf(path, sizeof(path), "%s/agreement/expected.json", data);
    AZ_AUTO_MEM char *text = read_all(path);
    AZ_AUTO(json) doc = NULL;
    assert_int_equal(az_json_parse(az_str(text), &doc, NULL), 0);

    size_t n = 0;
    for (az_jv c = az_jv_first(az_jv_get(az_json_root(doc), "cases")); c; c = az_jv_next(c), n++)
        check_case(c);
    assert_int_equal(n, 17);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reference_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
