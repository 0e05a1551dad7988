#include "core/str.h"

#include "tests/unit/unit.h"

static const struct az_str none = {NULL, 0};

static void equality(void **state)
{
    (void)state;
    assert_true(az_str_eq(AZ_STR("ab"), az_str("ab")));
    assert_false(az_str_eq(AZ_STR("ab"), AZ_STR("abc")));
    assert_false(az_str_eq(AZ_STR("ab"), AZ_STR("aB")));
    assert_true(az_str_eq(none, AZ_STR("")));
    assert_null(az_str(NULL).p);
    assert_true(az_str_eqz(AZ_STR("ab"), "ab"));
    assert_true(az_str_eqz_nocase(AZ_STR("aB-\xc3\x84"), "Ab-\xc3\x84"));
    assert_false(az_str_eqz_nocase(AZ_STR("\xc3\x84"), "\xc3\xa4")); /* ASCII only */
    assert_false(az_str_eqz_nocase(AZ_STR("ab"), "abc"));
}

static const struct {
    const char *s, *part;
    bool starts, ends;
    int find, rfind;
} parts[] = {
    {"abcabc", "abc", true, true, 0, 3},
    {"abcabc", "bc", false, true, 1, 4},
    {"abcabc", "ab", true, false, 0, 3},
    {"abcabc", "x", false, false, -1, -1},
    {"abc", "abcd", false, false, -1, -1},
    {"abc", "", true, true, 0, 3},
    {"", "", true, true, 0, 0},
    {"", "a", false, false, -1, -1},
    {"aaa", "aa", true, true, 0, 1},
};

static void parts_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(parts); i++) {
        struct az_str s = az_str(parts[i].s);
        if (az_str_starts(s, parts[i].part) != parts[i].starts ||
            az_str_ends(s, parts[i].part) != parts[i].ends ||
            az_str_find(s, az_str(parts[i].part)) != parts[i].find ||
            az_str_rfind(s, az_str(parts[i].part)) != parts[i].rfind)
            fail_msg("'%s' in '%s'", parts[i].part, parts[i].s);
    }
}

/* A slice that is not there behaves as an empty one. */
static void what_is_not_there(void **state)
{
    (void)state;
    struct az_str line, rest = none;
    assert_true(az_str_starts(none, ""));
    assert_true(az_str_ends(none, ""));
    assert_int_equal(az_str_find(none, AZ_STR("a")), -1);
    assert_int_equal(az_str_rfind(none, AZ_STR("")), 0);
    assert_false(az_str_line(&rest, &line));
    assert_int_equal(az_str_trim(none).n, 0);
    assert_true(az_utf8_valid(none, NULL));
    assert_int_equal(az_utf8_count(none), 0);
}

static void trimming(void **state)
{
    (void)state;
    assert_true(az_str_eqz(az_str_trim(AZ_STR(" \t\r\n a b\v\f ")), "a b"));
    assert_true(az_str_eqz(az_str_trim(AZ_STR("   ")), ""));
    assert_true(az_str_eqz(az_str_trim(AZ_STR("a")), "a"));
}

static void lines(void **state)
{
    (void)state;
    static const char *const want[] = {"a", "", "b\r", "c", "d"};
    struct az_str rest = AZ_STR("a\n\nb\r\r\nc\r\nd"), line;
    for (size_t i = 0; i < AZ_LEN(want); i++) {
        assert_true(az_str_line(&rest, &line));
        if (!az_str_eqz(line, want[i]))
            fail_msg("line %zu: got '" AZ_STR_FMT "', want '%s'", i, AZ_STR_ARG(line), want[i]);
    }
    assert_false(az_str_line(&rest, &line));
}

/* Unicode 15, table 3-7, at its edges; -1 = valid. */
static const struct {
    const char *s;
    int at;
} utf8[] = {
    {"plain text of more than eight bytes", -1},
    {"\xc2\x80", -1},
    {"\xdf\xbf", -1},
    {"\xe0\xa0\x80", -1},
    {"\xed\x9f\xbf", -1},
    {"\xee\x80\x80", -1},
    {"\xef\xbf\xbf", -1},
    {"\xf0\x90\x80\x80", -1},
    {"\xf4\x8f\xbf\xbf", -1},
    {"\x80", 0},
    {"\xc0\x80", 0},         /* overlong NUL */
    {"\xc1\xbf", 0},         /* overlong */
    {"a\xe0\x9f\xbf", 1},    /* overlong */
    {"\xed\xa0\x80", 0},     /* surrogate */
    {"\xf0\x8f\xbf\xbf", 0}, /* overlong */
    {"\xf4\x90\x80\x80", 0}, /* past U+10FFFF */
    {"\xf5\x80\x80\x80", 0},
    {"\xff", 0},
    {"12345678\xc3", 8}, /* cut off */
    {"\xe2\x82", 0},
    {"\xf0\x9f\x98", 0},
    {"\xe2\x82g", 0},
    {"\xf0\x9f\x98g", 0},
    {"1234567\xc3\xa4"
     "90123456\xc3(",
     17},
};

