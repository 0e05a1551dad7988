/* Maps, bounds and intervals against values that independent packages agree on
 * (expected.json says which and how). */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/buf.h"
#include "core/json.h"
#include "core/mem.h"
#include "core/rng.h"
#include "statistics/calibrate/beta.h"
#include "statistics/calibrate/isotonic.h"
#include "statistics/calibrate/platt.h"
#include "statistics/calibrate/temperature.h"
#include "statistics/guarantee/bounds.h"
#include "statistics/guarantee/conformal.h"
#include "statistics/interval/bootstrap.h"
#include "statistics/interval/clopper_pearson.h"
#include "statistics/interval/ppi.h"
#include "statistics/interval/wilson.h"
#include "statistics/special.h"

enum { VALUES_MAX = 2048 };

static struct az_json *doc;

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

/* A section of the file; the test is skipped without the data. */
static az_jv section(const char *name)
{
    const char *data = getenv("ASSIZE_TEST_DATA");
    if (!data) {
        print_message("ASSIZE_TEST_DATA is not set: nothing to compare with\n");
        skip();
    }
    if (!doc) {
        char path[4096];
        snprintf(path, sizeof(path), "%s/calibration/expected.json", data);
        AZ_AUTO_MEM char *text = read_all(path);
        assert_int_equal(az_json_parse(az_str(text), &doc, NULL), 0);
    }
    az_jv v = az_jv_get(az_json_root(doc), name);
    assert_non_null(v);
    return v;
}

static double num(az_jv v, const char *path)
{
    double x;
    if (!az_jv_num(*path ? az_jv_path(v, path) : v, &x))
        fail_msg("no number at '%s'", path);
    return x;
}

/* All numbers below, in order; those of lists in a list one row after another. */
static size_t flat(az_jv v, double *to, size_t n)
{
    if (az_jv_type(v) != AZ_J_ARRAY) {
        assert_true(n < VALUES_MAX);
        to[n++] = num(v, "");
        return n;
    }
    for (az_jv e = az_jv_first(v); e; e = az_jv_next(e))
        n = flat(e, to, n);
    return n;
}

static size_t list(az_jv v, const char *path, double *to)
{
    v = az_jv_path(v, path);
    assert_int_equal(az_jv_type(v), AZ_J_ARRAY);
    return flat(v, to, 0);
}

/* To `tolerance` of its size. */
static void near(const char *what, double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance * fabs(want) + 1e-300))
        fail_msg("%s: got %.15g, want %.15g", what, got, want);
}

/* To `tolerance`, whatever the size. */
static void close_to(const char *what, double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance))
        fail_msg("%s: got %.15g, want %.15g", what, got, want);
}

/* ---- calibrate/ ---- */

static void isotonic(void **state)
{
    (void)state;
    static double x[VALUES_MAX], y[VALUES_MAX], w[VALUES_MAX], want[VALUES_MAX];
    size_t seen = 0;
    for (az_jv c = az_jv_first(az_jv_get(section("isotonic"), "cases")); c; c = az_jv_next(c)) {
        struct az_isotonic m;
        size_t n = list(c, "x", x);
        assert_int_equal(list(c, "y", y), n);
        assert_int_equal(list(c, "w", w), n);
        assert_int_equal(az_isotonic_fit(x, y, w, n, &m), 0);

        double mean = 0, fitted = 0;
        for (size_t i = 0; i < n; i++) {
            mean += w[i] * y[i];
            fitted += w[i] * az_isotonic_apply(&m, x[i]);
        }
        close_to("mean is kept", fitted, mean, 1e-12 * (1 + fabs(mean)));

        size_t k = list(c, "unique_x", x);
        assert_int_equal(list(c, "fitted", want), k);
        for (size_t i = 0; i < k; i++)
            close_to("fitted", az_isotonic_apply(&m, x[i]), want[i], 1e-12);
        k = list(c, "predict_at", x);
        assert_int_equal(list(c, "predict", want), k);
        for (size_t i = 0; i < k; i++)
            close_to("predicted", az_isotonic_apply(&m, x[i]), want[i], 1e-12);
        az_isotonic_release(&m);
        seen++;
    }
    assert_int_equal(seen, 6);
}

static double mean_loss(const struct az_platt *m, const double *s, const double *y, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum -= log(y[i] > 0 ? az_platt_apply(m, s[i]) : 1 - az_platt_apply(m, s[i]));
    return sum / (double)n;
}

