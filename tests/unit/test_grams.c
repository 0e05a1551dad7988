#include "workers/lexical/grams.h"

#include "core/error.h"
#include "core/mem.h"
#include "tests/unit/unit.h"

static void grams_in_order_of_first_sight(void **state)
{
    (void)state;
    struct az_grams g;
    assert_int_equal(az_grams_init(&g, 3), 0);
    assert_int_equal(az_grams_find(&g, 1, 2), AZ_GRAM_NONE);
    assert_int_equal(az_grams_add(&g, 1, 2), 1);
    assert_int_equal(az_grams_add(&g, 2, 1), 2);
    assert_int_equal(az_grams_add(&g, 1, 2), 1);
    assert_int_equal(az_grams_add(&g, 0, 0), 3);
    assert_int_equal(az_grams_find(&g, 2, 1), 2);
    assert_int_equal(az_grams_find(&g, 2, 2), AZ_GRAM_NONE);
    az_grams_clear(&g);
    assert_int_equal(az_grams_find(&g, 1, 2), AZ_GRAM_NONE);
    assert_int_equal(az_grams_add(&g, 2, 1), 1);
    az_grams_release(&g);
}

/* As many as were announced, all pairs of 100 by 100. */
static void grams_full(void **state)
{
    (void)state;
    struct az_grams g;
    assert_int_equal(az_grams_init(&g, 10000), 0);
    for (uint32_t i = 0; i < 10000; i++)
        assert_int_equal(az_grams_add(&g, i / 100, i % 100), i + 1);
    for (uint32_t i = 0; i < 10000; i++)
        assert_int_equal(az_grams_find(&g, i / 100, i % 100), i + 1);
    az_grams_release(&g);
}

static void grams_without_memory(void **state)
{
    (void)state;
    for (int nth = 1; nth <= 3; nth++) {
        struct az_grams g;
        az_fault_alloc(nth);
        assert_int_equal(az_grams_init(&g, 10), nth <= 2 ? AZ_ENOMEM : 0);
        az_fault_alloc(0);
        az_grams_release(&g);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grams_in_order_of_first_sight),
        cmocka_unit_test(grams_full),
        cmocka_unit_test(grams_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
