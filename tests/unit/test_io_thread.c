#include "core/io_thread.h"

#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>

#include <cmocka.h>

#include "core/mem.h"

struct work {
    int before; /* written before ready, read after the start */
    int after;  /* written before the end, read after the stop */
    int result;
    bool signals_blocked;
    char name[16];
};

static int wait_for_stop(struct az_thread *t, void *arg, struct az_error *err)
{
    struct work *w = arg;
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    w->signals_blocked = sigismember(&mask, SIGINT) && sigismember(&mask, SIGTERM);
    pthread_getname_np(pthread_self(), w->name, sizeof(w->name));
    w->before = 1;
    az_thread_ready(t);

    struct pollfd p = {.fd = az_thread_stop_fd(t), .events = POLLIN};
    while (!az_thread_stopping(t))
        poll(&p, 1, -1);
    w->after = 2;
    return w->result ? az_fail(err, w->result, "as told") : 0;
}

static void starts_ready_and_stops_gone(void **state)
{
    (void)state;
    struct work w = {0};
    struct az_thread *t = NULL;
    assert_int_equal(az_thread_start("a name that is long", wait_for_stop, &w, &t, NULL), 0);
    assert_int_equal(w.before, 1);
    assert_string_equal(w.name, "a name that is ");
    assert_true(w.signals_blocked);
    assert_int_equal(az_thread_stop(t, NULL), 0);
    assert_int_equal(w.after, 2);
    assert_int_equal(az_thread_stop(NULL, NULL), 0);

    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    assert_false(sigismember(&mask, SIGINT));
}

static void stop_tells_the_error(void **state)
{
    (void)state;
    struct work w = {.result = AZ_EIO};
    struct az_thread *t = NULL;
    struct az_error err = {0};
    assert_int_equal(az_thread_start("t", wait_for_stop, &w, &t, &err), 0);
    assert_int_equal(az_thread_stop(t, &err), AZ_EIO);
    assert_string_equal(err.what, "as told");
}

static int fail_first(struct az_thread *t, void *arg, struct az_error *err)
{
    return az_fail(err, AZ_EBUSY, "no luck");
}

static int nothing_to_do(struct az_thread *t, void *arg, struct az_error *err)
{
    return 0;
}

static int ready_then_fail(struct az_thread *t, void *arg, struct az_error *err)
{
    az_thread_ready(t);
    return az_fail(err, AZ_EIO, "later");
}

static void failure_before_ready_is_the_starts(void **state)
{
    (void)state;
    struct az_thread *t = NULL;
    struct az_error err = {0};
    assert_int_equal(az_thread_start("t", fail_first, NULL, &t, &err), AZ_EBUSY);
    assert_string_equal(err.what, "no luck");
    assert_null(t);

    assert_int_equal(az_thread_start("t", nothing_to_do, NULL, &t, &err), 0);
    assert_int_equal(az_thread_stop(t, NULL), 0);

    for (int i = 0; i < 50; i++) { /* never the start's, however fast it fails */
        assert_int_equal(az_thread_start("t", ready_then_fail, NULL, &t, &err), 0);
        assert_int_equal(az_thread_stop(t, &err), AZ_EIO);
    }
}

static void start_without_memory(void **state)
{
    (void)state;
    struct az_thread *t = NULL;
    struct az_error err = {0};
    az_fault_alloc(1);
    assert_int_equal(az_thread_start("t", nothing_to_do, NULL, &t, &err), AZ_ENOMEM);
    assert_null(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(starts_ready_and_stops_gone),
        cmocka_unit_test(stop_tells_the_error),
        cmocka_unit_test(failure_before_ready_is_the_starts),
        cmocka_unit_test(start_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
