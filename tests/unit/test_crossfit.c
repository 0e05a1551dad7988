#include <math.h>
#include <string.h>

#include "core/mem.h"
#include "core/rng.h"
#include "statistics/calibrate/crossfit.h"
#include "tests/unit/unit.h"

enum { N = 900, LABELS = 3, ALL_KINDS = (1 << AZ_CALIBRATOR_KINDS) - 1 };

static double z[N * LABELS];
static int32_t truth[N];
static uint64_t cluster[N];

/* Logits of which the truth follows softmax(slope z + b); `labelled` of them known. */
static struct az_logits draw(size_t n_labels, size_t labelled, double slope, const double *b)
{
    struct az_rng rng = az_rng(6);
    for (size_t i = 0; i < N; i++) {
        double u[LABELS], at = az_rng_unit(&rng);
        for (size_t k = 0; k < n_labels; k++) {
            z[i * n_labels + k] = 6 * az_rng_unit(&rng) - 3;
            u[k] = slope * z[i * n_labels + k] + (b ? b[k] : 0);
        }
        az_softmax(u, n_labels, 1, u);
        size_t k = 0;
        for (double sum = u[0]; k + 1 < n_labels && at >= sum; sum += u[++k])
            ;
        truth[i] = i < labelled ? (int32_t)k : -1;
        cluster[i] = i / 2;
    }
    return (struct az_logits){.n = N, .n_labels = n_labels, .z = z, .truth = truth};
}

static void chooses(void **state)
{
    (void)state;
    static const double b[] = {1.5, 0, -1.5};
    struct az_crossfit c;
    struct az_logits l = draw(3, 300, 1, NULL);
    assert_int_equal(az_crossfit(&l, cluster, 0,
                                 1 << AZ_CALIBRATOR_NONE | 1 << AZ_CALIBRATOR_TEMPERATURE, 5, 1,
                                 &c),
                     0);
    assert_true(fabs(c.loss[AZ_CALIBRATOR_NONE] - c.loss[AZ_CALIBRATOR_TEMPERATURE]) < 0.02);
    az_crossfit_release(&c);

    l = draw(3, 300, 0.3, NULL); /* sure of itself: one slope mends it */
    assert_int_equal(az_crossfit(&l, cluster, 7, ALL_KINDS, 5, 1, &c), 0);
    assert_true(c.map.kind == AZ_CALIBRATOR_TEMPERATURE || c.map.kind == AZ_CALIBRATOR_PLATT);
    assert_true(c.log_loss.value < c.raw.value - 0.1);
    assert_int_equal(c.log_loss.n, 300);
    assert_false(c.tried[AZ_CALIBRATOR_ISOTONIC]); /* too few for curves */
    az_crossfit_release(&c);

    l = draw(3, 300, 0.3, b); /* labels that are too frequent: intercepts do */
    assert_int_equal(az_crossfit(&l, cluster, 7, ALL_KINDS, 5, 1, &c), 0);
    assert_true(c.map.kind == AZ_CALIBRATOR_PLATT || c.map.kind == AZ_CALIBRATOR_VECTOR);
    assert_string_equal(az_calibrator_name(AZ_CALIBRATOR_PLATT), "platt");
    az_crossfit_release(&c);

    l = draw(2, 800, 1, NULL);
    for (size_t i = 0; i < 800; i++) /* a staircase that no line can follow */
        truth[i] = (i * 7919 % 100) < (z[2 * i + 1] - z[2 * i] > 2 ? 95 : 50);
    assert_int_equal(az_crossfit(&l, cluster, 2, ALL_KINDS, 5, 1, &c), 0);
    assert_int_equal(c.map.kind, AZ_CALIBRATOR_ISOTONIC);
    for (size_t i = 0; i < N; i++)
        assert_true(c.q[2 * i] > 0 && fabs(c.q[2 * i] + c.q[2 * i + 1] - 1) < 1e-12);
    az_crossfit_release(&c);
}

