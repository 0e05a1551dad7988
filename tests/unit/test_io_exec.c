/* A program beside this one: what it inherits, what it says, how it ends. */
#include "workers/io_exec.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/io_program.h"
#include "tests/unit/unit.h"

enum { PATIENCE_MS = 20000 };

static void wait_readable(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
}

/* Runs a shell's words to their end. */
static void shell(const char *script, char *said, size_t said_size, char *how, size_t how_size)
{
    const char *argv[] = {"sh", "-c", script, NULL};
    const char *hidden[] = {"AZ_TEST_KEY", "AZ_TEST_NO_KEY", NULL};
    struct az_child *c = NULL;
    assert_int_equal(az_child_start(argv, hidden, &c, NULL), 0);
    wait_readable(az_child_end_fd(c));
    ssize_t n = read(az_child_output_fd(c), said, said_size - 1);
    said[n > 0 ? n : 0] = '\0';
    az_child_reap(c, how, how_size);
}

static void exec_table(void **state)
{
    (void)state;
    static const struct {
        const char *script, *said, *how;
    } rows[] = {
        {"echo out; echo err >&2; exit 3", "out\nerr\n", "exit status 3"},
        {"cat", "", "exit status 0"}, /* nothing to read */
        {"kill -9 $$", "", "ended by signal 9"},
    };
    for (size_t i = 0; i < AZ_LEN(rows); i++) {
        char said[256], how[64];
        shell(rows[i].script, said, sizeof(said), how, sizeof(how));
        assert_string_equal(said, rows[i].said);
        assert_string_equal(how, rows[i].how);
    }
}

/* Neither descriptors nor the signals that this thread does not take. */
static void exec_inherits_nothing(void **state)
{
    (void)state;
    char said[1024], how[64];
    int open_here = dup2(STDERR_FILENO, 77);
    assert_int_equal(open_here, 77);
    sigset_t all, before;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    shell("echo /proc/$$/fd/*; grep SigBlk /proc/self/status", said, sizeof(said), how,
          sizeof(how));
    sigprocmask(SIG_SETMASK, &before, NULL);
    close(open_here);
    assert_null(strstr(said, "/77"));
    assert_non_null(strstr(said, "SigBlk:\t0000000000000000"));
}

/* select() breaks with more than it knows: they are for this program alone. */
static void exec_has_the_descriptors_of_before(void **state)
{
    (void)state;
    static const struct az_program_row none[] = {{0}};
    static const struct az_program program = {
        .name = "test", .signals = none, .exits = none, .files = none};
    char said[64], how[64], *argv[] = {(char *)"test", NULL};
    struct az_program_options o = {0};
    struct rlimit l;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &l), 0);
    l.rlim_cur = 512;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &l), 0);
    assert_int_equal(az_program_begin(&program, 1, argv, &o), AZ_PROGRAM_GOES_ON);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &l), 0);
    assert_true(l.rlim_cur > 512);
    shell("ulimit -S -n", said, sizeof(said), how, sizeof(how));
    assert_string_equal(said, "512\n");
}

static void exec_hides_variables(void **state)
{
    (void)state;
    char said[256], how[64];
    setenv("AZ_TEST_KEY", "sk-planted", 1);
    setenv("AZ_TEST_KEY_2", "other", 1);
    shell("echo ${AZ_TEST_KEY-none} $AZ_TEST_KEY_2 ${PATH:+path}", said, sizeof(said), how,
          sizeof(how));
    assert_string_equal(said, "none other path\n");
}

static void exec_what_is_not_there(void **state)
{
    (void)state;
    const char *argv[] = {"assize-no-such-program", NULL};
    struct az_child *c = NULL;
    struct az_error err = {0};
    assert_int_equal(az_child_start(argv, NULL, &c, &err), AZ_EINVAL);
    assert_null(c);
    assert_non_null(strstr(err.what, "No such file"));
}

/* What it started ends with it, or a GPU would stay taken. */
static void exec_ends_the_whole_group(void **state)
{
    (void)state;
    const char *argv[] = {"sh", "-c", "sleep 1000 & echo $!; wait", NULL};
    struct az_child *c = NULL;
    char said[64], how[64];
    assert_int_equal(az_child_start(argv, NULL, &c, NULL), 0);
    wait_readable(az_child_output_fd(c));
    ssize_t n = read(az_child_output_fd(c), said, sizeof(said) - 1);
    assert_true(n > 0);
    said[n] = '\0';
    int grandchild = pidfd_open((pid_t)strtol(said, NULL, 10), 0);
    assert_true(grandchild >= 0);
    az_child_signal(c, SIGTERM);
    wait_readable(az_child_end_fd(c));
    az_child_reap(c, how, sizeof(how));
    assert_string_equal(how, "ended by signal 15");
    wait_readable(grandchild);
    close(grandchild);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exec_table),
        cmocka_unit_test(exec_inherits_nothing),
        cmocka_unit_test(exec_has_the_descriptors_of_before),
        cmocka_unit_test(exec_hides_variables),
        cmocka_unit_test(exec_what_is_not_there),
        cmocka_unit_test(exec_ends_the_whole_group),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
