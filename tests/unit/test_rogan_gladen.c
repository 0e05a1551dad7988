#include <math.h>

#include "core/rng.h"
#include "statistics/interval/rogan_gladen.h"
#include "tests/unit/unit.h"

static void values(void **state)
{
    (void)state;
    /* Se 0.9, Sp 0.8: of 30 % judged yes, (0.3 + 0.8 - 1) / 0.7 are. */
    struct az_rogan_gladen c = {300, 1000, 90, 100, 80, 100};
    struct az_figure f = az_rogan_gladen(&c);
    assert_true(fabs(f.value - 0.1 / 0.7) < 1e-12);
    assert_true(f.has_interval && f.low < f.value && f.high > f.value);
    assert_int_equal(f.n, 200);

    c.said_yes = 190; /* fewer than the false alarms alone: 0, not below */
    f = az_rogan_gladen(&c);
    assert_true(f.value == 0 && f.low == 0 && f.high > 0);

    c = (struct az_rogan_gladen){400, 1000, 1000000, 1000000, 1000000, 1000000};
    f = az_rogan_gladen(&c); /* a judge that never errs: Agresti and Coull's interval */
    assert_true(fabs(f.value - 0.4) < 1e-12 && f.high - f.low < 0.062);
}

static void undefined(void **state)
{
    (void)state;
    static const struct az_rogan_gladen none[] = {
        {0, 0, 9, 10, 9, 10},      /* nothing judged */
        {5, 10, 0, 0, 9, 10},      /* nothing truly yes */
        {5, 10, 9, 10, 0, 0},      /* nothing truly no */
        {5, 10, 50, 100, 50, 100}, /* a coin */
        {5, 10, 10, 100, 10, 100}, /* upside down */
        {5, 10, 3, 4, 3, 4},       /* too few to tell */
    };
    for (size_t i = 0; i < AZ_LEN(none); i++) {
        struct az_figure f = az_rogan_gladen(&none[i]);
        assert_false(f.defined);
        assert_non_null(f.reason);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values),
        cmocka_unit_test(undefined),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
