#include "core/yaml.h"

#include "core/mem.h"
#include "core/rng.h"
#include "core/yaml_write.h"
#include "tests/unit/unit.h"

/* 99 characters: what is quoted is cut at 100 bytes, here inside of an é. */
#define A33 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define A99 A33 A33 A33

/* As JSON, or "!" and the error. */
static void read_as(struct az_buf *got, struct az_str text)
{
    AZ_AUTO(arena) a = az_arena_new(256);
    struct az_yaml *y;
    struct az_error err = {0};
    az_buf_clear(got);
    int r = az_yaml_parse(a, text, "f", &y, &err);
    if (r == 0)
        r = az_yaml_json(got, y, &err);
    if (r == 0)
        return;
    az_buf_clear(got);
    az_buf_fmt(got, "!%s", err.what);
}

static void reads(void **state)
{
    (void)state;
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"", "null"},
        {"# nothing\n", "null"},
        {"--- a\n...\n", "\"a\""},
        {"a: no\nb: yes\nc: on\nd: n\n", "{\"a\":\"no\",\"b\":\"yes\",\"c\":\"on\",\"d\":\"n\"}"},
        {"[true, False, ~, null, 'null', \"true\"]", "[true,false,null,null,\"null\",\"true\"]"},
        {"[1, -2, +3, 0x1F, 0o17, 007]", "[1,-2,3,31,15,7]"},
        {"[1.5, .5, 5., 1e3, -1E-2, 1e, 1.2.3, 1_000, 0x, 0b1, '1']",
         "[1.5,0.5,5,1000,-0.01,\"1e\",\"1.2.3\",\"1_000\",\"0x\",\"0b1\",\"1\"]"},
        {"2001-01-01", "\"2001-01-01\""},
        {"12:30", "\"12:30\""},
        {"a: |\n  x\n   y\n\nb: >-\n  f\n  g\n", "{\"a\":\"x\\n y\\n\",\"b\":\"f g\"}"},
        {"a: {b: [1, {c: d}]}", "{\"a\":{\"b\":[1,{\"c\":\"d\"}]}}"},
        {"a:\n- 1\n- b: 2\n  c: 3\n", "{\"a\":[1,{\"b\":2,\"c\":3}]}"},
        {"5: x\nnull: y\n", "{\"5\":\"x\",\"null\":\"y\"}"},
        {"\xef\xbb\xbf"
         "a: 1\r\nb: 2\r\n",
         "{\"a\":1,\"b\":2}"},
        {"%YAML 1.1\n---\na: no\n", "{\"a\":\"no\"}"},
        {"a: \"\\u00e9\\n\\t\\x41\"", "{\"a\":\"é\\n\\tA\"}"},
        {"a: .inf", "!f: line 1: '.inf' is no finite number"},
        {"\na: -.nan", "{\"a\":\"-.nan\"}"},
        {"a: &x 1", "!f: line 1: anchors and aliases are refused"},
        {"a: 1\nb: *a", "!f: line 2: anchors and aliases are refused"},
        {"a: &x {b: 1}", "!f: line 1: anchors and aliases are refused"},
        {"- &x [b]", "!f: line 1: anchors and aliases are refused"},
        {"a: !!str 5", "!f: line 1: tags ('!…') are refused"},
        {"a: !x [5]", "!f: line 1: tags ('!…') are refused"},
        {"a: 1\n\na: 2", "!f: line 3: duplicate key 'a'"},
        {"{b: {c: 1, \"c\": 2}}", "!f: line 1: duplicate key 'c'"},
        {"a: 1\n--- \nb: 1", "!f: line 2: a second document; one is read"},
        {"[a]: 1", "!f: line 1: a key must be a word, not a list or map"},
        {"? {a: b}\n: 1", "!f: line 1: a key must be a word, not a list or map"},
        {"a: \"x\\0y\"", "!f: line 1: a NUL character in text"},
        {"a:\n\tb: 1", "!f: line 2: tab character may not be used as indentation"},
        {"a: [1,\n 2", "!f: line 2: flow sequence without a closing bracket"},
        {"a: b: c", "!f: line 1: invalid nested block mapping on the same line"},
        {"a: 1\nb: \xff\n", "!f: line 2: not UTF-8"},
        {"{\"a\\nb\": 1, \"a\\nb\": 2}", "!f: line 1: duplicate key 'a b'"},
        {"{\"" A99 "é\": 1, \"" A99 "é\": 2}", "!f: line 1: duplicate key '" A99 "?'"},
    };
    AZ_AUTO_BUF got = az_buf(1 << 20);
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        read_as(&got, az_str(cases[i].text));
        if (strcmp(got.p, cases[i].want) != 0)
            fail_msg("%s\ngot  %s\nwant %s", cases[i].text, got.p, cases[i].want);
    }
    read_as(&got, AZ_STR("a: 1\nb: \0"));
    assert_string_equal(got.p, "!f: line 2: a NUL character");
}

