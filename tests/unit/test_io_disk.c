#include "core/io_disk.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/mem.h"

static void makes_what_is_missing(void **state)
{
    (void)state;
    char root[] = "/tmp/assize-disk-XXXXXX", path[128];
    struct stat st;
    assert_non_null(mkdtemp(root));
    snprintf(path, sizeof(path), "%s/a//b/c/", root);
    assert_int_equal(az_disk_make_dirs(path, 0700), 0);
    assert_int_equal(az_disk_make_dirs(path, 0700), 0);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);

    snprintf(path, sizeof(path), "%s/a/b/file", root);
    fclose(fopen(path, "w"));
    assert_int_equal(az_disk_make_dirs(path, 0700), -1);
    assert_int_equal(errno, ENOTDIR);
    snprintf(path, sizeof(path), "%s/a/b/file/d", root);
    assert_int_equal(az_disk_make_dirs(path, 0700), -1);
    assert_int_equal(errno, ENOTDIR);
    az_fault_alloc(1);
    assert_int_equal(az_disk_make_dirs(path, 0700), -1);
    assert_int_equal(errno, ENOMEM);

    static const char *const made[] = {"a/b/file", "a/b/c", "a/b", "a", ""};
    for (size_t i = 0; i < AZ_LEN(made); i++) {
        snprintf(path, sizeof(path), "%s/%s", root, made[i]);
        assert_int_equal(remove(path), 0);
    }
}

static void knows_a_local_disk(void **state)
{
    (void)state;
    assert_false(az_disk_is_network("/proc"));
    assert_false(az_disk_is_network("/nowhere at all"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(makes_what_is_missing),
        cmocka_unit_test(knows_a_local_disk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
