/* A worker's backends: what a panel's have, and what a panel may not say. */
#include "core/backends.h"

#include "core/mem.h"
#include "tests/unit/unit.h"

static const char *env(void *arg, const char *name)
{
    (void)arg;
    return strcmp(name, "PORT") == 0 ? "8123" : NULL;
}

static const struct az_key_row keys[] = {
    {"backends", AZ_KEY_NODE, .doc = "The list."},
    {0},
};

static int read_list(struct az_arena *a, const char *yaml, struct az_backend **ret, size_t *n,
                     struct az_error *err)
{
    static const struct az_settings_source source = {.path = "/etc/w.yaml", .env = env};
    const struct az_yaml *list;
    AZ_AUTO_BUF text = az_buf(8192);
    az_buf_fmt(&text, "backends:\n%s", yaml);
    int r = az_buf_check(&text, err);
    if (r == 0)
        r = az_settings_read(a, text.p, "worker", &source, keys, &list, NULL, err);
    return r < 0 ? r : az_backends_read(a, list, &source, ret, n, err);
}

static const char whole[] = "- name: gpu\n"
                            "  kind: openai\n"
                            "  url: \"http://localhost:${PORT}/v1\"\n"
                            "  slots: 32\n"
                            "  models: [tiny, 4]\n"
                            "  serve:\n"
                            "    command: [serve-model, --port, \"${PORT}\"]\n"
                            "    ready: http://localhost:8123/health\n"
                            "    stop_s: 30\n"
                            "- {name: shared, kind: anthropic, key: 'cred:k', rpm: 50,\n"
                            "   limit_group: lab}\n"
                            "- {name: past, kind: recorded, file: b.tsv}\n"
                            "- {name: lexical, kind: lexical}\n";

static void reads_all_keys(void **state)
{
    (void)state;
    AZ_AUTO(arena) a = az_arena_new(4096);
    struct az_backend *b;
    size_t n;
    struct az_error err = {0};
    if (read_list(a, whole, &b, &n, &err) < 0)
        fail_msg("%s", err.what);
    assert_int_equal(n, 4);
    assert_string_equal(b[0].urls[0], "http://localhost:8123/v1");
    assert_int_equal(b[0].n_models, 2);
    assert_string_equal(b[0].models[1], "4");
    assert_int_equal(b[0].serve->n_command, 3);
    assert_string_equal(b[0].serve->command[2], "8123");
    assert_null(b[0].serve->command[3]);
    assert_string_equal(b[0].serve->ready, "http://localhost:8123/health");
    assert_true(b[0].serve->restart);
    assert_int_equal(b[0].serve->stop_s, 30);
    assert_null(b[0].limit_group);
    assert_string_equal(b[1].limit_group, "lab");
    assert_null(b[1].serve);
    assert_string_equal(b[2].file, "/etc/b.tsv");
    assert_string_equal(b[3].kind, "lexical");
}

#define AT(line) "worker '/etc/w.yaml': line " #line ": "
#define GPU(keys) "- {name: g, kind: openai, url: 'http://h/v1', " keys "}\n"

static void mistakes(void **state)
{
    (void)state;
    static const struct {
        const char *yaml, *what, *hint;
    } cases[] = {
        {" []", AT(2) "'backends' must be a list, and not an empty one", "answer nothing"},
        {" a: 1", AT(2) "'backends' must be a list, and not an empty one", ""},
        {GPU("serv: 1"), AT(2) "unrecognized key 'serv'", "Did you mean 'serve'?"},
        {GPU("limit_group: x"), AT(2) "'limit_group' without a limit to share", "'rpm'"},
        {GPU("models: m"), AT(2) "'models' must be a list of 1 to 4096 texts", ""},
        {GPU("models: [[m]]"), AT(2) "'models' must be a list of texts", ""},
        {GPU("serve: x"), AT(2) "serve must be a map, not text", ""},
        {GPU("serve: {command: [a]}"), AT(2) "serve has no 'ready'", "answers 200"},
        {GPU("serve: {ready: 'http://h', command: a b}"),
         AT(2) "'command' must be a list of 1 to 4096 texts", ""},
        {GPU("serve: {ready: 'h:1', command: [a]}"), AT(2) "'ready' is no http:// or https:// url",
         "/health"},
        {GPU("serve: {ready: 'http://h', command: [a], stop_s: 0}"),
         AT(2) "'stop_s' is out of range: 0", "between 1 and 600"},
        {GPU("rpm: 1") GPU("tpm: 1"), AT(3) "two backends are called 'g'", ""},
        {"- {name: l, kind: lexical, serve: {ready: a}}\n", AT(2) "'serve' means nothing for kind",
         ""},
        {"- {name: l, kind: lexical, models: [m]}\n", AT(2) "'models' means nothing for kind", ""},
    };
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        AZ_AUTO(arena) a = az_arena_new(4096);
        struct az_backend *b;
        size_t n;
        struct az_error err = {0};
        int r = read_list(a, cases[i].yaml, &b, &n, &err);
        if (r != AZ_EINVAL || !strstr(err.what, cases[i].what) || !strstr(err.hint, cases[i].hint))
            fail_msg("%s: got '%s' '%s'", cases[i].yaml, err.what, err.hint);
    }
}

static void without_memory(void **state)
{
    (void)state;
    int r = AZ_ENOMEM;
    for (int nth = 1; r == AZ_ENOMEM; nth++) {
        AZ_AUTO(arena) a = az_arena_new(64);
        struct az_backend *b = NULL;
        size_t n;
        struct az_error err = {0};
        az_fault_alloc(nth);
        r = read_list(a, whole, &b, &n, &err);
        az_fault_alloc(0);
        assert_true(r == 0 || (!b && *err.what));
    }
    assert_int_equal(r, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(reads_all_keys), cmocka_unit_test(mistakes),
                                       cmocka_unit_test(without_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
