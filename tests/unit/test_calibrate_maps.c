/* Temperature, isotonic and beta maps beyond the published values: what is
 * undefined, weights, and memory that is not there. */
#include <math.h>

#include "core/mem.h"
#include "statistics/calibrate/beta.h"
#include "statistics/calibrate/calibrator.h"
#include "statistics/calibrate/isotonic.h"
#include "statistics/calibrate/temperature.h"
#include "tests/unit/unit.h"

static void temperature_ends(void **state)
{
    (void)state;
    static const double z[] = {2, -1, 0, 3, 1, 1, 5, 9};
    int32_t truth[] = {0, 1, 1, 1};
    struct az_logits l = {.n = 4, .n_labels = 2, .z = z, .truth = truth};
    struct az_temperature t;
    double q[2];
    assert_int_equal(az_temperature_fit(&l, &t),
                     0); /* always right: surer than any count of labels could say */
    assert_true(t.inverse > 20);
    truth[0] = 1;
    truth[1] = truth[3] = 0;
    assert_int_equal(az_temperature_fit(&l, &t), 0); /* always wrong: tells nothing */
    assert_true(t.inverse < 1.1e-4);
    az_temperature_apply(&t, z, 2, q);
    assert_true(fabs(q[0] - 0.5) < 1e-3);

    for (size_t i = 0; i < 4; i++)
        truth[i] = -1;
    assert_int_equal(az_temperature_fit(&l, &t), AZ_ENOENT);
    assert_true(isnan(az_temperature_loss(&l, 1)));
}

/* Sixty labels without a mistake do not say that there will be none. */
static void nothing_is_certain(void **state)
{
    (void)state;
    enum { N = 60 };
    double z[2 * N], q[2];
    int32_t truth[N];
    for (size_t i = 0; i < N; i++) {
        truth[i] = (int32_t)(i % 2);
        z[2 * i] = truth[i] ? -3 : 3;
        z[2 * i + 1] = -z[2 * i];
    }
    struct az_logits l = {.n = N, .n_labels = 2, .z = z, .truth = truth};
    static const enum az_calibrator_kind kinds[] = {AZ_CALIBRATOR_TEMPERATURE,
                                                    AZ_CALIBRATOR_ISOTONIC};
    for (size_t i = 0; i < AZ_LEN(kinds); i++) {
        struct az_calibrator m;
        assert_int_equal(az_calibrator_fit(kinds[i], &l, 0, &m), 0);
        az_calibrator_apply(&m, z, 2, q);
        assert_true(q[0] > 0.9 && q[1] > 1.0 / (4 * N));
        assert_true(fabs(q[0] + q[1] - 1) < 1e-12);
        az_calibrator_release(&m);
    }
}

/* Rows of a different number of labels: the rest of a row is not read. */
static void temperature_of_few(void **state)
{
    (void)state;
    static const double z[] = {1, 0, NAN, 0, 1, NAN, 2, 0, 1};
    static const int32_t truth[] = {0, 0, 0};
    static const int16_t labels[] = {2, 2, 3};
    struct az_logits l = {3, 3, z, labels, truth, NULL};
    struct az_temperature t;
    assert_int_equal(az_temperature_fit(&l, &t), 0);
    assert_true(isfinite(t.inverse) && isfinite(az_temperature_loss(&l, t.inverse)));
}

static void isotonic_edges(void **state)
{
    (void)state;
    static const double x[] = {3, 1, 2, 2}, y[] = {1, 0, 0.5, 0}, w[] = {1, 1, 0, 2};
    static const double none[] = {0, 0, 0, 0};
    struct az_isotonic m = {0};
    assert_int_equal(az_isotonic_fit(x, y, none, 4, &m), AZ_ENOENT);
    assert_int_equal(az_isotonic_fit(x, y, NULL, 0, &m), AZ_ENOENT);
    assert_int_equal(az_isotonic_fit(x, y, w, 4, &m), 0);
    assert_true(az_isotonic_apply(&m, 2) == 0 && az_isotonic_apply(&m, 9) == 1);
    assert_true(az_isotonic_apply(&m, 2.5) == 0.5);
    az_isotonic_release(&m);

    for (int nth = 1, r = -1; r < 0; nth++) {
        az_fault_alloc(nth);
        r = az_isotonic_fit(x, y, w, 4, &m);
        az_fault_alloc(0);
        assert_true(r == 0 || r == AZ_ENOMEM);
        assert_true(nth < 10);
    }
    az_isotonic_release(&m);
}

static void beta_edges(void **state)
{
    (void)state;
    static const double p[] = {0, 0.2, 0.4, 0.6, 0.8, 1}, down[] = {1, 1, 0, 1, 0, 0};
    static const double ones[] = {1, 1, 1, 1, 1, 1}, mixed[] = {0, 0, 1, 0, 1, 1};
    struct az_beta m;
    assert_int_equal(az_beta_fit(p, ones, NULL, 6, AZ_BETA_RISING, &m), AZ_ENOENT);
    assert_int_equal(az_beta_fit(p, down, NULL, 6, AZ_BETA_RISING, &m), 0);
    assert_true(m.a == 0 && m.b == 0 && fabs(m.c) < 1e-9); /* falling: a constant is left */
    assert_int_equal(az_beta_fit(p, mixed, NULL, 6, AZ_BETA_AS_ONE, &m), 0);
    assert_true(m.a > 0 && az_beta_apply(&m, 1) > az_beta_apply(&m, 0));
    assert_true(isfinite(az_beta_apply(&m, 0)));
    az_fault_alloc(1);
    assert_int_equal(az_beta_fit(p, mixed, NULL, 6, AZ_BETA_FREE, &m), AZ_ENOMEM);
    az_fault_alloc(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(temperature_ends),   cmocka_unit_test(nothing_is_certain),
        cmocka_unit_test(temperature_of_few), cmocka_unit_test(isotonic_edges),
        cmocka_unit_test(beta_edges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
