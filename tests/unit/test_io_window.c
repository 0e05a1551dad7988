#include "client/cli/io_window.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/mem.h"
#include "core/rng.h"
#include "tests/unit/unit.h"

static char dir[] = "/tmp/assize-window-XXXXXX", kept_path[64], rejects_path[64];

static int set_up(void **state)
{
    (void)state;
    if (!mkdtemp(dir))
        return -1;
    snprintf(kept_path, sizeof(kept_path), "%s/kept", dir);
    snprintf(rejects_path, sizeof(rejects_path), "%s/rejects", dir);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    unlink(kept_path);
    unlink(rejects_path);
    return rmdir(dir);
}

struct bench {
    struct az_out *kept, *rejects;
    struct az_window_out *w;
    struct az_window_config config;
    int failed;
};

static void on_failed(void *arg)
{
    __atomic_add_fetch((int *)arg, 1, __ATOMIC_SEQ_CST);
}

static void bench_open(struct bench *b, const char *path, size_t lines, size_t bytes,
                       const char *annotate)
{
    *b = (struct bench){0};
    assert_int_equal(az_out_open(path, AZ_OUT_STREAM, &b->kept, NULL), 0);
    assert_int_equal(az_out_open(rejects_path, AZ_OUT_STREAM, &b->rejects, NULL), 0);
    b->config = (struct az_window_config){.kept = b->kept,
                                          .rejects = b->rejects,
                                          .annotate = annotate,
                                          .max_lines = lines,
                                          .max_bytes = bytes,
                                          .failed = on_failed,
                                          .arg = &b->failed};
    assert_int_equal(az_window_out_start(&b->config, &b->w, NULL), 0);
}

static void bench_close(struct bench *b)
{
    az_window_out_free(b->w);
    az_out_free(b->kept);
    az_out_free(b->rejects);
}

static bool add(struct bench *b, int64_t number, const char *text)
{
    struct az_str s = az_str(text);
    struct az_line line = {.number = number, .text = s, .raw = s, .bytes = (int64_t)s.n};
    return az_window_out_add(b->w, &line);
}

static void assert_file(const char *path, const char *want)
{
    AZ_AUTO_MEM char *got = NULL;
    assert_int_equal(az_file_read(path, 1 << 20, &got, NULL, NULL), 0);
    assert_string_equal(got, want);
}

/* Settled in any order, written in the input's, byte for byte. */
static void window_keeps_the_order(void **state)
{
    (void)state;
    struct bench b;
    struct az_error err = {0};
    bench_open(&b, kept_path, 10, 1000, NULL);
    static const char *const lines[] = {"one\n", "two\r\n", "\n", "four"};
    for (int i = 0; i < 4; i++)
        assert_true(add(&b, i + 1, lines[i]));
    az_window_out_settle(b.w, 4, AZ_FATE_KEEP, (struct az_str){0});
    az_window_out_settle(b.w, 3, AZ_FATE_DROP, (struct az_str){0});
    az_window_out_settle(b.w, 9, AZ_FATE_KEEP, (struct az_str){0}); /* none of those */
    az_window_out_settle(b.w, 0, AZ_FATE_KEEP, (struct az_str){0});
    az_window_out_settle(b.w, 1, AZ_FATE_REJECT, (struct az_str){0});
    az_window_out_settle(b.w, 2, AZ_FATE_KEEP, (struct az_str){0});
    assert_int_equal(az_window_out_finish(b.w, &err), 0);
    assert_file(kept_path, "two\r\nfour");
    assert_file(rejects_path, "one\n");
    struct az_window_counts c = az_window_out_counts(b.w);
    assert_int_equal(c.kept, 2);
    assert_int_equal(c.rejected, 1);
    bench_close(&b);
}

