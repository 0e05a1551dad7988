#include "core/json.h"

#include <float.h>
#include <math.h>

#include "core/mem.h"
#include "tests/unit/unit.h"

/* Read and written again; or the error. */
static const struct {
    const char *text, *want;
} cases[] = {
    {"{}", "{}"},
    {" [ 1 , 2 ] \n", "[1,2]"},
    {"{\"a\":{\"b\":[null,true,false,\"x\"]}}", "{\"a\":{\"b\":[null,true,false,\"x\"]}}"},
    {"\"\\u00e4\\ud83d\\ude00\\/\"", "\"\xc3\xa4\xf0\x9f\x98\x80/\""},
    {"\"\\\"\\\\\\n\\r\\t\\b\\f\\u0001\\u007f\"", "\"\\\"\\\\\\n\\r\\t\\b\\f\\u0001\\u007f\""},
    {"0.1", "0.1"},
    {"1e2", "100"},
    {"-0.0", "-0"},
    {"1e400", "null"}, /* nothing that is not finite comes out */
    {"1.7976931348623157e308", "1.7976931348623157e+308"},
    {"\"\\\\u0000\"", "\"\\\\u0000\""}, /* a backslash, then letters */
    {"{\"a\":1,\"a\":2}", "{\"a\":1,\"a\":2}"},
    {"", "not JSON: empty"},
    {"  ", "not JSON: empty"},
    {"\xef\xbb\xbf{}", "not JSON at byte 0"}, /* readers take the mark off */
    {"{", "not JSON at byte 0 (ends)"},
    {"{\"a\":1", "not JSON at byte 5 (ends)"},
    {"{\"a\"", "not JSON at byte 3 (ends)"},
    {"[1,", "not JSON at byte 2 (ends)"},
    {"\"ab", "not JSON at byte 2 (ends)"},
    {"\"\\", "not JSON at byte 1 (ends)"},
    {"\"\\u12", "not JSON at byte 4 (ends)"},
    {"tru", "not JSON at byte 2 (ends)"},
    {"-", "not JSON at byte 0 (ends)"},
    {"  {\"a\":}", "not JSON at byte 7"},
    {"{\"a\" 1}", "not JSON at byte 5"},
    {"{\"a\":1 \"b\":2}", "not JSON at byte 7"},
    {"{1:2}", "not JSON at byte 1"},
    {"{\"a\":1,}", "not JSON at byte 7"},
    {"[1,]", "not JSON at byte 3"},
    {"[,1]", "not JSON at byte 1"},
    {"[1 2]", "not JSON at byte 3"},
    {"[1}", "not JSON at byte 2"},
    {"{\"a\":1]", "not JSON at byte 6"},
    {"{'a':1}", "not JSON at byte 1"},
    {"NaN", "not JSON at byte 0"},
    {"nul1", "not JSON at byte 3"},
    {"[01]", "not JSON at byte 2"},
    {"[1.]", "not JSON at byte 3"},
    {"[.5]", "not JSON at byte 1"},
    {"[+1]", "not JSON at byte 1"},
    {"[1e]", "not JSON at byte 3"},
    {"[1e+]", "not JSON at byte 4"},
    {"[-]", "not JSON at byte 2"},
    {"[0,-0,0.5,1E+5,1e-5,10]", "[0,-0,0.5,100000,1e-05,10]"},
    {"\"a\nb\x01\"", "\"a\\nb\\u0001\""}, /* more than the RFC allows */
    {"\"\\ud800\"", "half a character (\\ud800) at byte 1"},
    {"\"\\udc00\"", "half a character (\\udc00) at byte 1"},
    {"\"\\ud800\\u0041\"", "half a character (\\ud800) at byte 1"},
    {"\"\\x\"", "not JSON at byte 2"},
    {"\"\\u12g4\"", "not JSON at byte 1"},
    {"1 2", "text after the JSON at byte 2"},
    {"{} x", "text after the JSON at byte 3"},
    {"nullx", "text after the JSON at byte 4"},
    {"]", "not JSON at byte 0"},
    {"{}}", "text after the JSON at byte 2"},
    {"\"a\xff\"", "not UTF-8 at byte 2"},
    {"\"a\\u0000\"", "a NUL character at byte 2"},
    {"\"a\\\\\\u0000\"", "a NUL character at byte 4"},
    {"[1234567890123456789012345678901234567890123456789012345678901234567890]",
     "[1.2345678901234567e+69]"},
};

