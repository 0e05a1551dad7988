#include "core/number.h"

#include <float.h>
#include <math.h>

#include "core/rng.h"
#include "tests/unit/unit.h"

static const struct {
    double v;
    const char *want;
} cases[] = {
    {0, "0"},
    {-0.0, "-0"},
    {1, "1"},
    {-12, "-12"},
    {0.1, "0.1"},
    {2.0 / 3, "0.6666666666666666"},
    {0.1 + 0.2, "0.30000000000000004"},
    {1e15, "1e+15"},
    {999999999999999.0, "999999999999999"},
    {-999999999999999.0, "-999999999999999"},
    {-1e15, "-1e+15"},
    {100, "100"},
    {1e21, "1e+21"},
    {123456789012345678.0, "1.2345678901234568e+17"},
    {1e-7, "1e-07"},
    {DBL_MAX, "1.7976931348623157e+308"},
    {DBL_MIN, "2.2250738585072014e-308"},
    {4.9406564584124654e-324, "5e-324"}, /* the smallest there is */
    {1e-310, "1e-310"},
};

static void print_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        char text[AZ_NUMBER_MAX];
        if (strcmp(az_number_print(cases[i].v, text), cases[i].want) != 0)
            fail_msg("got '%s', want '%s'", text, cases[i].want);
    }
}

/* Whatever the bits, they come back; and no shorter decimal would do. */
static void bits_come_back(void **state)
{
    (void)state;
    struct az_rng rng = az_rng(7);
    for (int i = 0; i < 20000; i++) {
        uint64_t bits = az_rng_next(&rng);
        if (i % 4 == 0)
            bits &= UINT64_C(0x800fffffffffffff) >> i % 40; /* denormals */
        double v, again;
        memcpy(&v, &bits, sizeof(v));
        if (!isfinite(v))
            continue;
        char text[AZ_NUMBER_MAX], shorter[AZ_NUMBER_MAX];
        az_number_print(v, text);
        again = strtod(text, NULL);
        if (memcmp(&v, &again, sizeof(v)) != 0)
            fail_msg("%a became '%s', run with seed 7, number %d", v, text, i);

        int digits = 0;
        for (const char *p = text; *p && *p != 'e'; p++)
            digits += *p >= '0' && *p <= '9' && (digits || *p != '0');
        if (digits > 1) {
            snprintf(shorter, sizeof(shorter), "%.*e", digits - 2, v);
            assert_true(strtod(shorter, NULL) != v || text[strlen(text) - 1] == '0');
        }
    }
}

static void dollars(void **state)
{
    (void)state;
    static const struct {
        az_nusd v;
        const char *want;
    } usd[] = {
        {0, "0"},
        {1500000, "0.0015"},
        {1, "0.000000001"},
        {AZ_NUSD_PER_USD, "1"},
        {20 * AZ_NUSD_PER_USD + 500000000, "20.5"},
        {-1500000, "-0.0015"},
        {100 * AZ_NUSD_PER_USD, "100"},
        {INT64_MAX, "9223372036.854775807"},
        {INT64_MIN, "-9223372036.854775808"},
    };
    for (size_t i = 0; i < AZ_LEN(usd); i++) {
        char text[AZ_NUMBER_MAX];
        assert_string_equal(az_number_usd(usd[i].v, text), usd[i].want);
    }
}

static void dollars_in(void **state)
{
    (void)state;
    static const struct {
        double usd;
        az_nusd want; /* -1 = refused */
    } in[] = {
        {0, 0},           {20, 20 * AZ_NUSD_PER_USD},
        {0.1, 100000000}, {0.0015, 1500000},
        {0.3, 300000000}, {1e-9, 1},
        {1.1e-9, 2}, /* up */
        {0.5e-9, 1},      {9e9, 9 * INT64_C(1000000000000000000)},
        {-0.01, -1},      {9.1e9, -1},
        {NAN, -1},        {INFINITY, -1},
    };
    for (size_t i = 0; i < AZ_LEN(in); i++) {
        az_nusd got = 4242;
        bool ok = az_number_nusd(in[i].usd, &got);
        if (ok != (in[i].want >= 0) || got != (ok ? in[i].want : 4242))
            fail_msg("%g: %d %lld", in[i].usd, ok, (long long)got);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(print_table),
        cmocka_unit_test(bits_come_back),
        cmocka_unit_test(dollars),
        cmocka_unit_test(dollars_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
