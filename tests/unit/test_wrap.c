#include "core/wrap.h"

#include "core/glyph.h"
#include "tests/unit/unit.h"

static const struct {
    const char *name, *text;
    size_t indent, width;
    const char *want;
} cases[] = {
    {"short", "two words", 2, 80, "  two words\n"},
    {"wrapped at a space", "one two three four", 0, 10, "one two\nthree four\n"},
    {"exactly", "one two xyz", 0, 11, "one two xyz\n"},
    {"indent counts", "one two xyz", 2, 12, "  one two\n  xyz\n"},
    {"own breaks stay", "a\n\nb\r\nc\n", 1, 80, " a\n\n b\n c\n"},
    {"leading spaces stay", "  if x:\n\ty", 0, 80, "  if x:\n    y\n"},
    {"spaces at the end go", "a   \nb", 0, 80, "a\nb\n"},
    {"a long word is cut", "abcdefghijkl mn", 0, 10, "abcdefghij\nkl mn\n"},
    {"wide characters", "模型模型模型", 0, 10, "模型模型模\n型\n"},
    {"escapes are harmless", "\033[31mred\033]0;title\a", 0, 80, "?[31mred?]0;title?\n"},
    {"C1 controls too",
     "a\xc2\x9b"
     "31m",
     0, 80, "a?31m\n"},
    {"no direction changes",
     "a\xe2\x80\xae"
     "b\xe2\x81\xa6",
     0, 80, "a?b?\n"},
    {"no UTF-8",
     "a\xff"
     "b",
     0, 80, "a?b\n"},
    {"a carriage return inside", "shown\rhidden", 0, 80, "shown?hidden\n"},
    {"empty", "", 2, 80, "\n"},
    {"no terminal: no wrapping", "one two three four five six seven", 0, AZ_WRAP_NONE,
     "one two three four five six seven\n"},
    {"too narrow to be true", "one two", 30, 10, "                              one two\n"},
};

static void wrap_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        AZ_AUTO_BUF b = az_buf(1 << 16);
        az_wrap_text(&b, az_str(cases[i].text), cases[i].indent, cases[i].width);
        if (strcmp(b.p, cases[i].want) != 0)
            fail_msg("%s: got\n'%s', want\n'%s'", cases[i].name, b.p, cases[i].want);
    }
    AZ_AUTO_BUF b = az_buf(1 << 16);
    az_wrap_text(&b, (struct az_str){0}, 2, 80);
    assert_int_equal(b.n, 0);
}

/* Whatever the bytes: no control reaches the terminal, no line is too wide. */
static void any_bytes(void **state)
{
    (void)state;
    uint32_t x = 12345;
    for (int run = 0; run < 200; run++) {
        char text[256];
        for (size_t i = 0; i < sizeof(text); i++) {
            x = x * 1664525 + 1013904223;
            text[i] = (char)(x >> 24);
        }
        AZ_AUTO_BUF b = az_buf(1 << 16);
        az_wrap_text(&b, (struct az_str){text, sizeof(text)}, 2, 30);
        struct az_str rest = az_buf_view(&b), line;
        while (az_str_line(&rest, &line)) {
            assert_true(az_glyph_width(line) <= 30);
            for (size_t i = 0; i < line.n; i++)
                assert_true((unsigned char)line.p[i] >= 0x20 && line.p[i] != 0x7f);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(wrap_table), cmocka_unit_test(any_bytes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
