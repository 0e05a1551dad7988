#include "core/keys.h"

#include "tests/unit/unit.h"

struct inner {
    int n;
    enum colour { RED, GREEN } colour;
};

struct config {
    const char *text;
    bool yes, has_yes;
    int n;
    int64_t big;
    double x;
    az_nusd usd;
    struct inner inner;
    const struct az_yaml *node;
};

static const char *const colours[] = {"red", "green", NULL};
static const char *const later_colours[] = {"blue", NULL};

static const struct az_key_row inner_keys[] = {
    {"n", AZ_KEY_INT, offsetof(struct inner, n), .min = 1, .max = 9, .def = "3", .doc = "N."},
    {"colour", AZ_KEY_WORD, offsetof(struct inner, colour), .words = colours,
     .later = later_colours, .def = "green", .doc = "The colour."},
    {0},
};

static const struct az_key_row keys[] = {
    {"text", AZ_KEY_TEXT, offsetof(struct config, text), .required = true, .doc = "Some text."},
    {"yes", AZ_KEY_BOOL, offsetof(struct config, yes), AZ_KEY_HAS(struct config, has_yes),
     .def = "true", .doc = "Yes?"},
    {"n", AZ_KEY_INT, offsetof(struct config, n), .doc = "N."},
    {"big", AZ_KEY_INT64, offsetof(struct config, big), .doc = "Big."},
    {"x", AZ_KEY_NUM, offsetof(struct config, x), .min = -1, .max = 1, .def = "0.5", .doc = "X."},
    {"usd", AZ_KEY_USD, offsetof(struct config, usd), .doc = "Money."},
    {"inner", AZ_KEY_TABLE, offsetof(struct config, inner), .sub = inner_keys,
     .shorthand = "colour", .doc = "More."},
    {"node", AZ_KEY_NODE, offsetof(struct config, node), .doc = "Anything."},
    {"soon", .unbuilt = true, .doc = "Later."},
    {0},
};

static int fill(struct az_arena *a, const char *text, struct config *c, struct az_error *err)
{
    struct az_yaml *y;
    *c = (struct config){0};
    int r = az_yaml_parse(a, az_str(text), "f", &y, err);
    return r < 0 ? r : az_keys_fill(y, keys, "a config", c, err);
}

static void fills(void **state)
{
    (void)state;
    AZ_AUTO(arena) a = az_arena_new(1024);
    struct config c;
    struct az_error err = {0};
    assert_int_equal(fill(a, "text: 5\n", &c, &err), 0);
    assert_string_equal(c.text, "5");
    assert_true(c.yes && !c.has_yes);
    assert_true(c.x == 0.5);
    assert_int_equal(c.n, 0);
    assert_int_equal(c.inner.n, 3);
    assert_int_equal(c.inner.colour, GREEN);
    assert_null(c.node);

    assert_int_equal(fill(a,
                          "{text: no, yes: false, n: -7, big: 9223372036854775807, x: -1,\n"
                          " usd: 0.0000000015, inner: {n: 9, colour: red}, node: [1]}",
                          &c, &err),
                     0);
    assert_string_equal(c.text, "no");
    assert_true(!c.yes && c.has_yes);
    assert_int_equal(c.n, -7);
    assert_int_equal(c.big, INT64_MAX);
    assert_int_equal(c.usd, 2); /* a nano-dollar and a half, rounded up */
    assert_int_equal(c.inner.n, 9);
    assert_int_equal(c.inner.colour, RED);
    assert_int_equal(c.node->n, 1);

    assert_int_equal(fill(a, "{text: a, inner: red, yes: null, x: ~}", &c, &err), 0);
    assert_int_equal(c.inner.colour, RED);
    assert_int_equal(c.inner.n, 3);
    assert_true(c.yes && c.x == 0.5);
}

static void refuses(void **state)
{
    (void)state;
    static const struct {
        const char *text, *what, *hint;
    } cases[] = {
        {"{}", "a config has no 'text'", "Add 'text': Some text."},
        {"text: null", "a config has no 'text'", ""},
        {"[a]", "a config must be a map, not a list", ""},
        {"{text: a, txet: b}", "unrecognized key 'txet'", "Did you mean 'text'?"},
        {"{text: a, qqqqqq: b}", "unrecognized key 'qqqqqq'",
         "Known here: text, yes, n, big, x, usd, inner, node."},
        {"{text: a, soon: b}", "'soon' is not built yet", "Leave the key out"},
        {"{text: [a]}", "'text' must be text, not a list", ""},
        {"{text: a, yes: no}", "'yes' must be true or false, not 'no'", "YAML 1.2"},
        {"{text: a, yes: 1}", "'yes' must be true or false, not '1'", ""},
        {"{text: a, n: 1.0}", "'n' must be a whole number, not '1.0'", ""},
        {"{text: a, n: '1'}", "'n' must be a whole number, not '1'", "without quotes"},
        {"{text: a, n: 2147483648}", "'n' is out of range: 2147483648", ""},
        {"{text: a, big: 9223372036854775808}",
         "'big' must be a whole number, not '9223372036854775808'", ""},
        {"{text: a, x: 1.01}", "'x' is out of range: 1.01", "between -1 and 1"},
        {"{text: a, x: .inf}", "'x' must be a number, not '.inf'", ""},
        {"{text: a, usd: -0.1}", "'usd' is out of range: -0.1", "0 or more"},
        {"{text: a, usd: 1e10}", "'usd' is out of range: 1e10", ""},
        {"{text: a, inner: {n: 0}}", "'n' is out of range: 0", "between 1 and 9"},
        {"{text: a, inner: {m: 0}}", "unrecognized key 'm'", ""},
        {"{text: a, inner: blue}", "colour 'blue' is not built yet", "red, green"},
        {"{text: a, inner: gren}", "unknown colour 'gren'", "Did you mean 'green'?"},
        {"{text: a, inner: [red]}", "'inner' must be a word or a map, not a list", ""},
        {"{text: a, inner: {colour: [red]}}", "'colour' must be a word, not a list", ""},
        {"{text: a, n: }", "'n' has no value", "null"},
    };
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        AZ_AUTO(arena) a = az_arena_new(1024);
        struct config c;
        struct az_error err = {0};
        char want[256];
        int r = fill(a, cases[i].text, &c, &err);
        snprintf(want, sizeof(want), "f: line 1: %s", cases[i].what);
        if (r != AZ_EINVAL || strcmp(err.what, want) != 0 || !strstr(err.hint, cases[i].hint))
            fail_msg("%s: got '%s' '%s' (%d), want '%s' '%s'", cases[i].text, err.what, err.hint, r,
                     want, cases[i].hint);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(fills), cmocka_unit_test(refuses)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
