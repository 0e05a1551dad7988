#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/buf.h"
#include "core/error.h"
#include "core/json.h"
#include "core/mem.h"
#include "statistics/agreement/quality.h"

enum { LABELS = 3 };

static void equals(const char *what, struct az_figure f, double want)
{
    if (!f.defined || fabs(f.value - want) > 1e-12 * fmax(1, fabs(want)))
        fail_msg("%s: %.15g (defined %d), want %.15g", what, f.value, f.defined, want);
}

/* Values by hand: two of three right, one shared top. */
static void by_hand(void **state)
{
    static const double p[][LABELS] = {{0.7, 0.2, 0.1}, {0.1, 0.8, 0.1}, {0.5, 0.5, 0}};
    static const size_t truth[] = {0, 2, 1};
    struct az_quality q;
    az_quality_init(&q, 10);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(az_quality_add(&q, i, p[i], LABELS, truth[i]), 0);
    equals("log loss", az_quality_log_loss(&q), -(log(0.7) + log(0.1) + log(0.5)) / 3);
    equals("brier", az_quality_brier(&q), (0.14 + 1.46 + 0.5) / 3);
    equals("ece", az_quality_ece(&q), (0.3 + 0.8 + 0) / 3);
    equals("mce", az_quality_mce(&q), 0.8);
    double confidence;
    struct az_figure bin = az_quality_curve(&q, 4, &confidence);
    equals("rate of a shared top", bin, 0.5);
    assert_true(confidence == 0.5 && bin.has_interval && bin.n == 1);
    assert_false(az_quality_curve(&q, 0, &confidence).defined);
    az_quality_release(&q);
}

static void sure_and_wrong_is_finite(void **state)
{
    static const double p[] = {1, 0};
    struct az_quality q;
    az_quality_init(&q, 10);
    assert_false(az_quality_log_loss(&q).defined);
    assert_non_null(az_quality_ece(&q).reason);
    assert_non_null(az_quality_mce(&q).reason);
    assert_int_equal(az_quality_add(&q, 1, p, 2, 1), 0);
    equals("log loss", az_quality_log_loss(&q), -log(1e-15));
    assert_int_equal(az_quality_log_loss(&q).n, 1);
    az_quality_release(&q);
}

static void out_of_memory(void **state)
{
    static const double p[] = {0.5, 0.5};
    for (int nth = 1; nth <= 2; nth++) {
        struct az_quality q;
        az_quality_init(&q, 10);
        az_fault_alloc(nth);
        assert_int_equal(az_quality_add(&q, 1, p, 2, 1), AZ_ENOMEM);
        az_fault_alloc(0);
        az_quality_release(&q);
    }
}

/* ---- against values that other packages agree on ---- */

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

static double number(az_jv v, const char *name)
{
    double x;
    if (!az_jv_num(az_jv_path(v, name), &x))
        fail_msg("no number '%s'", name);
    return x;
}

static void events(az_jv c, const char *ece, size_t bins)
{
    az_jv p = az_jv_first(az_jv_get(c, "p")), y = az_jv_first(az_jv_get(c, "y"));
    struct az_quality q;
    az_quality_init(&q, bins);
    for (uint64_t i = 0; p; p = az_jv_next(p), y = az_jv_next(y), i++) {
        double chance, came;
        assert_true(az_jv_num(p, &chance) && az_jv_num(y, &came));
        assert_int_equal(az_quality_add_event(&q, i, chance, came == 1), 0);
    }
    /* expected.json has 13 digits */
    assert_true(fabs(az_quality_ece(&q).value - number(c, ece)) < 1e-12);
    if (bins == 10)
        assert_true(fabs(az_quality_mce(&q).value - number(c, "mce10")) < 1e-12);
    assert_true(fabs(az_quality_brier(&q).value - number(c, "brier")) < 1e-12);
    const char *loss = az_jv_get(c, "log_loss") ? "log_loss" : "log_loss_clip_1e_15";
    assert_true(fabs(az_quality_log_loss(&q).value - number(c, loss)) < 1e-11);
    az_quality_release(&q);
}

static void softmax(az_jv logits, double *p)
{
    double sum = 0;
    for (size_t k = 0; k < LABELS; k++, logits = az_jv_next(logits)) {
        assert_true(az_jv_num(logits, &p[k]));
        p[k] = exp(p[k]);
        sum += p[k];
    }
    for (size_t k = 0; k < LABELS; k++)
        p[k] /= sum;
}

static void labels(az_jv c)
{
    az_jv row = az_jv_first(az_jv_get(c, "logits")), y = az_jv_first(az_jv_get(c, "y"));
    struct az_quality q;
    az_quality_init(&q, 10);
    for (uint64_t i = 0; row; row = az_jv_next(row), y = az_jv_next(y), i++) {
        double p[LABELS];
        int64_t truth;
        assert_true(az_jv_int(y, &truth));
        softmax(az_jv_first(row), p);
        assert_int_equal(az_quality_add(&q, i, p, LABELS, (size_t)truth), 0);
    }
    assert_true(fabs(az_quality_ece(&q).value - number(c, "top_label_ece10")) < 1e-12);
    assert_true(fabs(az_quality_brier(&q).value - number(c, "brier")) < 1e-12);
    assert_true(fabs(az_quality_log_loss(&q).value - number(c, "log_loss")) < 1e-11);
    az_quality_release(&q);
}

static void as_other_packages(void **state)
{
    const char *dir = getenv("ASSIZE_TEST_DATA");
    if (!dir) {
        print_message("skipped: ASSIZE_TEST_DATA is not set\n");
        skip();
    }
    AZ_AUTO_BUF path = az_buf(1 << 16);
    az_buf_fmt(&path, "%s/calibration/expected.json", dir);
    AZ_AUTO_MEM char *text = read_all(path.p);
    AZ_AUTO(json) doc = NULL;
    assert_int_equal(az_json_parse(az_str(text), &doc, NULL), 0);
    az_jv scores = az_jv_get(az_json_root(doc), "scores");
    events(az_jv_get(scores, "binary"), "ece10", 10);
    events(az_jv_get(scores, "binary"), "ece15", 15);
    events(az_jv_get(scores, "edges"), "ece10", 10);
    labels(az_jv_get(scores, "multiclass"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_hand),
        cmocka_unit_test(sure_and_wrong_is_finite),
        cmocka_unit_test(out_of_memory),
        cmocka_unit_test(as_other_packages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
