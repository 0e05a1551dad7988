#include <math.h>

#include "core/mem.h"
#include "statistics/calibrate/logit.h"
#include "statistics/calibrate/platt.h"
#include "tests/unit/unit.h"

/* Smoothed, one class or scores that separate the classes have an answer; plain,
 * they have none, and that is said. */
static void no_finite_optimum(void **state)
{
    (void)state;
    static const double s[] = {-2, -1, 1, 2}, apart[] = {0, 0, 1, 1}, ones[] = {1, 1, 1, 1};
    static const double none[] = {0, 0, 0, 0}, same[] = {3, 3, 3, 3}, mixed[] = {0, 1, 1, 1};
    struct az_platt m;
    assert_int_equal(az_platt_fit(s, apart, NULL, 4, false, &m), AZ_ENOENT);
    assert_int_equal(az_platt_fit(s, ones, NULL, 4, false, &m), AZ_ENOENT);
    assert_int_equal(az_platt_fit(s, apart, none, 4, true, &m), AZ_ENOENT);
    assert_int_equal(az_platt_fit(s, apart, NULL, 0, true, &m), AZ_ENOENT);

    assert_int_equal(az_platt_fit(s, apart, NULL, 4, true, &m), 0);
    assert_true(m.a > 0 && fabs(m.b) < 1e-9);
    assert_int_equal(az_platt_fit(s, ones, NULL, 4, true, &m), 0);
    assert_true(fabs(az_platt_apply(&m, 0) - 5.0 / 6.0) < 1e-9);
    assert_int_equal(az_platt_fit(same, mixed, NULL, 4, false, &m), 0);
    assert_true(m.a == 0 && fabs(az_platt_apply(&m, 3) - 0.75) < 1e-9);
}

/* A weight of 2 is the row twice, 0 is not there; a shift of the scores is a
 * shift of b; the plain fit keeps the mean. */
static void weights_and_shifts(void **state)
{
    (void)state;
    static const double s[] = {-1, 0, 0.5, 1, 2, 7}, y[] = {0, 1, 0, 1, 1, 0};
    static const double w[] = {1, 2, 1, 1, 1, 0};
    static const double s2[] = {-1, 0, 0, 0.5, 1, 2}, y2[] = {0, 1, 1, 0, 1, 1};
    double far[6], mean = 0, sum = 0;
    struct az_platt a, b, c;
    assert_int_equal(az_platt_fit(s, y, w, 6, false, &a), 0);
    assert_int_equal(az_platt_fit(s2, y2, NULL, 6, false, &b), 0);
    assert_true(fabs(a.a - b.a) < 1e-9 && fabs(a.b - b.b) < 1e-9);
    for (size_t i = 0; i < 6; i++) {
        far[i] = s2[i] + 1e6;
        mean += az_platt_apply(&b, s2[i]);
        sum += y2[i];
    }
    assert_true(fabs(mean - sum) < 1e-9);
    assert_int_equal(az_platt_fit(far, y2, NULL, 6, false, &c), 0);
    assert_true(fabs(c.a - b.a) < 1e-5);
    assert_true(fabs(az_platt_apply(&c, far[3]) - az_platt_apply(&b, s2[3])) < 1e-5);
}

enum { ITEMS = 300, LABELS = 3 };

/* Gold drawn by a known law from logits, deterministic. */
static void draw(double *z, int32_t *truth, const double *a, const double *b)
{
    uint64_t x = 88172645463325252u;
    for (size_t i = 0; i < ITEMS; i++) {
        double u[LABELS], q[LABELS], at = 0;
        for (size_t k = 0; k < LABELS; k++) {
            x ^= x << 13, x ^= x >> 7, x ^= x << 17;
            z[i * LABELS + k] = 4 * ((double)(x >> 11) * 0x1p-53) - 2;
            u[k] = a[k] * z[i * LABELS + k] + b[k];
        }
        az_softmax(u, LABELS, 1, q);
        x ^= x << 13, x ^= x >> 7, x ^= x << 17;
        at = (double)(x >> 11) * 0x1p-53;
        truth[i] = at < q[0] ? 0 : at < q[0] + q[1] ? 1 : 2;
    }
}

static double loss_of(const struct az_platt_many *m, const struct az_logits *l)
{
    double sum = 0, q[LABELS];
    for (size_t i = 0; i < l->n; i++) {
        az_platt_many_apply(m, l->z + i * LABELS, LABELS, q);
        sum -= log(q[l->truth[i]]);
    }
    return sum / (double)l->n;
}

static void many_labels(void **state)
{
    (void)state;
    static double z[ITEMS * LABELS];
    static int32_t truth[ITEMS];
    static const double a[] = {2, 2, 0.5}, b[] = {1, 0, -1};
    struct az_logits l = {ITEMS, LABELS, z, NULL, truth, NULL};
    struct az_platt_many one, common, own;
    draw(z, truth, a, b);
    assert_int_equal(az_platt_many_fit(&l, 0, false, &one), 0);
    assert_int_equal(az_platt_many_fit(&l, 7, false, &common), 0);
    assert_int_equal(az_platt_many_fit(&l, 7, true, &own), 0);
    assert_true(one.b[0] == 0 && one.a[0] == one.a[2]);
    assert_true(common.a[0] == common.a[2] && common.b[0] > common.b[1] + 0.5);
    assert_true(own.a[0] > own.a[2] + 0.5);
    assert_true(loss_of(&own, &l) < loss_of(&common, &l));
    assert_true(loss_of(&common, &l) < loss_of(&one, &l));

    /* a class that never came stays possible; nothing labelled is said */
    for (size_t i = 0; i < ITEMS; i++)
        truth[i] = truth[i] == 1 ? 0 : truth[i];
    double q[LABELS];
    assert_int_equal(az_platt_many_fit(&l, 7, true, &own), 0);
    az_platt_many_apply(&own, z, LABELS, q);
    assert_true(q[1] > 0 && isfinite(own.b[1]));
    for (size_t i = 0; i < ITEMS; i++)
        truth[i] = -1;
    assert_int_equal(az_platt_many_fit(&l, 7, true, &own), AZ_ENOENT);
}

static void out_of_memory(void **state)
{
    (void)state;
    static const double s[] = {-1, 0, 1, 2}, y[] = {0, 1, 0, 1};
    struct az_platt m;
    az_fault_alloc(1);
    assert_int_equal(az_platt_fit(s, y, NULL, 4, true, &m), AZ_ENOMEM);
    az_fault_alloc(0);
}

static void sigmoid_ends(void **state)
{
    (void)state;
    assert_true(az_sigmoid(800) == 1 && az_sigmoid(-800) == 0 && az_sigmoid(0) == 0.5);
    assert_true(az_log1pexp(800) == 800 && az_log1pexp(-800) == 0);
    assert_true(fabs(az_sigmoid(az_logit(0.125)) - 0.125) < 1e-15);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_finite_optimum), cmocka_unit_test(weights_and_shifts),
        cmocka_unit_test(many_labels),       cmocka_unit_test(out_of_memory),
        cmocka_unit_test(sigmoid_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