static void platt(void **state)
{
    (void)state;
    static double s[VALUES_MAX], y[VALUES_MAX], want[VALUES_MAX];
    az_jv all = section("platt");
    size_t n = list(all, "y", y), seen = 0;
    for (az_jv c = az_jv_first(az_jv_get(all, "cases")); c; c = az_jv_next(c), seen++) {
        struct az_platt m;
        assert_int_equal(list(c, "score", s), n);
        assert_int_equal(az_platt_fit(s, y, NULL, n, true, &m), 0);
        close_to("a", m.a, num(c, "platt.a"), 1e-10);
        close_to("b", m.b, num(c, "platt.b"), 1e-10);
        close_to("sklearn's a", m.a, num(c, "sklearn_bfgs.a"), 1e-6);
        list(c, "platt.calibrated", want);
        for (size_t i = 0; i < n; i++)
            close_to("calibrated", az_platt_apply(&m, s[i]), want[i], 1e-11);

        assert_int_equal(az_platt_fit(s, y, NULL, n, false, &m), 0);
        close_to("plain a", m.a, num(c, "unsmoothed_logistic.a"), 1e-10);
        close_to("plain b", m.b, num(c, "unsmoothed_logistic.b"), 1e-10);
        close_to("plain loss", mean_loss(&m, s, y, n), num(c, "unsmoothed_logistic.mean_nll"),
                 1e-12);
    }
    assert_int_equal(seen, 2);
}

static void temperature_of(az_jv c, const double *z, const double *y, size_t n, size_t k)
{
    static int32_t truth[VALUES_MAX];
    for (size_t i = 0; i < n; i++)
        truth[i] = (int32_t)y[i];
    struct az_logits l = {.n = n, .n_labels = k, .z = z, .truth = truth};
    struct az_temperature t;
    assert_int_equal(az_temperature_fit(&l, &t), 0);
    close_to("T", 1 / t.inverse, num(c, "T"), 1e-10);
    close_to("before", az_temperature_loss(&l, 1), num(c, "nll_before"), 1e-12);
    close_to("after", az_temperature_loss(&l, t.inverse), num(c, "nll_after"), 1e-12);

    double want[8], q[8];
    if (az_jv_get(c, "first_row_calibrated")) {
        assert_int_equal(list(c, "first_row_calibrated", want), k);
        az_temperature_apply(&t, z, k, q);
        for (size_t j = 0; j < k; j++)
            close_to("first row", q[j], want[j], 1e-11);
    }
}

static void temperature(void **state)
{
    (void)state;
    static double s[VALUES_MAX], z[2 * VALUES_MAX], y[VALUES_MAX];
    az_jv c = az_jv_get(section("temperature"), "binary");
    size_t n = list(c, "s", s);
    assert_int_equal(list(c, "y", y), n);
    for (size_t i = 0; i < n; i++) {
        z[2 * i] = 0;
        z[2 * i + 1] = s[i];
    }
    temperature_of(c, z, y, n, 2);

    c = az_jv_get(section("temperature"), "multiclass");
    n = list(c, "y", y);
    assert_int_equal(list(c, "logits", z), 3 * n);
    temperature_of(c, z, y, n, 3);
}

static void beta_is(const char *what, const struct az_beta *m, const double *abc)
{
    const double got[] = {m->a, m->b, m->c};
    for (size_t i = 0; i < 3; i++)
        close_to(what, got[i], abc[i], 1e-9);
}

static void beta_case(az_jv c)
{
    static double p[VALUES_MAX], y[VALUES_MAX];
    double want[3];
    struct az_beta m;
    size_t n = list(c, "p", p);
    assert_int_equal(list(c, "y", y), n);
    assert_int_equal(az_beta_fit(p, y, NULL, n, AZ_BETA_FREE, &m), 0);
    list(c, "free_fit", want);
    beta_is("free", &m, want);
    assert_int_equal(az_beta_fit(p, y, NULL, n, AZ_BETA_RISING, &m), 0);
    list(c, "final_a_b_c", want);
    beta_is("final", &m, want);
}

static void beta_form(az_jv all, const char *name, enum az_beta_form form)
{
    static double p[VALUES_MAX], y[VALUES_MAX], want[VALUES_MAX];
    az_jv c = az_jv_get(all, name);
    struct az_beta m;
    size_t n = list(all, "p", p);
    double loss = 0;
    assert_int_equal(list(all, "y", y), n);
    assert_int_equal(az_beta_fit(p, y, NULL, n, form, &m), 0);
    beta_is(name, &m, (double[]){num(c, "a"), num(c, "b"), num(c, "c")});
    list(c, "calibrated", want);
    for (size_t i = 0; i < n; i++) {
        double q = az_beta_apply(&m, p[i]);
        close_to("calibrated", q, want[i], 1e-10);
        loss -= log(y[i] > 0 ? q : 1 - q);
    }
    close_to("loss", loss / (double)n, num(c, "mean_nll"), 1e-12);
}

