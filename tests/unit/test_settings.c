#include "core/settings.h"

#include "core/mem.h"
#include "tests/unit/unit.h"

struct config {
    const char *state, *file, *at;
    int n;
};

static const struct az_key_row keys[] = {
    {"state", AZ_KEY_TEXT, offsetof(struct config, state), .required = true, .doc = "A folder."},
    {"file", AZ_KEY_TEXT, offsetof(struct config, file), .doc = "A file."},
    {"at", AZ_KEY_TEXT, offsetof(struct config, at), .def = "tcp://*:1", .doc = "An endpoint."},
    {"n", AZ_KEY_INT, offsetof(struct config, n), .min = 1, .max = 9, .def = "3", .doc = "N."},
    {0},
};

static const char *env(void *arg, const char *name)
{
    (void)arg;
    return strcmp(name, "STATE_DIRECTORY") == 0 ? "/var/lib/x" : NULL;
}

static const struct az_settings_source source = {.path = "/etc/a/c.yaml", .env = env};

static int read_config(struct az_arena *a, const char *text, struct config *c, struct az_error *err)
{
    struct az_yaml *root;
    int r = az_settings_read(a, text, "coordinator", &source, keys, c, &root, err);
    if (r == 0)
        r = az_settings_endpoint(root, "at", c->at, err);
    return r < 0 ? r : az_settings_file(a, &source, &c->file, err);
}

static void reads(void **state)
{
    (void)state;
    AZ_AUTO(arena) a = az_arena_new(4096);
    struct config c = {0};
    struct az_error err = {0};
    assert_int_equal(read_config(a, "state: \"${STATE_DIRECTORY}/s\"\nfile: k\n", &c, &err), 0);
    assert_string_equal(c.state, "/var/lib/x/s");
    assert_string_equal(c.file, "/etc/a/k");
    assert_int_equal(c.n, 3);
}

#define HERE(line) "coordinator '/etc/a/c.yaml': line " #line ": "

static void mistakes(void **state)
{
    (void)state;
    static const struct {
        const char *text, *what, *hint;
    } cases[] = {
        {"", "coordinator '/etc/a/c.yaml': it is empty", ""},
        {"- a\n", HERE(1) "the configuration must be a map, not a list", ""},
        {"n: 1\n", HERE(1) "the configuration has no 'state'", "A folder"},
        {"state: x\nsate: y\n", HERE(2) "unrecognized key 'sate'", "Did you mean 'state'?"},
        {"state: ${NONE}\n", HERE(1) "environment variable 'NONE' is not set", "${NONE:-value}"},
        {"state: x\nn: 12\n", HERE(2) "'n' is out of range: 12", "between 1 and 9"},
        {"state: x\nat: udp://h:1\n", HERE(2) "'at' is neither tcp:// nor ipc:///", "HOST:PORT"},
        {"state: x\nat: tcp://h\n", HERE(2) "'at' has no host and port", ""},
        {"state: x\nat: tcp://:5\n", HERE(2) "'at' has no host and port", ""},
        {"state: x\nat: tcp://h:70000\n", HERE(2) "'at' has no host and port", ""},
        {"state: x\nat: tcp://h:*\n", HERE(2) "'at' has no host and port", ""},
        {"state: x\nat: tcp://h/x:5\n", HERE(2) "'at' has no host and port", ""},
        {"state: x\nat: tcp://me;h:5\n", HERE(2) "'at' has no host and port", ""},
        {"state: x\nat: \"ipc:///\"\n", HERE(2) "'at' names no socket", ""},
        {"state: x\nat: \"ipc://rel\"\n", HERE(2) "'at' is neither tcp:// nor ipc:///", ""},
        {"state: x\nat: \"tcp://a b:1\"\n", HERE(2) "'at' has white space", ""},
    };
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        AZ_AUTO(arena) a = az_arena_new(4096);
        struct config c = {0};
        struct az_error err = {0};
        int r = read_config(a, cases[i].text, &c, &err);
        if (r != AZ_EINVAL || !strstr(err.what, cases[i].what) || !strstr(err.hint, cases[i].hint))
            fail_msg("%s: got '%s' '%s'", cases[i].text, err.what, err.hint);
    }
}

static void endpoints(void **state)
{
    (void)state;
    static const char *const good[] = {"tcp://*:5600", "tcp://[::1]:5600", "tcp://host.lab:1",
                                       "ipc:///run/assize/clients"};
    char longest[160];
    struct az_yaml root = {.type = AZ_Y_MAP, .origin = "x"};
    memset(longest, 'a', sizeof(longest));
    memcpy(longest, "ipc:///", 7);
    for (size_t i = 0; i < AZ_LEN(good); i++)
        assert_int_equal(az_settings_endpoint(&root, "at", good[i], NULL), 0);
    assert_true(az_endpoint_is_remote(good[0]));
    assert_false(az_endpoint_is_remote(good[3]));
    longest[6 + 107] = '\0';
    assert_int_equal(az_settings_endpoint(&root, "at", longest, NULL), 0);
}

static void without_memory(void **state)
{
    (void)state;
    int r = AZ_ENOMEM;
    for (int nth = 1; r == AZ_ENOMEM; nth++) {
        AZ_AUTO(arena) a = az_arena_new(64);
        struct config c = {0};
        struct az_error err = {0};
        az_fault_alloc(nth);
        r = read_config(a, "state: \"${STATE_DIRECTORY}/s\"\nfile: k\n", &c, &err);
        az_fault_alloc(0);
        assert_true(r == 0 || *err.what);
    }
    assert_int_equal(r, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(reads), cmocka_unit_test(mistakes),
                                       cmocka_unit_test(endpoints),
                                       cmocka_unit_test(without_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
