#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/mem.h"
#include "statistics/agreement/bias.h"
#include "statistics/agreement/pairs.h"

/* '1' … '9' are labels 0 … 8, '-' is missing. */
static int label_of(char c)
{
    return c == '-' ? -1 : c - '1';
}

static void kappa_table(void **state)
{
    (void)state;
    static const struct {
        const char *name, *a, *b;
        int n;
        double percent, kappa; /* NAN = undefined */
    } cases[] = {
        {"the same throughout", "1212", "1212", 4, 1, 1},
        {"never the same", "1122", "2211", 4, 0, -1},
        {"chance", "1122", "1212", 4, 0.5, 0},
        {"three labels", "112233", "112232", 6, 5.0 / 6, 0.75},
        {"a judge that never changes", "111111", "112111", 6, 5.0 / 6, 0},
        {"two that never change, apart", "1111", "2222", 4, 0, 0},
        {"two that never change, together", "1111", "1111", 4, 1, NAN},
        {"one item, together", "2", "2", 1, 1, NAN},
        {"one item, apart", "2", "1", 1, 0, 0},
        {"missing is left out", "1-1-2", "11--2", 2, 1, 1},
        {"nothing in common", "1--", "-11", 0, NAN, NAN},
    };
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        int64_t margins[18] = {0};
        struct az_kappa k;
        az_kappa_init(&k, 9, margins);
        for (size_t j = 0; cases[i].a[j]; j++)
            az_kappa_add(&k, label_of(cases[i].a[j]), label_of(cases[i].b[j]));

        struct az_figure percent = az_kappa_percent(&k), kappa = az_kappa_figure(&k);
        if (percent.n != cases[i].n || kappa.n != cases[i].n)
            fail_msg("%s: n is %d", cases[i].name, (int)kappa.n);
        if (percent.defined == isnan(cases[i].percent) || kappa.defined == isnan(cases[i].kappa))
            fail_msg("%s: defined %d %d", cases[i].name, percent.defined, kappa.defined);
        if (percent.defined == (percent.reason != NULL) || kappa.defined == (kappa.reason != NULL))
            fail_msg("%s: a reason where there is a value, or none", cases[i].name);
        if (percent.defined && fabs(percent.value - cases[i].percent) > 1e-12)
            fail_msg("%s: percent %.17g", cases[i].name, percent.value);
        if (kappa.defined && fabs(kappa.value - cases[i].kappa) > 1e-12)
            fail_msg("%s: kappa %.17g", cases[i].name, kappa.value);
    }
}

static void pairs_of_a_panel(void **state)
{
    (void)state;
    struct az_pairs p;
    assert_int_equal(az_pairs_init(&p, 3, 2), 0);
    const int items[][3] = {{0, 0, 1}, {1, 1, -1}, {0, 1, 0}, {0, 0, 0}};
    for (size_t i = 0; i < AZ_LEN(items); i++)
        az_pairs_add(&p, items[i]);

    assert_int_equal(az_pairs_of(&p, 0, 1)->n, 4);
    assert_int_equal(az_pairs_of(&p, 0, 1)->agree, 3);
    assert_ptr_equal(az_pairs_of(&p, 2, 1), az_pairs_of(&p, 1, 2));
    assert_int_equal(az_pairs_of(&p, 2, 1)->n, 3);
    assert_int_equal(az_pairs_of(&p, 1, 2)->agree, 1);
    /* 3/4, 2/3 (0 and 2), 1/3 (1 and 2). */
    assert_true(fabs(az_pairs_percent(&p).value - (3.0 / 4 + 2.0 / 3 + 1.0 / 3) / 3) < 1e-12);
    assert_int_equal(az_pairs_percent(&p).n, 3);
    assert_int_equal(az_alpha_figure(&p.alpha, AZ_ALPHA_NOMINAL).n, 4);
    az_pairs_release(&p);

    assert_int_equal(az_pairs_init(&p, 1, 2), 0); /* a panel of one */
    az_pairs_add(&p, items[0]);
    assert_false(az_pairs_percent(&p).defined);
    assert_string_equal(az_pairs_kappa(&p).reason, "no pair of judges has one");
    az_pairs_release(&p);
}

static void pairs_without_memory(void **state)
{
    (void)state;
    int r = AZ_ENOMEM, nth = 1;
    for (; r == AZ_ENOMEM; nth++) {
        struct az_pairs p;
        az_fault_alloc(nth);
        r = az_pairs_init(&p, 4, 3);
        az_fault_alloc(0);
        if (r == 0)
            az_pairs_release(&p);
        else
            assert_null(p.kappas);
    }
    assert_int_equal(r, 0);
    assert_int_equal(nth, 6); /* four allocations */
}

/* A = 1, B = 2, tie = 3; what it said with A first, then with B first. */
static void bias_table(void **state)
{
    (void)state;
    static const struct {
        const char *name, *a_first, *b_first;
        int n;
        double flip, reversal, position;
    } cases[] = {
        {"steady", "1212", "1212", 4, 0, 0, 0},
        {"always the first", "1111", "2222", 4, 1, 1, 1},
        {"always the second", "2222", "1111", 4, 1, 1, -1},
        {"to a tie is a flip, no reversal", "1133", "1313", 4, 0.5, 0, 0},
        {"half read is left out", "1-12", "1222", 3, 1.0 / 3, 1.0 / 3, 1.0 / 3},
    };
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        struct az_bias b = {0};
        for (size_t j = 0; cases[i].a_first[j]; j++)
            assert_int_equal(
                az_bias_add(&b, j, label_of(cases[i].a_first[j]), label_of(cases[i].b_first[j])),
                0);
        struct az_figure flip = az_bias_flip_rate(&b), reversal = az_bias_reversal_rate(&b),
                         position = az_bias_position(&b);
        if (flip.n != cases[i].n || fabs(flip.value - cases[i].flip) > 1e-12 ||
            fabs(reversal.value - cases[i].reversal) > 1e-12 ||
            fabs(position.value - cases[i].position) > 1e-12)
            fail_msg("%s: got %g %g %g of %d", cases[i].name, flip.value, reversal.value,
                     position.value, (int)flip.n);
        assert_true(position.has_interval && position.low >= -1 && position.high <= 1);
        az_bias_release(&b);
    }

    struct az_bias none = {0};
    assert_int_equal(az_bias_add(&none, 1, -1, 0), 0);
    assert_string_equal(az_bias_flip_rate(&none).reason, "no item was read in both orders");
    assert_false(az_bias_position(&none).defined);
    az_bias_release(&none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kappa_table),
        cmocka_unit_test(pairs_of_a_panel),
        cmocka_unit_test(pairs_without_memory),
        cmocka_unit_test(bias_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
