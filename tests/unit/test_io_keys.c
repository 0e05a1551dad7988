#include "core/io_keys.h"

#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/mem.h"
#include "tests/unit/unit.h"

static char dir[64];

static const char *at(const char *name)
{
    static char path[128];
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    return path;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    return remove(path);
}

static int setup(void **state)
{
    snprintf(dir, sizeof(dir), "/tmp/assize-keys-XXXXXX");
    return mkdtemp(dir) ? 0 : -1;
}

static int teardown(void **state)
{
    return nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static mode_t mode_of(const char *name)
{
    struct stat st;
    assert_int_equal(stat(at(name), &st), 0);
    return st.st_mode & 07777;
}

static void put(const char *name, const char *text, mode_t mode)
{
    int fd = open(at(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    assert_int_equal(chmod(at(name), mode), 0);
}

static void keys_written_and_read(void **state)
{
    (void)state;
    struct az_keypair made, read;
    struct az_error err = {0};
    char public_key[AZ_Z85_KEY + 1], folder[96];
    snprintf(folder, sizeof(folder), "%s/new", dir);
    assert_int_equal(az_keypair_make(&made, &err), 0);
    assert_int_equal(az_keypair_write(&made, folder, "gpu-a", &err), 0);
    assert_int_equal(mode_of("new"), 0700);
    assert_int_equal(mode_of("new/gpu-a.secret"), 0600);
    assert_int_equal(az_keypair_read(at("new/gpu-a.secret"), &read, &err), 0);
    assert_string_equal(read.secret_key, made.secret_key);
    assert_string_equal(read.public_key, made.public_key);
    assert_int_equal(az_public_key_read(at("new/gpu-a.public"), public_key, &err), 0);
    assert_string_equal(public_key, made.public_key);

    az_keypair_wipe(&read);
    assert_string_equal(read.secret_key, "");
}

/* What is there stays as it is, whichever of the two it is. */
static void keys_not_overwritten(void **state)
{
    (void)state;
    static const char *const there[] = {"a.secret", "a.public"};
    struct az_keypair k;
    assert_int_equal(az_keypair_make(&k, NULL), 0);
    for (size_t i = 0; i < AZ_LEN(there); i++) {
        struct az_error err = {0};
        put(there[i], "mine", 0600);
        assert_int_equal(az_keypair_write(&k, dir, "a", &err), AZ_EEXIST);
        assert_non_null(strstr(err.what, there[i]));
        assert_int_equal(access(at(there[1 - i]), F_OK), -1);
        assert_int_equal(remove(at(there[i])), 0);
    }
}

static void keys_seen_by_others(void **state)
{
    (void)state;
    static const mode_t modes[] = {0640, 0604, 0620, 0777};
    struct az_keypair k;
    assert_int_equal(az_keypair_make(&k, NULL), 0);
    assert_int_equal(az_keypair_write(&k, dir, "b", NULL), 0);
    for (size_t i = 0; i < AZ_LEN(modes); i++) {
        struct az_error err = {0};
        assert_int_equal(chmod(at("b.secret"), modes[i]), 0);
        assert_int_equal(az_keypair_read(at("b.secret"), &k, &err), AZ_EINVAL);
        assert_non_null(strstr(err.what, "can be read by others"));
    }
    assert_int_equal(chmod(at("b.secret"), 0400), 0);
    assert_int_equal(az_keypair_read(at("b.secret"), &k, NULL), 0);
}

/* None of these is a secret file, and no message shows what is in it. */
/* As systemd hands a credential over: root's, and readable by whom it is for. */
static void keys_handed_over(void **state)
{
    (void)state;
    static const struct {
        mode_t mode;
        int want;
    } cases[] = {{0440, 0}, {0444, AZ_EINVAL}, {0460, AZ_EINVAL}};
    struct az_keypair k;
    if (geteuid() != 0)
        skip();
    assert_int_equal(az_keypair_make(&k, NULL), 0);
    assert_int_equal(az_keypair_write(&k, dir, "c", NULL), 0);
    assert_int_equal(chown(at("c.secret"), 0, 65534), 0);
    assert_int_equal(chmod(dir, 0755), 0);
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        assert_int_equal(chmod(at("c.secret"), cases[i].mode), 0);
        pid_t child = fork();
        if (child == 0) {
            bool dropped = setgid(65534) == 0 && setuid(65534) == 0;
            _exit(dropped && az_keypair_read(at("c.secret"), &k, NULL) == cases[i].want ? 0 : 1);
        }
        int status = -1;
        assert_int_equal(waitpid(child, &status, 0), child);
        if (status)
            fail_msg("mode %o", cases[i].mode);
    }
}

static void keys_bad_files(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "# secret rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7\n",
        "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7\n",
        "public rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7\n",
        "secret rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf\n",
        "secretrq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7\n",
        "secret\n",
    };
    struct az_keypair k;
    for (size_t i = 0; i < AZ_LEN(texts); i++) {
        struct az_error err = {0};
        put("c.secret", texts[i], 0600);
        int r = az_keypair_read(at("c.secret"), &k, &err);
        if (r != AZ_EINVAL || strstr(err.what, "rq:rM") || strstr(err.hint, "rq:rM"))
            fail_msg("'%s': %d %s", texts[i], r, err.what);
    }
    struct az_error err = {0};
    assert_int_equal(az_keypair_read(at("none"), &k, &err), AZ_ENOENT);
    assert_int_equal(az_keypair_read(dir, &k, &err), AZ_EINVAL);
    char public_key[AZ_Z85_KEY + 1];
    put("c.secret", "secret rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7\n", 0600);
    assert_int_equal(az_public_key_read(at("c.secret"), public_key, &err), AZ_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(keys_written_and_read, setup, teardown),
        cmocka_unit_test_setup_teardown(keys_not_overwritten, setup, teardown),
        cmocka_unit_test_setup_teardown(keys_seen_by_others, setup, teardown),
        cmocka_unit_test_setup_teardown(keys_handed_over, setup, teardown),
        cmocka_unit_test_setup_teardown(keys_bad_files, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
