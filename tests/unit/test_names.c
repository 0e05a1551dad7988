#include "workers/names.h"

#include "core/mem.h"
#include "tests/unit/unit.h"

static void names_once(void **state)
{
    (void)state;
    struct az_names t = {0};
    assert_int_equal(az_names_find(&t, AZ_STR("a")), AZ_NAME_NONE);
    uint32_t a = az_names_add(&t, AZ_STR("a")), empty = az_names_add(&t, AZ_STR(""));
    assert_int_not_equal(a, AZ_NAME_NONE);
    assert_int_not_equal(a, empty);
    assert_int_equal(az_names_add(&t, AZ_STR("a")), a);
    assert_int_equal(az_names_find(&t, AZ_STR("")), empty);
    assert_int_equal(az_names_find(&t, AZ_STR("b")), AZ_NAME_NONE);
    assert_true(az_str_eqz(az_names_get(&t, a), "a"));
    assert_null(az_names_get(&t, AZ_NAME_NONE).p);
    az_names_release(&t);
}

static void names_many(void **state)
{
    (void)state;
    struct az_names t = {0};
    char text[16];
    for (int round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < 5000; i++) {
            snprintf(text, sizeof(text), "n%u", i);
            assert_int_equal(az_names_add(&t, az_str(text)), i + 1);
        }
    }
    assert_int_equal(t.n, 5000);
    for (uint32_t i = 0; i < 5000; i++) {
        snprintf(text, sizeof(text), "n%u", i);
        assert_true(az_str_eqz(az_names_get(&t, i + 1), text));
    }
    az_names_release(&t);
}

static void names_without_memory(void **state)
{
    (void)state;
    uint32_t got = AZ_NAME_NONE;
    for (int nth = 1; got == AZ_NAME_NONE; nth++) {
        struct az_names t = {0};
        az_fault_alloc(nth);
        got = az_names_add(&t, AZ_STR("a"));
        az_fault_alloc(0);
        assert_int_equal(az_names_find(&t, AZ_STR("a")), got);
        az_names_release(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_once),
        cmocka_unit_test(names_many),
        cmocka_unit_test(names_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
