#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/mem.h"
#include "statistics/agreement/fleiss.h"

/* A line an item, a digit a judge, '-' missing; what comes is a number or a reason. */
static const struct {
    const char *name, *items[4], *reason;
    size_t judges;
    double want;
} cases[] = {
    {"perfect", {"00", "11"}, NULL, 2, 1},
    {"opposite", {"01", "10"}, NULL, 2, -1},
    /* agreeing 1, 1/3, 1/3; shares 1/3, 2/3 of 9: (5/9 - 41/81) / (40/81) with 4 and 5 */
    {"three judges", {"000", "011", "110"}, NULL, 3, (5.0 / 9 - 41.0 / 81) / (40.0 / 81)},
    {"a missing answer drops the item", {"00", "1-", "11"}, NULL, 2, 1},
    {"one label", {"00", "00"}, "all labels are the same", 2, 0},
    {"nothing whole", {"0-", "-1"}, "no item that all gave one answer to", 2, 0},
    {"one judge", {"0", "1"}, "fewer than two judges", 1, 0},
};

static void fleiss_table(void **state)
{
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        struct az_fleiss f;
        assert_int_equal(az_fleiss_init(&f, 2, cases[i].judges), 0);
        for (size_t item = 0; item < AZ_LEN(cases[i].items) && cases[i].items[item]; item++) {
            int labels[3] = {0};
            for (size_t j = 0; j < cases[i].judges; j++)
                labels[j] = cases[i].items[item][j] == '-' ? -1 : cases[i].items[item][j] - '0';
            az_fleiss_add(&f, labels);
        }
        struct az_figure got = az_fleiss_figure(&f);
        if (cases[i].reason)
            assert_string_equal(got.reason, cases[i].reason);
        else if (!(fabs(got.value - cases[i].want) < 1e-12))
            fail_msg("%s: got %g, want %g", cases[i].name, got.value, cases[i].want);
        az_fleiss_release(&f);
    }
}

/* Between levels of their own values: 1, 2 and 10. */
static void weights_of_levels(void **state)
{
    static const double levels[] = {1, 2, 10};
    int64_t margins[6] = {0};
    struct az_weighted_kappa w;
    az_weighted_kappa_init(&w, 3, levels, margins);
    assert_false(az_weighted_kappa_linear(&w).defined);
    az_weighted_kappa_add(&w, 0, 0);
    assert_string_equal(az_weighted_kappa_linear(&w).reason,
                        "both always gave the same one answer");
    az_weighted_kappa_add(&w, 0, 1);
    az_weighted_kappa_add(&w, 2, 2);
    az_weighted_kappa_add(&w, -1, 2);
    /* observed 1; expected (2 (0 + 1 + 9) + 1 (9 + 8 + 0)) / 3 */
    assert_true(fabs(az_weighted_kappa_linear(&w).value - (1 - 3.0 / 37)) < 1e-12);
    assert_true(fabs(az_weighted_kappa_quadratic(&w).value - (1 - 3.0 / 309)) < 1e-12);
    assert_int_equal(az_weighted_kappa_linear(&w).n, 3);
}

static void out_of_memory(void **state)
{
    struct az_fleiss f;
    az_fault_alloc(1);
    assert_int_equal(az_fleiss_init(&f, 2, 2), AZ_ENOMEM);
    az_fault_alloc(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fleiss_table),
        cmocka_unit_test(weights_of_levels),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