static void utf8_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(utf8); i++) {
        size_t at = 999;
        bool valid = az_utf8_valid(az_str(utf8[i].s), &at);
        if (valid != (utf8[i].at < 0) || (!valid && (int)at != utf8[i].at))
            fail_msg("case %zu: %s at %zu, want %d", i, valid ? "valid" : "bad", at, utf8[i].at);
    }
    assert_false(az_utf8_valid(AZ_STR("\xff"), NULL));
}

static void characters(void **state)
{
    (void)state;
    struct az_str s = AZ_STR("a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80z");
    assert_int_equal(az_utf8_count(s), 5);
    assert_int_equal(az_utf8_head(s, 0).n, 0);
    assert_int_equal(az_utf8_head(s, 2).n, 3);
    assert_int_equal(az_utf8_head(s, 4).n, 10);
    assert_int_equal(az_utf8_head(s, 5).n, s.n);
    assert_int_equal(az_utf8_head(s, 99).n, s.n);
}

/* Any bytes, at any place and of any length: the words and what is left of them. */
static void counts_as_byte_by_byte(void **state)
{
    (void)state;
    char bytes[64];
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (char)(i * 97 + i * i * 13);
    for (size_t from = 0; from < sizeof(bytes); from++) {
        size_t want = 0;
        for (size_t n = 0; from + n <= sizeof(bytes); n++) {
            assert_int_equal(az_utf8_count((struct az_str){bytes + from, n}), want);
            if (from + n < sizeof(bytes))
                want += ((unsigned char)bytes[from + n] & 0xc0) != 0x80;
        }
    }
}

static void nearest(void **state)
{
    (void)state;
    static const char *const names[] = {"aggregate", "question", "judges", "p", NULL};
    static const struct {
        const char *word, *want;
    } cases[] = {
        {"agregate", "aggregate"},
        {"AGGREGATE", "aggregate"},
        {"judge", "judges"},
        {"jugdes", "judges"},
        {"policy", NULL},
        {"", NULL},
        {"q", NULL},
        {"questions", "question"},
        {"a word that is longer than any name could ever be in any table of names", NULL},
    };
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        const char *got = az_nearest(az_str(cases[i].word), names);
        if (got != cases[i].want && (!got || !cases[i].want || strcmp(got, cases[i].want) != 0))
            fail_msg("'%s': got '%s'", cases[i].word, got ? got : "(none)");
    }
}

static const struct {
    const char *s;
    bool is_double;
    double value;
    bool is_int;
} numbers[] = {
    {"12", true, 12, true},     {"-3.5e2", true, -350, false},
    {"0.1", true, 0.1, false},  {".5", true, 0.5, false},
    {"1e3", true, 1000, false}, {"-0", true, 0, true},
    {"+7", true, 7, true},      {"9007199254740993", true, 9007199254740992.0, true},
    {"", false, 0, false},      {" 1", false, 0, false},
    {"1 ", false, 0, false},    {"0x10", false, 0, false},
    {"inf", false, 0, false},   {"nan", false, 0, false},
    {"1e999", false, 0, false}, {"1.2.3", false, 0, false},
    {"1,5", false, 0, false},   {"-", false, 0, false},
    {"--1", false, 0, false},   {"e5", false, 0, false},
    {"1e", false, 0, false},
};

static void numbers_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(numbers); i++) {
        double d = 4242;
        int64_t n = 4242;
        bool is_double = az_str_double(az_str(numbers[i].s), &d);
        bool is_int = az_str_int(az_str(numbers[i].s), &n);
        if (is_double != numbers[i].is_double || d != (is_double ? numbers[i].value : 4242) ||
            is_int != numbers[i].is_int || (!is_int && n != 4242))
            fail_msg("'%s': %d %g, %d %lld", numbers[i].s, is_double, d, is_int, (long long)n);
    }
}

static void whole_numbers_at_the_edge(void **state)
{
    (void)state;
    int64_t n;
    assert_true(az_str_int(AZ_STR("9223372036854775807"), &n) && n == INT64_MAX);
    assert_true(az_str_int(AZ_STR("-9223372036854775808"), &n) && n == INT64_MIN);
    assert_false(az_str_int(AZ_STR("9223372036854775808"), &n));
    assert_false(az_str_int(AZ_STR("-9223372036854775809"), &n));
    assert_false(az_str_int(AZ_STR("00000000000000000000000000000000001"), &n));
}

/* A slice ends where it ends, whatever comes behind it. */
static void slices_need_no_end(void **state)
{
    (void)state;
    double d;
    int64_t n;
    assert_true(az_str_double((struct az_str){"12345", 2}, &d) && d == 12);
    assert_true(az_str_int((struct az_str){"12345", 3}, &n) && n == 123);
    assert_int_equal(az_str_find((struct az_str){"abc", 2}, AZ_STR("c")), -1);
    assert_false(az_utf8_valid((struct az_str){"\xc3\xa4", 1}, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equality),
        cmocka_unit_test(parts_table),
        cmocka_unit_test(what_is_not_there),
        cmocka_unit_test(trimming),
        cmocka_unit_test(lines),
        cmocka_unit_test(utf8_table),
        cmocka_unit_test(characters),
        cmocka_unit_test(counts_as_byte_by_byte),
        cmocka_unit_test(nearest),
        cmocka_unit_test(numbers_table),
        cmocka_unit_test(whole_numbers_at_the_edge),
        cmocka_unit_test(slices_need_no_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
