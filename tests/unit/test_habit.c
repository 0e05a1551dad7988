#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "statistics/agreement/decisive.h"
#include "statistics/agreement/habit.h"
#include "statistics/special.h"

static void equals(struct az_figure f, double want, double within)
{
    if (!f.defined || !(fabs(f.value - want) <= within))
        fail_msg("%.15g (defined %d), want %.15g", f.value, f.defined, want);
}

static void undefined(struct az_figure f)
{
    assert_false(f.defined);
    assert_non_null(f.reason);
}

/* x and y both follow z and nothing else: correlated, and not once z is held still. */
static void partial_takes_the_truth_out(void **state)
{
    static const double e[][2] = {{1, 1}, {1, -1}, {-1, 1}, {-1, -1}};
    struct az_partial p = {0};
    for (int i = 0; i < 8; i++) {
        double z = i < 4 ? 1 : -1;
        az_partial_add(&p, z + e[i % 4][0], z + e[i % 4][1], z);
    }
    equals(az_pearson_figure(&p.xy), 0.5, 1e-12);
    equals(az_partial_figure(&p), 0, 1e-12);
    assert_true(az_partial_figure(&p).has_interval);
}

static void partial_table(void **state)
{
    static const struct {
        const char *name;
        int n;
        double v[6][3];
        double want; /* NAN = undefined */
    } cases[] = {
        {"four items", 4, {{1, 1, 0}, {2, 2, 1}, {3, 2, 0}, {4, 4, 1}}, NAN},
        {"x never changes", 5, {{1, 1, 0}, {1, 2, 1}, {1, 3, 0}, {1, 4, 1}, {1, 0, 0}}, NAN},
        {"z never changes", 5, {{1, 1, 1}, {2, 2, 1}, {3, 3, 1}, {4, 4, 1}, {5, 5, 1}}, 1},
        {"z fixes x", 5, {{0, 1, 0}, {1, 2, 1}, {0, 3, 0}, {1, 4, 1}, {0, 0, 0}}, NAN},
    };
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        struct az_partial p = {0};
        for (int j = 0; j < cases[i].n; j++)
            az_partial_add(&p, cases[i].v[j][0], cases[i].v[j][1], cases[i].v[j][2]);
        if (isnan(cases[i].want))
            undefined(az_partial_figure(&p));
        else
            equals(az_partial_figure(&p), cases[i].want, 1e-12);
    }
}

static void own_family(void **state)
{
    struct az_own o = {0};
    undefined(az_own_figure(&o));
    assert_int_equal(az_own_add(&o, 1, 1, 1), 0);
    assert_int_equal(az_own_add(&o, 2, 1, 0), 0);
    assert_int_equal(az_own_add(&o, 3, 0.5, 0), 0);
    equals(az_own_figure(&o), 0.5, 1e-12);
    assert_true(az_own_figure(&o).high <= 1);
    az_own_release(&o);
}

/* Knows nine in ten, and passes 3 in 4 of what it does not know. */
static void lenient_guesses(void **state)
{
    struct az_lenient l = {.good = 1000, .bad = 1000, .good_passed = 975, .bad_passed = 75};
    equals(az_lenient_figure(&l), 0.75, 1e-12);
    struct az_lenient none = {0};
    undefined(az_lenient_figure(&none));
    az_lenient_add(&none, true, true);
    az_lenient_add(&none, false, false);
    undefined(az_lenient_figure(&none)); /* no error */
    az_lenient_add(&none, false, true);
    equals(az_lenient_figure(&none), 1, 0);
}

static void within_a_judge(void **state)
{
    static const int same[] = {4, 0}, half[] = {2, 2}, one[] = {1, 0};
    struct az_within w = {0};
    assert_int_equal(az_within_add(&w, 1, one, 2), 0);
    undefined(az_within_figure(&w));
    assert_int_equal(az_within_add(&w, 2, same, 2), 0);
    assert_int_equal(az_within_add(&w, 3, half, 2), 0);
    equals(az_within_figure(&w), (1 + 1.0 / 3) / 2, 1e-12);
    assert_int_equal(az_within_figure(&w).n, 2);
    az_within_release(&w);
}

static void scale_use(void **state)
{
    struct az_scale s;
    az_scale_init(&s, 1, 5, 5);
    undefined(az_scale_mean(&s));
    undefined(az_scale_ends(&s));
    undefined(az_scale_levels_used(&s));
    az_scale_add(&s, 5);
    undefined(az_scale_deviation(&s));
    az_scale_add(&s, 4);
    az_scale_add(&s, 5);
    az_scale_add(&s, 4);
    equals(az_scale_mean(&s), 4.5, 1e-12);
    equals(az_scale_deviation(&s), sqrt(1.0 / 3), 1e-12);
    equals(az_scale_ends(&s), 0.5, 1e-12);
    equals(az_scale_levels_used(&s), 2, 1e-12);
}

/* A judge that is decisive by 3, and kind to system 0. */
static void decisiveness(void **state)
{
    static const double truth[] = {0.2, 0.35, 0.45, 0.6, 0.7, 0.9};
    struct az_duel v[AZ_LEN(truth)];
    bool edge;
    for (size_t i = 0; i < AZ_LEN(v); i++)
        v[i] = (struct az_duel){i % 3, 3 + i % 2, truth[i], az_beta_inc(3, 3, truth[i]), 100};
    equals(az_decisive_alpha(v, AZ_LEN(v), &edge), 3, 1e-6);
    assert_false(edge);

    double bias[6];
    int64_t met[6];
    v[0].judged += 0.1;
    struct az_figure f = az_decisive_bias(v, AZ_LEN(v), 3, bias, 6, met);
    assert_true(fabs(bias[0] - 0.05) < 1e-9 && fabs(bias[3] + 0.1 / 3) < 1e-9);
    assert_true(met[0] == 2 && met[5] == 0 && bias[5] == 0 && f.n == 5);

    for (size_t i = 0; i < AZ_LEN(v); i++)
        v[i].judged = v[i].truth > 0.5;
    assert_true(az_decisive_alpha(v, AZ_LEN(v), &edge).defined && edge);
    undefined(az_decisive_alpha(v, 2, &edge));
    for (size_t i = 0; i < AZ_LEN(v); i++)
        v[i].truth = 0.5;
    undefined(az_decisive_alpha(v, AZ_LEN(v), &edge));
    undefined(az_decisive_bias(v, 0, 1, bias, 6, met));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(partial_takes_the_truth_out),
        cmocka_unit_test(partial_table),
        cmocka_unit_test(own_family),
        cmocka_unit_test(lenient_guesses),
        cmocka_unit_test(within_a_judge),
        cmocka_unit_test(scale_use),
        cmocka_unit_test(decisiveness),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
