/* Lines reach stderr whole, from many threads, up to the level. */
#include <pthread.h>
#include <unistd.h>

#include "core/io_file.h"
#include "core/log.h"
#include "tests/unit/unit.h"

enum { THREADS = 4, LINES = 200 };

/* stderr goes to a file while `run` does; the text is the caller's. */
static char *captured(void (*run)(void))
{
    char path[] = "/tmp/assize-log-XXXXXX";
    int fd = mkstemp(path), kept = dup(STDERR_FILENO);
    assert_true(fd >= 0 && kept >= 0);
    dup2(fd, STDERR_FILENO);
    run();
    dup2(kept, STDERR_FILENO);
    close(kept);
    close(fd);
    char *text;
    struct az_error err = {0};
    assert_int_equal(az_file_read(path, 1 << 20, &text, NULL, &err), 0);
    unlink(path);
    return text;
}

static void *write_lines(void *arg)
{
    for (int i = 0; i < LINES; i++)
        az_warn("a line of many", KV("thread", (const char *)arg), KV("i", i));
    return NULL;
}

static void run_threads(void)
{
    static const char *const names[THREADS] = {"one", "two", "three", "four"};
    pthread_t t[THREADS];
    az_log_open("assize-test", AZ_LOG_INFO);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&t[i], NULL, write_lines, (void *)names[i]), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(t[i], NULL);
}

static void lines_are_whole(void **state)
{
    (void)state;
    AZ_AUTO_MEM char *text = captured(run_threads);
    struct az_str rest = az_str(text), line;
    int n = 0;
    for (; az_str_line(&rest, &line); n++)
        assert_true(az_str_starts(line, "<4>a line of many: thread="));
    assert_int_equal(n, THREADS * LINES);
}

static void run_levels(void)
{
    az_log_open("assize-test", AZ_LOG_WARNING);
    az_err("first");
    az_info("not this one");
    az_log_open("assize-test", AZ_LOG_DEBUG);
    az_debug("second", KV("n", 2));
}

static void level_is_kept(void **state)
{
    (void)state;
    AZ_AUTO_MEM char *text = captured(run_levels);
    assert_string_equal(text, "<3>first\n<7>second: n=2\n");
}

/* A file that no systemd keeps has no time but ours. */
static void time_in_a_file(void **state)
{
    (void)state;
    unsetenv("INVOCATION_ID");
    AZ_AUTO_MEM char *text = captured(run_levels);
    setenv("INVOCATION_ID", "of a test", 1);
    struct az_str rest = az_str(text), line;
    assert_true(az_str_line(&rest, &line));
    assert_true(az_str_starts(line, "20") && az_str_ends(line, "Z error first"));
    assert_int_equal(line.n, strlen("2026-12-31T23:59:59.000Z error first"));
}

static void run_unopened(void)
{
    az_err("nobody opened the log");
}

static void silent_before_open(void **state)
{
    (void)state;
    AZ_AUTO_MEM char *text = captured(run_unopened);
    assert_string_equal(text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(silent_before_open), cmocka_unit_test(lines_are_whole),
        cmocka_unit_test(level_is_kept), cmocka_unit_test(time_in_a_file)};
    unsetenv("JOURNAL_STREAM");
    setenv("INVOCATION_ID", "of a test", 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