static void beta(void **state)
{
    (void)state;
    static double p[VALUES_MAX], y[VALUES_MAX];
    az_jv all = section("beta");
    struct az_beta m;
    size_t n = list(all, "p", p);
    list(all, "y", y);
    beta_form(all, "free_fit", AZ_BETA_FREE);
    beta_form(all, "final", AZ_BETA_RISING);
    assert_int_equal(az_beta_fit(p, y, NULL, n, AZ_BETA_AS_ONE, &m), 0);
    close_to("a = b", m.a, num(all, "am.a"), 1e-10);
    close_to("c", m.c, num(all, "am.c"), 1e-10);
    assert_int_equal(az_beta_fit(p, y, NULL, n, AZ_BETA_RISING, &m), 0);
    close_to("betacal's a", m.a, num(all, "betacal_package.a"), 1e-5);
    close_to("betacal's c", m.c, num(all, "betacal_package.c"), 1e-5);
    beta_case(az_jv_get(all, "negative_coefficient_case"));
    beta_case(az_jv_get(all, "both_positive_case"));
}

/* ---- bounds ---- */

static void binomial_intervals(void **state)
{
    (void)state;
    size_t seen = 0;
    az_jv all = az_jv_get(section("binomial_intervals"), "cases");
    for (az_jv c = az_jv_first(all); c; c = az_jv_next(c), seen++) {
        int64_t x = (int64_t)num(c, "x"), n = (int64_t)num(c, "n");
        double level = num(c, "level"), low, high;
        assert_true(az_clopper_pearson(x, n, level, &low, &high));
        near("exact low", low, num(c, "clopper_pearson.0"), 1e-10);
        near("exact high", high, num(c, "clopper_pearson.1"), 1e-10);
        near("upper", az_binomial_upper(x, n, level), num(c, "one_sided_upper"), 1e-10);
        assert_true(az_wilson((double)x / (double)n, (double)n,
                              az_normal_quantile(0.5 + 0.5 * level), &low, &high));
        close_to("wilson low", low, num(c, "wilson.0"), 1e-12);
        close_to("wilson high", high, num(c, "wilson.1"), 1e-12);
    }
    assert_int_equal(seen, 22);
}

static void hoeffding_bentkus(void **state)
{
    (void)state;
    size_t seen = 0;
    az_jv all = az_jv_get(section("hoeffding_bentkus"), "cases");
    for (az_jv c = az_jv_first(all); c; c = az_jv_next(c), seen++) {
        bool whole = az_jv_get(c, "errors");
        int64_t n = (int64_t)num(c, "n");
        double alpha = num(c, "alpha");
        double sum = whole ? num(c, "errors") : num(c, "mean_loss") * (double)n;
        near("hoeffding", az_risk_p_hoeffding(sum, n, alpha), num(c, "hoeffding"), 1e-9);
        near("bentkus", az_risk_p_bentkus(sum, n, alpha), num(c, "bentkus"), 1e-9);
        near("both", az_risk_p_hoeffding_bentkus(sum, n, alpha), num(c, "p_value"), 1e-9);
        if (!whole)
            continue;
        near("capped", AZ_MIN(1.0, az_risk_p_hoeffding_bentkus(sum, n, alpha)), num(c, "p_capped"),
             1e-9);
        near("exact", az_risk_p_binomial((int64_t)sum, n, alpha), num(c, "exact_binomial_p"), 1e-9);
    }
    assert_int_equal(seen, 64);
}

static void split_conformal(void **state)
{
    (void)state;
    static double scores[VALUES_MAX];
    az_jv all = section("split_conformal");
    size_t n = list(all, "scores", scores), seen = 0;
    for (az_jv c = az_jv_first(az_jv_get(all, "cases")); c; c = az_jv_next(c), seen++) {
        size_t k = (size_t)num(c, "n");
        double alpha = num(c, "alpha"), q, want;
        assert_true(k <= n);
        assert_int_equal(az_conformal_rank((int64_t)k, alpha), (int64_t)num(c, "k"));
        assert_int_equal(az_conformal_quantile(scores, k, alpha, &q), 0);
        if (az_jv_num(az_jv_get(c, "quantile"), &want))
            assert_true(q == want);
        else
            assert_true(isinf(q) && q > 0);
    }
    assert_int_equal(seen, 20);
}

/* ---- intervals ---- */

