#include "workers/io_key.h"

#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "tests/unit/unit.h"

static char dir[] = "/tmp/assize-key-XXXXXX", path[64], where[80];

static int set_up(void **state)
{
    (void)state;
    if (!mkdtemp(dir))
        return -1;
    snprintf(path, sizeof(path), "%s/key", dir);
    snprintf(where, sizeof(where), "file:%s", path);
    setenv("CREDENTIALS_DIRECTORY", dir, 1);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(dir);
}

static void put(const void *bytes, size_t n)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static const char *header(const char *from, enum az_auth auth)
{
    static char line[8192];
    struct az_secret_key *k;
    struct az_error err = {0};
    if (az_secret_key_read(from, &k, &err) < 0)
        fail_msg("%s: %s", from, err.what);
    assert_true(az_secret_key_header(k, auth, line, sizeof(line)));
    az_secret_key_free(k);
    return line;
}

static void key_from_each_place(void **state)
{
    (void)state;
    setenv("SOME_KEY", "sk-abc", 1);
    put("sk-file \r\n", 10);
    assert_string_equal(header("env:SOME_KEY", AZ_AUTH_BEARER), "Authorization: Bearer sk-abc");
    assert_string_equal(header("env:SOME_KEY", AZ_AUTH_X_API_KEY), "x-api-key: sk-abc");
    assert_string_equal(header(where, AZ_AUTH_BEARER), "Authorization: Bearer sk-file");
    assert_string_equal(header("cred:key", AZ_AUTH_BEARER), "Authorization: Bearer sk-file");
}

static void no_dump_of_a_key(void **state)
{
    (void)state;
#ifndef __SANITIZE_ADDRESS__
    setenv("SOME_KEY", "sk-abc", 1);
    assert_int_equal(prctl(PR_SET_DUMPABLE, 1), 0);
    header("env:SOME_KEY", AZ_AUTH_BEARER);
    assert_int_equal(prctl(PR_GET_DUMPABLE), 0);
#endif
}

static void no_key(void **state)
{
    (void)state;
    struct az_secret_key *k = (void *)1;
    char line[64] = "as it was";
    assert_int_equal(az_secret_key_read(NULL, &k, NULL), 0);
    assert_null(k);
    assert_false(az_secret_key_header(NULL, AZ_AUTH_BEARER, line, sizeof(line)));
    assert_string_equal(line, "as it was");
    az_secret_key_free(NULL);
}

static void key_without_room(void **state)
{
    (void)state;
    struct az_secret_key *k;
    char line[29]; /* one too few */
    setenv("SOME_KEY", "sk-abcd", 1);
    assert_int_equal(az_secret_key_read("env:SOME_KEY", &k, NULL), 0);
    assert_false(az_secret_key_header(k, AZ_AUTH_BEARER, line, sizeof(line)));
    az_secret_key_free(k);
}

/* What is no key is named by its place, and never shown. */
static void refused(const char *from, const char *what)
{
    struct az_secret_key *k;
    struct az_error err = {0};
    assert_int_equal(az_secret_key_read(from, &k, &err), AZ_EINVAL);
    assert_null(k);
    if (!strstr(err.what, what) || strstr(err.what, "secret") || strstr(err.hint, "secret"))
        fail_msg("%s: '%s'", from, err.what);
}

/* The hint is true of every program: only some have an option for it. */
static void no_such_variable(void **state)
{
    (void)state;
    struct az_secret_key *k;
    struct az_error err = {0};
    unsetenv("NO_SUCH_KEY");
    assert_int_equal(az_secret_key_read("env:NO_SUCH_KEY", &k, &err), AZ_EINVAL);
    assert_string_equal(err.what, "the environment has no 'NO_SUCH_KEY'");
    assert_string_equal(err.hint, "Set NO_SUCH_KEY, or let the key be file:PATH.");
}

static void keys_that_are_none(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t n;
    } files[] = {{"", 0},
                 {" \n", 2},
                 {"secret\nsecret", 13},
                 {"secret\rx: y", 11}, /* would begin another header */
                 {"sec\0ret", 7},
                 {"secret\x7f"
                  "a",
                  8},
                 {"secret\ta", 8}};
    for (size_t i = 0; i < AZ_LEN(files); i++) {
        put(files[i].bytes, files[i].n);
        refused(where, "empty or more than one line");
    }
    static char large[5000];
    memset(large, 'a', sizeof(large));
    put(large, sizeof(large));
    refused(where, "is no key");
    large[sizeof(large) - 1] = '\0';
    setenv("SOME_KEY", large, 1);
    refused("env:SOME_KEY", "too long");
    unsetenv("SOME_KEY");
    refused("env:SOME_KEY", "has no 'SOME_KEY'");
    refused("file:/nowhere/key", "'/nowhere/key'");
    refused("file:/tmp", "'/tmp'");
    refused("cred:../key", "'../key'");
    refused("cred:other", "other");
    refused("plain", "env:NAME");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(key_from_each_place),
        cmocka_unit_test(no_dump_of_a_key),
        cmocka_unit_test(no_key),
        cmocka_unit_test(key_without_room),
        cmocka_unit_test(no_such_variable),
        cmocka_unit_test(keys_that_are_none),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