/* The label of an item, or of one in its cluster, changes no digit of its own row. */
static void no_item_is_seen(void **state)
{
    (void)state;
    static double before[N * 2];
    struct az_crossfit c;
    struct az_logits l = draw(2, 200, 0.7, NULL);
    double w[N];
    for (size_t i = 0; i < N; i++)
        w[i] = 1;
    l.w = w;
    assert_int_equal(az_crossfit(&l, cluster, 2, ALL_KINDS, 5, 1, &c), 0);
    memcpy(before, c.q, sizeof(before));
    az_crossfit_release(&c);
    for (size_t item = 0; item < 200; item += 23) {
        /* the folds depend on classes: swap with an item of the same fold is not needed,
         * for two labels of one cluster are swapped, which leaves its class */
        size_t other = item ^ 1;
        if (truth[item] == truth[other])
            continue;
        int32_t t = truth[item];
        truth[item] = truth[other];
        truth[other] = t;
        assert_int_equal(az_crossfit(&l, cluster, 2, ALL_KINDS, 5, 1, &c), 0);
        assert_memory_equal(before + 2 * item, c.q + 2 * item, 2 * sizeof(double));
        assert_memory_equal(before + 2 * other, c.q + 2 * other, 2 * sizeof(double));
        assert_true(memcmp(before, c.q, sizeof(before)) != 0);
        az_crossfit_release(&c);
        t = truth[item];
        truth[item] = truth[other];
        truth[other] = t;
    }
}

/* Places only: no map may prefer one, whatever the labels say. */
static void places_are_alike(void **state)
{
    (void)state;
    static const double b[] = {2, 0};
    struct az_crossfit c;
    struct az_logits l = draw(2, N, 0.5, b);
    static const double even[] = {1, 1};
    double q[2];
    for (enum az_calibrator_kind kind = 0; kind < AZ_CALIBRATOR_KINDS; kind++) {
        if (kind == AZ_CALIBRATOR_VECTOR)
            continue;
        assert_int_equal(az_crossfit(&l, cluster, 0, 1u << kind, 5, 1, &c), 0);
        assert_int_equal(c.map.kind, kind);
        az_calibrator_apply(&c.map, even, 2, q);
        assert_true(fabs(q[0] - 0.5) < 1e-12);
        az_crossfit_release(&c);
    }
}

static void too_few(void **state)
{
    (void)state;
    struct az_crossfit c;
    struct az_logits l = draw(2, 18, 1, NULL); /* nine clusters */
    double q[2];
    assert_int_equal(az_crossfit(&l, cluster, 2, ALL_KINDS, 5, 1, &c), 0);
    assert_non_null(c.reason);
    assert_int_equal(c.map.kind, AZ_CALIBRATOR_NONE);
    az_softmax(z, 2, 1, q);
    assert_true(c.q[0] == q[0] && c.q[1] == q[1]);
    az_crossfit_release(&c);
    l = draw(2, 0, 1, NULL);
    assert_int_equal(az_crossfit(&l, NULL, 2, ALL_KINDS, 5, 1, &c), 0);
    assert_true(c.reason && !c.log_loss.defined);
    az_crossfit_release(&c);
}

static void out_of_memory(void **state)
{
    (void)state;
    struct az_logits l = draw(2, 600, 1, NULL);
    for (int nth = 1, r = -1; r < 0; nth += 1 + nth / 4) {
        struct az_crossfit c;
        az_fault_alloc(nth);
        r = az_crossfit(&l, cluster, 2, 1 << AZ_CALIBRATOR_PLATT | 1 << AZ_CALIBRATOR_ISOTONIC, 3,
                        1, &c);
        az_fault_alloc(0);
        assert_true((r == 0 || r == AZ_ENOMEM) && nth < 10000);
        if (r == 0)
            az_crossfit_release(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chooses),          cmocka_unit_test(no_item_is_seen),
        cmocka_unit_test(places_are_alike), cmocka_unit_test(too_few),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
