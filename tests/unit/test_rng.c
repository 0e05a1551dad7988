#include "core/rng.h"

#include "tests/unit/unit.h"

/* The published stream of splitmix64 for this seed. */
static void known_stream(void **state)
{
    (void)state;
    struct az_rng r = az_rng(1234567);
    assert_true(az_rng_next(&r) == UINT64_C(6457827717110365317));
    assert_true(az_rng_next(&r) == UINT64_C(3203168211198807973));
    assert_true(az_rng_next(&r) == UINT64_C(9817491932198370423));
}

static void unit_interval(void **state)
{
    (void)state;
    struct az_rng r = az_rng(1);
    double sum = 0, low = 1, high = 0;
    for (int i = 0; i < 100000; i++) {
        double u = az_rng_unit(&r);
        assert_true(u >= 0 && u < 1);
        sum += u;
        low = AZ_MIN(low, u);
        high = AZ_MAX(high, u);
    }
    assert_true(sum > 49500 && sum < 50500); /* 5.5 standard deviations */
    assert_true(low < 0.001 && high > 0.999);
}

static void below(void **state)
{
    (void)state;
    struct az_rng r = az_rng(2);
    int count[7] = {0};
    for (int i = 0; i < 70000; i++) {
        uint64_t x = az_rng_below(&r, AZ_LEN(count));
        assert_true(x < AZ_LEN(count));
        count[x]++;
    }
    for (size_t i = 0; i < AZ_LEN(count); i++)
        assert_in_range(count[i], 9500, 10500); /* 5.4 standard deviations */
    for (int i = 0; i < 100; i++) {
        assert_true(az_rng_below(&r, 1) == 0);
        assert_true(az_rng_below(&r, UINT64_MAX) < UINT64_MAX);
    }
}

/* Two thirds of 2^64: a plain remainder would make the lower half twice as
 * likely as the upper. */
static void below_is_unbiased(void **state)
{
    (void)state;
    struct az_rng r = az_rng(3);
    const uint64_t n = UINT64_MAX / 3 * 2;
    int lower = 0;
    for (int i = 0; i < 30000; i++)
        lower += az_rng_below(&r, n) < n / 2;
    assert_in_range(lower, 14500, 15500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_stream),
        cmocka_unit_test(unit_interval),
        cmocka_unit_test(below),
        cmocka_unit_test(below_is_unbiased),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
