#include "client/cli/span.h"

#include "tests/unit/unit.h"

static const struct {
    const char *text;
    int64_t want; /* -1: refused */
} cases[] = {
    {"90s", 90},
    {"90", -1},
    {"15m", 900},
    {"12h", 43200},
    {"30d", 2592000},
    {"0s", 0},
    {"0", -1},
    {"", -1},
    {"d", -1},
    {"-1d", -1},
    {"1.5h", -1},
    {"9223372036854775807s", -1},
    {"9223372036854775807d", -1},
    {"1w", -1},
    {"3 d", -1},
};

static void span_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        int64_t got = -1;
        struct az_error err = {0};
        int r = az_span_parse("--older-than", cases[i].text, &got, &err);
        if (got != cases[i].want)
            fail_msg("'%s': got %lld", cases[i].text, (long long)got);
        assert_int_equal(r, cases[i].want < 0 ? AZ_EUSAGE : 0);
        assert_true(r == 0 || strstr(err.what, "--older-than"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(span_table)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