static void reading_and_writing(void **state)
{
    (void)state;
    AZ_AUTO_BUF b = az_buf(4096);
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        AZ_AUTO(json) doc = NULL;
        struct az_error err = {0};
        az_buf_clear(&b);
        int r = az_json_parse(az_str(cases[i].text), &doc, &err);
        if (r == 0)
            az_jv_print(&b, az_json_root(doc));
        else
            az_buf_fmt(&b, "%s%s", err.what, *err.hint ? " (ends)" : "");
        assert_true(r == 0 || (r == AZ_EINVAL && !doc));
        if (strcmp(b.p, cases[i].want) != 0)
            fail_msg("%s: got '%s', want '%s'", cases[i].text, b.p, cases[i].want);
    }
}

static void a_nul_byte(void **state)
{
    (void)state;
    AZ_AUTO(json) doc = NULL;
    struct az_error err = {0};
    assert_int_equal(az_json_parse((struct az_str){"\"a\0b\"", 5}, &doc, &err), AZ_EINVAL);
    assert_string_equal(err.what, "a NUL character at byte 2");
}

/* Only `n` bytes count, whatever comes behind them. */
static void a_slice(void **state)
{
    (void)state;
    AZ_AUTO(json) doc = NULL;
    double d;
    assert_int_equal(az_json_parse((struct az_str){"1234", 2}, &doc, NULL), 0);
    assert_true(az_jv_num(az_json_root(doc), &d) && d == 12);
}

static int parse_nested(char open, char close, int depth)
{
    AZ_AUTO(json) doc = NULL;
    AZ_AUTO_BUF b = az_buf(1 << 20);
    for (int i = 0; i < depth; i++)
        az_buf_char(&b, open);
    for (int i = 0; i < depth; i++)
        az_buf_char(&b, close);
    return az_json_parse(az_buf_view(&b), &doc, NULL);
}

static void depth(void **state)
{
    (void)state;
    AZ_AUTO(json) doc = NULL;
    AZ_AUTO_BUF b = az_buf(1 << 20);
    assert_int_equal(parse_nested('[', ']', AZ_JSON_DEPTH), 0);
    assert_int_equal(parse_nested('[', ']', AZ_JSON_DEPTH + 1), AZ_ELIMIT);
    assert_int_equal(parse_nested('[', ']', 100000), AZ_ELIMIT);
    az_buf_z(&b, "\"\\\"");
    for (int i = 0; i < 1000; i++)
        az_buf_char(&b, '[');
    az_buf_char(&b, '"'); /* brackets in a string are no depth */
    assert_int_equal(az_json_parse(az_buf_view(&b), &doc, NULL), 0);
}

static void walking(void **state)
{
    (void)state;
    AZ_AUTO(json) doc = NULL;
    static const char text[] =
        "{\"a\":[{\"b\":\"x\"},7],\"t\":true,\"n\":null,\"d\":1.5,\"A\":2,\"\":3,"
        "\"a key of more than sixty-four bytes, which nobody should write but some do\":{\"k\":4}}";
    assert_int_equal(az_json_parse(az_str(text), &doc, NULL), 0);
    az_jv root = az_json_root(doc);
    int64_t n = 0;
    double d;
    assert_true(az_str_eqz(az_jv_str(az_jv_path(root, "a.0.b")), "x"));
    assert_true(az_jv_int(az_jv_path(root, "a.1"), &n) && n == 7);
    assert_true(az_jv_path(root, "") == root);
    assert_true(
        az_jv_int(az_jv_path(root, "a key of more than sixty-four bytes, which nobody should "
                                   "write but some do.k"),
                  &n) &&
        n == 4);
    static const char *const missing[] = {"a.2", "a.-1", "a.x", "a.0.b.c", "b", "t.x", "d.0"};
    for (size_t i = 0; i < AZ_LEN(missing); i++) {
        if (az_jv_path(root, missing[i]))
            fail_msg("'%s' is there", missing[i]);
    }
    assert_true(az_jv_int(az_jv_get(root, "A"), &n) && n == 2);
    assert_true(az_jv_int(az_jv_get(root, ""), &n) && n == 3);
    assert_null(az_jv_get(root, "T"));
    assert_null(az_jv_get(az_jv_get(root, "a"), "b"));
    assert_int_equal(az_jv_len(root), 7);
    assert_int_equal(az_jv_len(az_jv_get(root, "a")), 2);
    assert_int_equal(az_jv_len(az_jv_get(root, "t")), 0);
    assert_int_equal(az_jv_len(NULL), 0);
    assert_true(az_str_eqz(az_jv_key(az_jv_first(root)), "a"));
    assert_true(az_jv_true(az_jv_get(root, "t")));
    assert_false(az_jv_true(az_jv_get(root, "n")));
    assert_true(az_jv_num(az_jv_get(root, "d"), &d) && d == 1.5);
    assert_false(az_jv_int(az_jv_get(root, "d"), &n));
    assert_false(az_jv_num(az_jv_get(root, "n"), &d));
    assert_null(az_jv_str(az_jv_get(root, "d")).p);
    assert_int_equal(az_jv_type(NULL), AZ_J_NONE);
    assert_string_equal(az_jtype_name(az_jv_type(az_jv_get(root, "n"))), "null");
    assert_string_equal(az_jtype_name(az_jv_type(root)), "an object");
}

