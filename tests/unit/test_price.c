#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/price.h"

/* 1 USD per million tokens is 1,000,000 pico-dollars, 1000 nano-dollars, each. */
static const struct {
    const char *name;
    int64_t input, output, cached;
    int64_t in, hit, out;
    az_nusd want;
} costs[] = {
    {"plain", 2000000, 8000000, 500000, 1000, 0, 100, 2000000 + 800000},
    {"cached inside input", 2000000, 8000000, 500000, 1000, 600, 0, 800000 + 300000},
    {"rounded up", 1, 0, 1, 1, 0, 0, 1},
    {"not twice", 500, 500, 500, 1, 0, 1, 1},
    {"nothing", 2000000, 8000000, 500000, 0, 0, 0, 0},
    {"more cached than input", 2000000, 0, 500000, 10, 20, 0, 5000},
    {"negative cached", 2000000, 0, 500000, 10, -5, 0, 20000},
    {"too much for a number", INT64_MAX, 0, 0, INT64_MAX, 0, 0, INT64_MAX},
};

static void cost_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(costs); i++) {
        struct az_price p = {true, costs[i].input, costs[i].output, costs[i].cached};
        az_nusd got = az_price_cost(&p, costs[i].in, costs[i].hit, costs[i].out);
        if (got != costs[i].want)
            fail_msg("%s: got %lld", costs[i].name, (long long)got);
    }
}

static void worst(void **state)
{
    (void)state;
    struct az_price p = {true, 2000000, 8000000, 500000};
    assert_int_equal(az_price_worst(&p, 4000, 512), 4000 * 2000 + 512 * 8000);
    p.cached = 3000000; /* dearer than plain: it counts */
    assert_int_equal(az_price_worst(&p, 4000, 0), 4000 * 3000);
    /* No call can cost more than its worst. */
    for (int64_t hit = 0; hit <= 4000; hit += 500)
        assert_true(az_price_cost(&p, 4000, hit, 512) <= az_price_worst(&p, 4000, 512));
}

static void unknown_prices(void **state)
{
    (void)state;
    struct az_price p = {false, 2000000, 8000000, 500000};
    assert_int_equal(az_price_cost(&p, 1000, 0, 1000), 0);
    assert_int_equal(az_price_worst(&p, 1000, 1000), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cost_table),
        cmocka_unit_test(worst),
        cmocka_unit_test(unknown_prices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