static void limits(void **state)
{
    (void)state;
    AZ_AUTO_BUF text = az_buf(AZ_YAML_BYTES + 16), got = az_buf(AZ_YAML_BYTES + 16);
    for (int i = 0; i < AZ_YAML_DEPTH; i++)
        az_buf_char(&text, '[');
    for (int i = 0; i < AZ_YAML_DEPTH; i++)
        az_buf_char(&text, ']');
    read_as(&got, az_buf_view(&text));
    assert_string_equal(got.p, text.p);

    az_buf_clear(&text);
    for (int i = 0; i < 100000; i++)
        az_buf_char(&text, '[');
    read_as(&got, az_buf_view(&text));
    assert_string_equal(got.p, "!f: line 1: nested too deep");

    az_buf_clear(&text);
    for (int i = 0; i <= AZ_YAML_NODES; i++)
        az_buf_z(&text, "- a\n");
    read_as(&got, az_buf_view(&text));
    assert_string_equal(got.p, "!f: line 65536: too many values");

    az_buf_clear(&text);
    for (int i = 0; i <= AZ_YAML_KEYS; i++)
        az_buf_fmt(&text, "k%d:\n", i);
    read_as(&got, az_buf_view(&text));
    assert_string_equal(got.p, "!f: line 4097: too many keys in one map");

    while (text.n <= AZ_YAML_BYTES && !text.failed)
        az_buf_char(&text, '#');
    read_as(&got, az_buf_view(&text));
    assert_string_equal(got.p, "!f: longer than 4194304 bytes");
}

static void lines(void **state)
{
    (void)state;
    AZ_AUTO(arena) a = az_arena_new(256);
    struct az_yaml *y;
    struct az_error err = {0};
    struct az_str text = AZ_STR("a: 1\n\nb:\n  - x\n  - {c: d,\n     e: f}\ng:\n");
    assert_int_equal(az_yaml_parse(a, text, "f", &y, &err), 0);
    assert_int_equal(az_yaml_get(y, "a")->key_line, 1);
    const struct az_yaml *b = az_yaml_get(y, "b");
    assert_int_equal(b->key_line, 3);
    assert_int_equal(b->first->line, 4);
    assert_int_equal(az_yaml_get(b->last, "e")->line, 6);
    assert_int_equal(az_yaml_get(y, "g")->line, 7); /* a value that is left out */
    assert_null(az_yaml_get(y, "h"));
    assert_null(az_yaml_get(b, "a"));
}

static void changes(void **state)
{
    (void)state;
    static const struct {
        const char *drop, *put, *want;
    } cases[] = {
        {"a", "c", "b=2 c=0 n=2"}, {"b", "a", "a=0 n=1"},     {"x", "b", "a=1 b=0 n=2"},
        {"b", "b", "a=1 b=0 n=2"}, {"a", "a", "b=2 a=0 n=2"},
    };
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        AZ_AUTO(arena) a = az_arena_new(256);
        AZ_AUTO_BUF got = az_buf(256);
        struct az_yaml *y;
        assert_int_equal(az_yaml_parse(a, AZ_STR("{a: 1, b: 2}"), "f", &y, NULL), 0);
        struct az_yaml *child = az_yaml_new(a, AZ_Y_TEXT, y);
        child->key = az_str(cases[i].put);
        child->text = AZ_STR("0");
        az_yaml_drop(y, cases[i].drop);
        az_yaml_put(y, child);
        for (struct az_yaml *c = y->first; c; c = c->next)
            az_buf_fmt(&got, "%s=%s ", c->key.p, c->text.p);
        az_buf_fmt(&got, "n=%zu", y->n);
        assert_string_equal(got.p, cases[i].want);
        assert_null(y->last->next);
    }
}

static void shown(void **state)
{
    (void)state;
    char text[AZ_YAML_SHOWN];
    struct az_yaml y = {.type = AZ_Y_TEXT, .text = AZ_STR("a\nb")};
    assert_string_equal(az_yaml_shown(&y, text), "a b");
    y.text = AZ_STR("ééééééééééééééééééééééééééééééééééééééééé");
    assert_true(az_utf8_valid(az_str(az_yaml_shown(&y, text)), NULL));
    assert_true(az_str_ends(az_str(text), "…"));
    y.hidden = true;
    assert_string_equal(az_yaml_shown(&y, text), "(hidden)");
    y.type = AZ_Y_LIST;
    assert_string_equal(az_yaml_shown(&y, text), "a list");
}

/* ---- writing ---- */

