#include "core/glyph.h"

#include "tests/unit/unit.h"

static void first(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t bytes, columns;
        bool shown;
    } cases[] = {
        {"a", 1, 1, true},         {"é", 2, 1, true},        {"字b", 3, 2, true},
        {"\n", 1, 1, false},       {"\x1b[1m", 1, 1, false}, {"\x7f", 1, 1, false},
        {"\xc2\x9b", 2, 1, false}, {"\xff", 1, 1, false},    {"\xc3", 1, 1, false},
        {"\u202e", 3, 1, false}, /* what follows would be read backwards */
    };
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        struct az_glyph g = az_glyph_first(az_str(cases[i].text));
        if (g.bytes != cases[i].bytes || g.columns != cases[i].columns || g.shown != cases[i].shown)
            fail_msg("'%s': %zu bytes, %zu columns, %d", cases[i].text, g.bytes, g.columns,
                     g.shown);
    }
}

static void width(void **state)
{
    (void)state;
    assert_int_equal(az_glyph_width(az_str("")), 0);
    assert_int_equal(az_glyph_width(az_str("aé字\n")), 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(first), cmocka_unit_test(width)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
