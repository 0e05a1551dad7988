#include "core/map.h"

#include "core/error.h"
#include "core/mem.h"
#include "core/rng.h"
#include "tests/unit/unit.h"

static void map_keeps_and_replaces(void **state)
{
    (void)state;
    struct az_map m = {0};
    int a, b;
    assert_null(az_map_get(&m, 1));
    assert_null(az_map_remove(&m, 1));
    assert_int_equal(az_map_put(&m, 1, &a), 0);
    assert_ptr_equal(az_map_get(&m, 1), &a);
    assert_int_equal(az_map_put(&m, 1, &b), 0);
    assert_ptr_equal(az_map_get(&m, 1), &b);
    assert_int_equal(m.n, 1);
    assert_ptr_equal(az_map_remove(&m, 1), &b);
    assert_null(az_map_get(&m, 1));
    assert_int_equal(m.n, 0);
    az_map_release(&m);
}

static void map_takes_any_key(void **state)
{
    (void)state;
    static const int64_t keys[] = {0, -1, INT64_MIN, INT64_MAX, 1, INT64_C(1) << 32};
    struct az_map m = {0};
    for (size_t i = 0; i < AZ_LEN(keys); i++)
        assert_int_equal(az_map_put(&m, keys[i], (void *)&keys[i]), 0);
    for (size_t i = 0; i < AZ_LEN(keys); i++)
        assert_ptr_equal(az_map_get(&m, keys[i]), &keys[i]);
    az_map_release(&m);
}

/* Against an array that cannot be wrong: few keys, so that chains form, break and
 * wrap around. */
static void map_like_an_array(void **state)
{
    (void)state;
    enum { KEYS = 48, STEPS = 200000 };
    struct az_map m = {0};
    char things[STEPS % 251 + 251];
    void *want[KEYS] = {0};
    struct az_rng rng = az_rng(7);
    for (int step = 0; step < STEPS; step++) {
        int64_t k = (int64_t)(az_rng_next(&rng) % KEYS);
        int64_t key = k * 1000003;
        if (az_rng_next(&rng) % 2) {
            want[k] = &things[(size_t)step % sizeof(things)];
            assert_int_equal(az_map_put(&m, key, want[k]), 0);
        } else {
            assert_ptr_equal(az_map_remove(&m, key), want[k]);
            want[k] = NULL;
        }
        int64_t other = (int64_t)(az_rng_next(&rng) % KEYS);
        if (az_map_get(&m, other * 1000003) != want[other])
            fail_msg("step %d: key %d", step, (int)other);
    }
    size_t n = 0;
    for (int k = 0; k < KEYS; k++) {
        n += want[k] != NULL;
        assert_ptr_equal(az_map_get(&m, k * INT64_C(1000003)), want[k]);
    }
    assert_int_equal(m.n, n);
    az_map_release(&m);
}

/* A failed put leaves all that was there. */
static void map_without_memory(void **state)
{
    (void)state;
    struct az_map m = {0};
    int thing;
    for (int64_t k = 0; k < 100; k++) {
        az_fault_alloc(1);
        int r = az_map_put(&m, k, &thing);
        az_fault_alloc(0);
        if (r < 0) {
            assert_int_equal(r, AZ_ENOMEM);
            assert_int_equal(m.n, k);
            assert_null(az_map_get(&m, k));
            assert_int_equal(az_map_put(&m, k, &thing), 0);
        }
        for (int64_t i = 0; i <= k; i++)
            assert_ptr_equal(az_map_get(&m, i), &thing);
    }
    az_map_release(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(map_keeps_and_replaces),
        cmocka_unit_test(map_takes_any_key),
        cmocka_unit_test(map_like_an_array),
        cmocka_unit_test(map_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