static void reads_back(const char *key, const char *value)
{
    AZ_AUTO(arena) a = az_arena_new(256);
    AZ_AUTO_BUF b = az_buf(1 << 16);
    struct az_yaml *y;
    struct az_error err = {0};
    az_buf_z(&b, "top:\n  ");
    az_yaml_put_text(&b, az_str(key));
    az_buf_z(&b, ": ");
    az_yaml_put_block(&b, az_str(value), 4);
    az_buf_z(&b, "\n  z_end: [");
    az_yaml_put_text(&b, az_str(value));
    az_buf_z(&b, "]\n");
    if (az_yaml_parse(a, az_buf_view(&b), "f", &y, &err) < 0)
        fail_msg("%s\n%s", b.p, err.what);
    const struct az_yaml *top = az_yaml_get(y, "top");
    const struct az_yaml *first = az_yaml_get(top, key);
    const struct az_yaml *last = az_yaml_get(top, "z_end")->first;
    if (!first || strcmp(first->text.p, value) != 0 || strcmp(last->text.p, value) != 0)
        fail_msg("%s\nis not '%s'", b.p, value);
    if (first->type != AZ_Y_TEXT || last->type != AZ_Y_TEXT)
        fail_msg("%s\nis no text", b.p);
}

static void writes(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",      " ",        "\n",        "a\n",        "a\n\n", "\na",      "a\nb",
        " a\nb", "a \n",     "a\n b\n",   "a\n\tb",     "null",  "~",        "true",
        "5",     "1e3",      "0x1f",      ".inf",       "no",    "- a",      "a: b",
        "# c",   "a #b",     "[x",        "{x",         "'",     "\"",       "\\",
        "|",     ">",        "%a",        "@a",         "`a",    "*a",       "&a",
        "!a",    "---",      "...",       "a\n---\nb",  "é",     "a\r\nb",   "\x01",
        "\x7f",  "\xc2\x85", "\u2028\n",  "\ufeffa\nb", "😀\n😀",  "a\n# b\n", "? a",
        ": a",   "a:",       "a\n\n\n b", "-",          "<<",    "=",        "\t",
    };
    for (size_t i = 0; i < AZ_LEN(texts); i++) {
        for (size_t j = 0; j < AZ_LEN(texts); j += 7)
            reads_back(texts[j], texts[i]);
        reads_back(texts[i], "a");
    }
}

/* Readers of YAML 1.1 take these for truth values. */
static void writes_for_old_readers(void **state)
{
    (void)state;
    static const char *const texts[] = {"no", "Yes", "ON", "off", "y", "N"};
    for (size_t i = 0; i < AZ_LEN(texts); i++) {
        AZ_AUTO_BUF b = az_buf(64);
        az_yaml_put_text(&b, az_str(texts[i]));
        assert_int_equal(b.p[0], '"');
    }
    AZ_AUTO_BUF b = az_buf(64);
    az_yaml_put_text(&b, AZ_STR("nobody"));
    assert_string_equal(b.p, "nobody");
}

static void writes_anything(void **state)
{
    (void)state;
    static const char *const pieces[] = {"a", " ",  "\n", "\n\n", ":",      "#", "-",
                                         "'", "\"", "\\", "\t",   "é",      "|", "0",
                                         "{", "]",  ",",  "\r",   "\u2029", "%"};
    struct az_rng rng = az_rng(20240607);
    for (int i = 0; i < 20000; i++) {
        char text[128] = "";
        size_t n = 0, parts = az_rng_below(&rng, 12);
        for (size_t j = 0; j < parts; j++)
            n += (size_t)snprintf(text + n, sizeof(text) - n, "%s",
                                  pieces[az_rng_below(&rng, AZ_LEN(pieces))]);
        reads_back("k", text);
        if (n < 60)
            reads_back(text, "v");
    }
}

/* libfyaml's own memory cannot be made to fail; ours can. */
static void without_memory(void **state)
{
    (void)state;
    int r = AZ_ENOMEM, nth = 1;
    for (; r == AZ_ENOMEM; nth++) {
        AZ_AUTO(arena) a = az_arena_new(64);
        struct az_yaml *y = NULL;
        struct az_error err = {0};
        az_fault_alloc(nth);
        r = az_yaml_parse(a, AZ_STR("a: [b, {c: d, e: f}, g]\nh: |\n  i\n"), "f", &y, &err);
        az_fault_alloc(0);
        assert_true(r == 0 || (!y && *err.what));
    }
    assert_int_equal(r, 0);
    assert_true(nth > 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads),
        cmocka_unit_test(limits),
        cmocka_unit_test(lines),
        cmocka_unit_test(changes),
        cmocka_unit_test(shown),
        cmocka_unit_test(writes),
        cmocka_unit_test(writes_for_old_readers),
        cmocka_unit_test(writes_anything),
        cmocka_unit_test(without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
