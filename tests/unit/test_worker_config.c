#include "workers/config.h"

#include "core/mem.h"
#include "tests/unit/unit.h"

static const char *env(void *arg, const char *name)
{
    (void)arg;
    return strcmp(name, "TASK") == 0 ? "7" : NULL;
}

static const struct az_settings_source source = {.path = "/etc/a/w.yaml", .env = env};

#define NAME "name: \"gpu${TASK}\"\n"
#define LOCAL "coordinator: ipc:///run/w\n"
#define TCP "coordinator: tcp://head:5601\n"
#define KEYS "key: k\ncoordinator_key: c.pub\n"
#define LEXICAL "backends: [{name: lexical, kind: lexical}]\n"

static void reads(void **state)
{
    (void)state;
    AZ_AUTO(worker_setup) s = NULL;
    struct az_error err = {0};
    static const char text[] = NAME TCP KEYS "cache: a.db\nslots: 9\n"
                                             "backends:\n"
                                             "- {name: past, kind: recorded, file: b.tsv}\n"
                                             "- {name: lexical, kind: lexical}\n";
    if (az_worker_setup_read(text, &source, &s, &err) < 0)
        fail_msg("%s", err.what);
    assert_string_equal(s->name, "gpu7");
    assert_string_equal(s->coordinator, "tcp://head:5601");
    assert_string_equal(s->key, "/etc/a/k");
    assert_string_equal(s->coordinator_key, "/etc/a/c.pub");
    assert_string_equal(s->cache, "/etc/a/a.db");
    assert_int_equal(s->slots, 9);
    assert_int_equal(s->n_backends, 2);
    assert_string_equal(s->backends[0].file, "/etc/a/b.tsv");
    assert_int_equal(s->log, AZ_LOG_INFO);
}

static void defaults(void **state)
{
    (void)state;
    AZ_AUTO(worker_setup) s = NULL;
    struct az_error err = {0};
    assert_int_equal(az_worker_setup_read(NAME LOCAL LEXICAL "cache: none\n", &source, &s, &err),
                     0);
    assert_null(s->cache);
    assert_null(s->key);
    assert_int_equal(s->slots, 0);
}

#define HERE(line) "worker '/etc/a/w.yaml': line " #line ": "

static void mistakes(void **state)
{
    (void)state;
    static const struct {
        const char *text, *what, *hint;
    } cases[] = {
        {LOCAL LEXICAL, HERE(1) "the configuration has no 'name'", "called"},
        {"name: ' a'\n" LOCAL LEXICAL, HERE(1) "'name' ", ""},
        {NAME LOCAL, HERE(1) "the configuration has no 'backends'", "What it can call"},
        {NAME LOCAL LEXICAL "coordnator: x\n", HERE(4) "unrecognized key 'coordnator'",
         "Did you mean 'coordinator'?"},
        {NAME TCP LEXICAL, HERE(2) "'coordinator' is tcp://, and there is no 'key'",
         "assize keygen"},
        {NAME TCP "key: k\n" LEXICAL,
         HERE(2) "'coordinator' is tcp://, and there is no 'coordinator_key'", ""},
        {NAME TCP KEYS LEXICAL "insecure: names\n", HERE(6) "both 'insecure' and 'key'", ""},
        {NAME LOCAL "backends: [{name: g, kind: openai, slot: 1}]\n",
         HERE(3) "unrecognized key 'slot'", "Did you mean 'slots'?"},
        {NAME LOCAL "backends: []\n", HERE(3) "'backends' must be a list", "answer nothing"},
    };
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        AZ_AUTO(worker_setup) s = NULL;
        struct az_error err = {0};
        int r = az_worker_setup_read(cases[i].text, &source, &s, &err);
        if (r != AZ_EINVAL || s || !strstr(err.what, cases[i].what) ||
            !strstr(err.hint, cases[i].hint))
            fail_msg("%s: got '%s' '%s'", cases[i].text, err.what, err.hint);
    }
}

