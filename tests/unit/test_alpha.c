#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/error.h"
#include "core/mem.h"
#include "statistics/agreement/alpha.h"

/* Items apart by spaces; in an item '1' … '9' a seat, '-' missing. */
static void add_items(struct az_alpha *a, struct az_alpha_scores *s, const char *items)
{
    while (*items) {
        int labels[16];
        double scores[16];
        bool has[16];
        size_t n = 0;
        for (; *items && *items != ' '; items++, n++) {
            labels[n] = *items == '-' ? -1 : *items - '1';
            scores[n] = *items - '0';
            has[n] = *items != '-';
        }
        az_alpha_add(a, labels, n);
        az_alpha_scores_add(s, scores, has, n);
        items += *items == ' ';
    }
}

static void check(const char *name, struct az_figure f, double want, int64_t n)
{
    if (f.n != n || f.defined == isnan(want) || f.defined == (f.reason != NULL))
        fail_msg("%s: defined %d, n %d, reason %s", name, f.defined, (int)f.n,
                 f.reason ? f.reason : "none");
    if (f.defined && fabs(f.value - want) > 1e-9)
        fail_msg("%s: got %.17g, want %.17g", name, f.value, want);
}

/* The second case is Krippendorff's example C of 2011: .743 .815 .849. */
static void alpha_table(void **state)
{
    (void)state;
    static const struct {
        const char *name, *items;
        int n;
        double nominal, ordinal, interval;
    } cases[] = {
        {"perfect", "11 22 33 11", 4, 1, 1, 1},
        {"krippendorff 2011", "11-1 2232 3333 3333 2222 1234 4444 1121 2222 -555 --11 -3--", 11,
         0.7434210526316, 0.8153875037549, 0.8491071428571},
        {"opposite", "12 21 12 21", 4, -0.75, -0.75, -0.75},
        {"all the same", "111 111", 2, NAN, NAN, NAN},
        {"one item", "121", 1, 0, 0, 0},
        {"one item, the same", "111", 1, NAN, NAN, NAN},
        {"no pair", "1- -2 --", 0, NAN, NAN, NAN},
        {"nothing", "", 0, NAN, NAN, NAN},
    };
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        struct az_alpha a;
        struct az_alpha_scores s = {0};
        assert_int_equal(az_alpha_init(&a, 9), 0);
        add_items(&a, &s, cases[i].items);
        check(cases[i].name, az_alpha_figure(&a, AZ_ALPHA_NOMINAL), cases[i].nominal, cases[i].n);
        check(cases[i].name, az_alpha_figure(&a, AZ_ALPHA_ORDINAL), cases[i].ordinal, cases[i].n);
        check(cases[i].name, az_alpha_scores_figure(&s), cases[i].interval, cases[i].n);
        az_alpha_release(&a);
    }
}

/* Sums about the mean keep their digits far from zero. */
static void scores_far_from_zero(void **state)
{
    (void)state;
    struct az_alpha_scores near_zero = {0}, far = {0};
    const bool has[] = {true, true, true};
    for (int i = 0; i < 1000; i++) {
        double x[] = {i % 7, i % 5, i % 3}, y[3];
        for (int j = 0; j < 3; j++)
            y[j] = x[j] + 1e6;
        az_alpha_scores_add(&near_zero, x, has, 3);
        az_alpha_scores_add(&far, y, has, 3);
    }
    assert_true(
        fabs(az_alpha_scores_figure(&near_zero).value - az_alpha_scores_figure(&far).value) < 1e-9);
}

static void alpha_without_memory(void **state)
{
    (void)state;
    struct az_alpha a;
    for (int nth = 1; nth <= 2; nth++) {
        az_fault_alloc(nth);
        assert_int_equal(az_alpha_init(&a, 3), AZ_ENOMEM);
        assert_null(a.coincidence);
    }
    az_fault_alloc(0);
    assert_int_equal(az_alpha_init(&a, 3), 0);
    az_alpha_add(&a, (int[]){0, 1}, 2);
    az_fault_alloc(1);
    struct az_figure f = az_alpha_figure(&a, AZ_ALPHA_NOMINAL);
    az_fault_alloc(0);
    assert_false(f.defined);
    assert_string_equal(f.reason, "out of memory");
    az_alpha_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(alpha_table),
        cmocka_unit_test(scores_far_from_zero),
        cmocka_unit_test(alpha_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