static void whole_numbers(void **state)
{
    (void)state;
    AZ_AUTO(json) doc = NULL;
    int64_t n;
    double d;
    assert_int_equal(az_json_parse(AZ_STR("[9007199254740992,1e300,1e400,-3]"), &doc, NULL), 0);
    az_jv root = az_json_root(doc);
    assert_true(az_jv_int(az_jv_path(root, "0"), &n) && n == INT64_C(1) << 53);
    assert_false(az_jv_int(az_jv_path(root, "1"), &n));
    assert_false(az_jv_num(az_jv_path(root, "2"), &d));
    assert_true(az_jv_int(az_jv_path(root, "3"), &n) && n == -3);
}

static void writer(void **state)
{
    (void)state;
    AZ_AUTO_BUF b = az_buf(4096);
    struct az_jw w = az_jw(&b);
    az_jw_obj(&w);
    az_jw_kstr(&w, "s", AZ_STR("a\"b"));
    az_jw_kstr(&w, "none", (struct az_str){0});
    az_jw_kz(&w, "z", NULL);
    az_jw_knum(&w, "x", 0.5);
    az_jw_knum(&w, "nan", NAN);
    az_jw_knum(&w, "inf", -INFINITY);
    az_jw_kint(&w, "i", INT64_MIN);
    az_jw_kbool(&w, "b", false);
    az_jw_knull(&w, "n");
    az_jw_key(&w, "usd");
    az_jw_usd(&w, 1500000);
    az_jw_key(&w, "l");
    az_jw_arr(&w);
    az_jw_arr(&w);
    az_jw_arr_end(&w);
    az_jw_obj(&w);
    az_jw_obj_end(&w);
    az_jw_raw(&w, AZ_STR("[1]"));
    az_jw_bool(&w, true);
    az_jw_arr_end(&w);
    az_jw_key_str(&w, AZ_STR("k\n"));
    az_jw_z(&w, "");
    az_jw_obj_end(&w);
    assert_string_equal(b.p, "{\"s\":\"a\\\"b\",\"none\":null,\"z\":null,\"x\":0.5,\"nan\":null,"
                             "\"inf\":null,\"i\":-9223372036854775808,\"b\":false,\"n\":null,"
                             "\"usd\":0.0015,\"l\":[[],{},[1],true],\"k\\n\":\"\"}");
}

/* Every character reads back as itself. */
static void any_text_survives(void **state)
{
    (void)state;
    AZ_AUTO_BUF text = az_buf(4096), json = az_buf(65536);
    for (int c = 1; c < 0x80; c++)
        az_buf_char(&text, (char)c);
    az_buf_z(&text, "\xc3\xa4\xe2\x80\xa8\xf0\x9f\x98\x80");
    struct az_jw w = az_jw(&json);
    az_jw_str(&w, az_buf_view(&text));
    AZ_AUTO(json) doc = NULL;
    assert_int_equal(az_json_parse(az_buf_view(&json), &doc, NULL), 0);
    assert_true(az_str_eq(az_jv_str(az_json_root(doc)), az_buf_view(&text)));
    for (size_t i = 0; i < json.n; i++) /* one line, whatever is in it */
        assert_true((unsigned char)json.p[i] >= 0x20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reading_and_writing),
        cmocka_unit_test(a_nul_byte),
        cmocka_unit_test(a_slice),
        cmocka_unit_test(depth),
        cmocka_unit_test(walking),
        cmocka_unit_test(whole_numbers),
        cmocka_unit_test(writer),
        cmocka_unit_test(any_text_survives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