#define GPU(more) NAME LOCAL "backends: [{name: g, kind: openai" more "}]\n"
#define SERVE(ready) \
    GPU(", url: 'http://a/v1', serve: {command: [a, b], ready: '" ready "', stop_s: 3}")

/* Which changes leave the session alone. */
static void goes_on(void **state)
{
    (void)state;
    static const struct {
        const char *name, *was, *now;
        bool want;
    } cases[] = {
        {"nothing", GPU(""), GPU(""), true},
        {"the log", GPU(""), GPU("") "log: debug\n", true},
        {"limits", GPU(", slots: 4, rpm: 5, tpm: 6"), GPU(", slots: 5, rpm: 6, tpm: 7"), true},
        {"limits that were not stated", GPU(""), GPU(", slots: 5, rpm: 6"), true},
        {"slots that are not stated any more", GPU(", slots: 4"), GPU(""), false},
        {"nor is a rate", GPU(", rpm: 4"), GPU(""), false},
        {"a backend's name", GPU(""), NAME LOCAL "backends: [{name: h, kind: openai}]\n", false},
        {"its url", GPU(", url: 'http://a/v1'"), GPU(", url: 'http://b/v1'"), false},
        {"one more url", GPU(", url: ['http://a/v1']"),
         GPU(", url: ['http://a/v1', 'http://b/v1']"), false},
        {"where its key is", GPU(", key: 'env:A'"), GPU(", key: 'env:B'"), false},
        {"its account", GPU(", rpm: 5"), GPU(", rpm: 5, limit_group: l"), false},
        {"its models", GPU(", models: [a]"), GPU(", models: [b]"), false},
        {"its headers", GPU(""), GPU(", headers: {a: b}"), false},
        {"the same server", SERVE("http://a/h"), SERVE("http://a/h"), true},
        {"its server", SERVE("http://a/h"), SERVE("http://a/i"), false},
        {"no server", SERVE("http://a/h"), GPU(", url: 'http://a/v1'"), false},
        {"a backend more", NAME LOCAL LEXICAL,
         NAME LOCAL "backends: [{name: lexical, kind: lexical}, {name: g, kind: openai}]\n", false},
        {"slots over all", GPU(""), GPU("") "slots: 3\n", false},
        {"the cache", GPU(""), GPU("") "cache: c\n", false},
        {"the name", NAME LOCAL LEXICAL, "name: x\n" LOCAL LEXICAL, false},
        {"the coordinator", NAME LOCAL LEXICAL, NAME "coordinator: ipc:///run/x\n" LEXICAL, false},
        {"keys", NAME TCP KEYS LEXICAL, NAME TCP "key: l\ncoordinator_key: c.pub\n" LEXICAL, false},
        {"trust", NAME LOCAL LEXICAL, NAME LOCAL LEXICAL "insecure: names\n", false},
    };
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        AZ_AUTO(worker_setup) was = NULL;
        AZ_AUTO(worker_setup) now = NULL;
        struct az_error err = {0};
        if (az_worker_setup_read(cases[i].was, &source, &was, &err) < 0 ||
            az_worker_setup_read(cases[i].now, &source, &now, &err) < 0)
            fail_msg("%s: %s", cases[i].name, err.what);
        if (az_worker_setup_goes_on(was, now) != cases[i].want)
            fail_msg("%s: not %s", cases[i].name, cases[i].want ? "true" : "false");
    }
}

static void without_memory(void **state)
{
    (void)state;
    int r = AZ_ENOMEM;
    for (int nth = 1; r == AZ_ENOMEM; nth++) {
        AZ_AUTO(worker_setup) s = NULL;
        struct az_error err = {0};
        az_fault_alloc(nth);
        r = az_worker_setup_read(NAME TCP KEYS LEXICAL "cache: c\n", &source, &s, &err);
        az_fault_alloc(0);
        assert_true(r == 0 || (!s && *err.what));
    }
    assert_int_equal(r, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(reads), cmocka_unit_test(defaults),
                                       cmocka_unit_test(mistakes), cmocka_unit_test(goes_on),
                                       cmocka_unit_test(without_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