static void window_annotates(void **state)
{
    (void)state;
    struct bench b;
    struct az_error err = {0};
    bench_open(&b, kept_path, 10, 1000, "judged");
    static const char *const lines[] = {"{\"a\":1}\n", "{ }\r\n", "no object\n", "{\"b\":2} \n"};
    for (int i = 0; i < 4; i++) {
        assert_true(add(&b, i + 1, lines[i]));
        az_window_out_settle(b.w, i + 1, AZ_FATE_KEEP,
                             i < 3 ? AZ_STR("{\"x\":1}") : (struct az_str){0});
    }
    assert_int_equal(az_window_out_finish(b.w, &err), 0);
    assert_file(kept_path, "{\"a\":1,\"judged\":{\"x\":1}}\n{ \"judged\":{\"x\":1}}\r\nno object\n"
                           "{\"b\":2} \n");
    bench_close(&b);
}

/* What was never settled is rejected at the end, and counted so. */
static void window_rejects_the_rest(void **state)
{
    (void)state;
    struct bench b;
    struct az_error err = {0};
    bench_open(&b, kept_path, 10, 1000, NULL);
    assert_true(add(&b, 1, "one\n"));
    assert_true(add(&b, 2, "two\n"));
    az_window_out_settle(b.w, 2, AZ_FATE_KEEP, (struct az_str){0});
    assert_int_equal(az_window_out_finish(b.w, &err), 0);
    assert_false(add(&b, 3, "three\n"));
    assert_file(kept_path, "two\n");
    assert_file(rejects_path, "one\n");
    bench_close(&b);
}

struct feed {
    struct bench *b;
    int n, added;
};

static void *feed(void *arg)
{
    struct feed *f = arg;
    char text[16];
    for (int i = 1; i <= f->n; i++) {
        snprintf(text, sizeof(text), "%d\n", i);
        if (!add(f->b, i, text))
            break;
        __atomic_store_n(&f->added, i, __ATOMIC_SEQ_CST);
    }
    return NULL;
}

/* Never more lines than the window has, and all of them come through it. */
static void window_is_bounded(void **state)
{
    (void)state;
    enum { LINES = 2000, WINDOW = 7 };
    struct bench b;
    struct az_error err = {0};
    bench_open(&b, kept_path, WINDOW, 1 << 20, NULL);
    struct feed f = {.b = &b, .n = LINES};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, feed, &f), 0);
    for (int i = 1; i <= LINES; i++) {
        while (__atomic_load_n(&f.added, __ATOMIC_SEQ_CST) < i)
            sched_yield();
        assert_true(__atomic_load_n(&f.added, __ATOMIC_SEQ_CST) < i + WINDOW);
        az_window_out_settle(b.w, i, AZ_FATE_KEEP, (struct az_str){0});
    }
    pthread_join(thread, NULL);
    assert_int_equal(az_window_out_finish(b.w, &err), 0);
    assert_int_equal(az_window_out_counts(b.w).kept, LINES);
    bench_close(&b);
}

/* A line larger than all the room is let in alone; one that waits is told when no
 * more are wanted. */
static void window_close_wakes_who_waits(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, kept_path, 10, 4, NULL);
    assert_true(add(&b, 1, "longer than four\n"));
    az_window_out_settle(b.w, 1, AZ_FATE_KEEP, (struct az_str){0});
    assert_true(add(&b, 2, "also longer\n"));
    struct feed f = {.b = &b, .n = 1};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, feed, &f), 0);
    az_window_out_close(b.w);
    pthread_join(thread, NULL);
    bench_close(&b);
}

/* A full disk: told once, adding ends, and nothing hangs. */
static void window_output_fails(void **state)
{
    (void)state;
    if (access("/dev/full", W_OK) != 0)
        skip();
    struct bench b;
    struct az_error err = {0};
    bench_open(&b, "/dev/full", 4, 1000, NULL);
    bool more = true;
    for (int i = 1; more && i < 100000; i++) {
        more = add(&b, i, "text\n");
        az_window_out_settle(b.w, i, AZ_FATE_KEEP, (struct az_str){0});
    }
    assert_false(more);
    assert_int_equal(az_window_out_finish(b.w, &err), AZ_EOUTPUT);
    assert_true(*err.what);
    assert_int_equal(b.failed, 1);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(window_keeps_the_order),       cmocka_unit_test(window_annotates),
        cmocka_unit_test(window_rejects_the_rest),      cmocka_unit_test(window_is_bounded),
        cmocka_unit_test(window_close_wakes_who_waits), cmocka_unit_test(window_output_fails),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
