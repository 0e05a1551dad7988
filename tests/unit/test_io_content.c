#include "client/cli/io_content.h"

#include <sys/stat.h>
#include <unistd.h>

#include "core/io_file.h"
#include "tests/unit/unit.h"

static char dir[] = "/tmp/assize-content-XXXXXX";

static int set_up(void **state)
{
    (void)state;
    return mkdtemp(dir) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    return rmdir(dir);
}

static struct az_hash hash_of(const char *name, struct az_str bytes)
{
    char path[128];
    struct az_hash h;
    struct az_error err = {0};
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    assert_int_equal(az_file_write(path, bytes, NULL), 0);
    if (az_content_hash(path, &h, &err) != 1)
        fail_msg("%s", err.what);
    unlink(path);
    return h;
}

static void content_and_not_its_wrapping(void **state)
{
    (void)state;
    /* printf 'ab\n' | gzip -n */
    static const char packed[] = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x4b\x4c\xe2\x02\x00"
                                 "\x3e\x98\x4a\x01\x03\x00\x00\x00";
    struct az_hash plain = hash_of("a", AZ_STR("ab\n"));
    struct az_hash other = hash_of("b.gz", AZ_STR(packed));
    assert_true(az_hash_eq(&plain, &other));
    other = hash_of("a", AZ_STR("ab"));
    assert_false(az_hash_eq(&plain, &other));
}

static void content_of_what_is_no_file(void **state)
{
    (void)state;
    char path[128];
    struct az_hash h;
    struct az_error err = {0};
    snprintf(path, sizeof(path), "%s/fifo", dir);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(az_content_hash(path, &h, &err), 0);
    assert_int_equal(az_content_hash("-", &h, &err), 0);
    unlink(path);
    assert_int_equal(az_content_hash(path, &h, &err), AZ_ENOENT);
    assert_non_null(strstr(err.what, "fifo"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(content_and_not_its_wrapping),
                                       cmocka_unit_test(content_of_what_is_no_file)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
