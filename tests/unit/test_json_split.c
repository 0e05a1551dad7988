#include "core/json_split.h"

#include "core/mem.h"
#include "tests/unit/unit.h"

/* What is cut out, by path, and how it ends. */
static const struct {
    const char *text, *want;
} cases[] = {
    {"[1, \"a,]\", {\"b\":[2]},[] ,null]", "0:1 0:\"a,]\" 0:{\"b\":[2]} 0:[] 0:null"},
    {"[]", ""},
    {" {\"eval\": {\"m\": 1}, \"samples\": [ {\"id\":1}, {\"id\":2} ], \"x\": [[1],{}] }",
     "2:{\"m\": 1} 1:{\"id\":1} 1:{\"id\":2}"},
    {"{\"x\":{\"samples\":[1]},\"samples\":[true],\"eval\":\"a\\\"\\\\\"}",
     "1:true 2:\"a\\\"\\\\\""},
    {"{\"deep\":{\"list\":[{\"a\":1},2]},\"list\":[3]}", "3:{\"a\":1} 3:2"},
    {"{\"deep\":{\"a\":0,\"list\":[\"\\u005d\"]}}", "3:\"\\u005d\""},
    {"{\"samples\":[{\"samples\":[1]}]}", "1:{\"samples\":[1]}"},
    {"{\"samples\":{\"a\":1}}", ""},
    {"[[1],[2]]", "0:[1] 0:[2]"},
    {"[1", "error: not JSON at byte 2: it ends there, too early"},
    {"", "error: not JSON at byte 0: it ends there, too early"},
    {"[1,]", "0:1 error: not JSON at byte 3"},
    {"[1}", "0:1 error: not JSON at byte 2"},
    {"{\"a\" 1}", "error: not JSON at byte 5"},
    {"{1:2}", "error: not JSON at byte 1"},
    {"[1]]", "0:1 error: not JSON at byte 3"},
    {"[1] 2", "0:1 error: not JSON at byte 4"},
    {"[\"123456789012345678901234567890123\",4]", "long 0:4"},
    {"[NaN,-Infinity]", "0:NaN 0:-Infinity"},
    {"x", "error: not JSON at byte 0"},
};

static const char *const paths[] = {"[]", "samples[]", "eval", "deep.list[]", NULL};

static void put(struct az_buf *b, const char *before, struct az_str s)
{
    az_buf_fmt(b, "%s%s" AZ_STR_FMT, b->n ? " " : "", before, AZ_STR_ARG(s));
}

/* In pieces of `chunk` bytes. */
static int split(const char *text, size_t chunk, struct az_buf *out, struct az_error *err)
{
    struct az_json_split s;
    size_t path, n = strlen(text);
    struct az_str got;
    int r = 0;
    az_json_split_init(&s, paths, 32);
    for (size_t at = 0; r >= 0 && at < n; at += chunk) {
        struct az_str rest = {text + at, AZ_MIN(chunk, n - at)};
        while ((r = az_json_split_next(&s, &rest, &path, &got, err)) > 0) {
            char before[8];
            snprintf(before, sizeof(before), r == AZ_SPLIT_LONG ? "long" : "%zu:", path);
            put(out, before, got);
        }
    }
    if (r >= 0)
        r = az_json_split_end(&s, err);
    az_json_split_release(&s);
    return r;
}

static void split_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        for (size_t chunk = 1; chunk < 64; chunk = chunk * 2 + 1) {
            AZ_AUTO_BUF b = az_buf(4096);
            struct az_error err = {0};
            az_buf_z(&b, "");
            if (split(cases[i].text, chunk, &b, &err) < 0)
                put(&b, "error: ", az_str(err.what));
            if (strcmp(b.p, cases[i].want))
                fail_msg("case %zu by %zu: got '%s', want '%s'", i, chunk, b.p, cases[i].want);
        }
    }
}

static void too_deep(void **state)
{
    (void)state;
    char text[AZ_JSON_DEPTH + 2];
    AZ_AUTO_BUF b = az_buf(4096);
    struct az_error err = {0};
    memset(text, '[', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    assert_int_equal(split(text, 1000, &b, &err), AZ_EINVAL);
    assert_string_equal(err.what, "JSON nested more than 200 deep");
}

static void without_memory(void **state)
{
    (void)state;
    int r = AZ_ENOMEM;
    for (int nth = 1; r == AZ_ENOMEM; nth++) {
        AZ_AUTO_BUF b = az_buf(4096);
        struct az_error err = {0};
        az_fault_alloc(nth);
        r = split("[1,2]", 100, &b, &err);
        assert_true(r == 0 || *err.what);
    }
    az_fault_alloc(0);
    assert_int_equal(r, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(split_table),
        cmocka_unit_test(too_deep),
        cmocka_unit_test(without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