static void ppi_mean(void **state)
{
    (void)state;
    static double y[VALUES_MAX], p[VALUES_MAX], rest[VALUES_MAX];
    static const double zs[] = {1.6448536269514722, 1.959963984540054};
    static const char *const names[] = {"ci90", "ci95"};
    size_t seen = 0;
    for (az_jv c = az_jv_first(az_jv_get(section("ppi_mean"), "cases")); c; c = az_jv_next(c)) {
        struct az_ppi_data d = {.y = y, .predicted = p, .predicted_rest = rest};
        d.n = list(c, "Y", y);
        assert_int_equal(list(c, "Yhat", p), d.n);
        d.n_rest = list(c, "Yhat_unlabeled", rest);
        for (az_jv r = az_jv_first(az_jv_get(c, "results")); r; r = az_jv_next(r), seen++) {
            double lambda;
            struct az_ppi got;
            if (!az_jv_num(az_jv_get(r, "lam"), &lambda))
                lambda = NAN; /* "tuned" */
            assert_true(az_ppi_published(&d, lambda, &got));
            close_to("lambda", got.lambda, num(r, "lam_value"), 1e-11);
            close_to("estimate", got.estimate, num(r, "estimate"), 1e-11);
            close_to("se", got.se, num(r, "se"), 1e-11);
            for (size_t i = 0; i < 2; i++) {
                az_jv ci = az_jv_get(r, names[i]);
                close_to("low", got.estimate - zs[i] * got.se, num(ci, "0"), 1e-11);
                close_to("high", got.estimate + zs[i] * got.se, num(ci, "1"), 1e-11);
            }
        }
    }
    assert_int_equal(seen, 9);
}

/* In numpy's order of adding: draws whose mean is the data's own but for rounding
 * count for z0, and on which side they fall is a matter of that order. */
static double mean_of(const uint32_t *items, size_t n, void *arg)
{
    const double *x = arg;
    double part[8] = {0};
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        for (size_t k = 0; k < 8; k++)
            part[k] += x[items[i + k]];
    }
    double sum =
        ((part[0] + part[1]) + (part[2] + part[3])) + ((part[4] + part[5]) + (part[6] + part[7]));
    for (; i < n; i++)
        sum += x[items[i]];
    return sum / (double)n;
}

static void bootstrap(void **state)
{
    (void)state;
    static double data[VALUES_MAX], want[VALUES_MAX];
    az_jv c = section("bootstrap");
    struct az_bootstrap_of of = {.figure = mean_of, .arg = data, .level = 0.95};
    struct az_bootstrap b;
    of.n = list(c, "data", data);
    of.draws = (size_t)num(c, "B");
    of.seed = (uint64_t)num(c, "seed");

    struct az_rng rng = az_rng(of.seed);
    size_t k = list(c, "first_three_resamples", want);
    assert_int_equal(k, 3 * of.n);
    for (size_t i = 0; i < k; i++)
        assert_true((double)(size_t)(az_rng_unit(&rng) * (double)of.n) == want[i]);

    assert_int_equal(az_bootstrap(&of, &b), 0);
    close_to("theta", b.value, num(c, "theta"), 1e-12);
    close_to("se", b.se, num(c, "se"), 1e-12);
    close_to("low", b.low, num(c, "percentile95.0"), 1e-12);
    close_to("high", b.high, num(c, "percentile95.1"), 1e-12);
    close_to("basic low", b.basic_low, num(c, "basic95.0"), 1e-12);
    close_to("basic high", b.basic_high, num(c, "basic95.1"), 1e-12);
    close_to("z0", b.z0, num(c, "z0"), 1e-12);
    close_to("acceleration", b.acceleration, num(c, "acceleration"), 1e-12);
    close_to("level low", b.level_low, num(c, "bca_levels.0"), 1e-12);
    close_to("level high", b.level_high, num(c, "bca_levels.1"), 1e-12);
    close_to("bca low", b.bca_low, num(c, "bca95.0"), 1e-12);
    close_to("bca high", b.bca_high, num(c, "bca95.1"), 1e-12);
}

static int release(void **state)
{
    (void)state;
    az_json_free(doc);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(isotonic),           cmocka_unit_test(platt),
        cmocka_unit_test(temperature),        cmocka_unit_test(beta),
        cmocka_unit_test(binomial_intervals), cmocka_unit_test(hoeffding_bentkus),
        cmocka_unit_test(split_conformal),    cmocka_unit_test(ppi_mean),
        cmocka_unit_test(bootstrap),
    };
    return cmocka_run_group_tests(tests, NULL, release);
}
