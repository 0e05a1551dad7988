#include "core/io_loop.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include "core/io_clock.h"
#include "tests/unit/unit.h"

struct turns {
    struct az_loop *loop;
    int a, b; /* eventfds */
    int seen_a, seen_b, slept;
    az_ms until;
};

static void loop_open(struct turns *t)
{
    *t = (struct turns){.a = eventfd(0, EFD_NONBLOCK), .b = eventfd(0, EFD_NONBLOCK)};
    assert_int_equal(az_loop_new(&t->loop, NULL), 0);
}

static void loop_close(struct turns *t)
{
    az_loop_free(t->loop);
    close(t->a);
    close(t->b);
}

static void on_b(void *arg, int fd, unsigned events)
{
    struct turns *t = arg;
    eventfd_t n;
    assert_int_equal(events, AZ_LOOP_READ);
    assert_int_equal(eventfd_read(fd, &n), 0);
    t->seen_b++;
    az_loop_stop(t->loop);
}

/* Whoever is called first takes the other away: nobody is called who isn't watched. */
static void on_either(void *arg, int fd, unsigned events)
{
    struct turns *t = arg;
    t->seen_a++;
    az_loop_unwatch(t->loop, fd == t->a ? t->b : t->a);
    az_loop_stop(t->loop);
}

static void loop_calls_who_is_ready(void **state)
{
    (void)state;
    struct turns t;
    loop_open(&t);
    assert_int_equal(az_loop_watch(t.loop, t.b, AZ_LOOP_READ, on_b, &t, NULL), 0);
    eventfd_write(t.b, 1);
    assert_int_equal(az_loop_run(t.loop, NULL), 0);
    assert_int_equal(t.seen_b, 1);
    loop_close(&t);
}

static void loop_forgets_the_unwatched(void **state)
{
    (void)state;
    struct turns t;
    loop_open(&t);
    assert_int_equal(az_loop_watch(t.loop, t.a, AZ_LOOP_READ, on_either, &t, NULL), 0);
    assert_int_equal(az_loop_watch(t.loop, t.b, AZ_LOOP_READ, on_either, &t, NULL), 0);
    eventfd_write(t.a, 1);
    eventfd_write(t.b, 1);
    assert_int_equal(az_loop_run(t.loop, NULL), 0);
    assert_int_equal(t.seen_a, 1);
    az_loop_unwatch(t.loop, -1);
    az_loop_unwatch(t.loop, 100000);
    loop_close(&t);
}

/* A descriptor that was closed and whose number came back is watched again. */
static void loop_watches_a_number_again(void **state)
{
    (void)state;
    struct turns t;
    loop_open(&t);
    assert_int_equal(az_loop_watch(t.loop, t.b, AZ_LOOP_READ, on_b, &t, NULL), 0);
    close(t.b);
    int again = eventfd(0, EFD_NONBLOCK);
    assert_int_equal(again, t.b);
    assert_int_equal(az_loop_watch(t.loop, t.b, AZ_LOOP_READ, on_b, &t, NULL), 0);
    eventfd_write(t.b, 1);
    assert_int_equal(az_loop_run(t.loop, NULL), 0);
    assert_int_equal(t.seen_b, 1);
    loop_close(&t);
}

static void loop_refuses(void **state)
{
    (void)state;
    struct turns t;
    struct az_error err = {0};
    loop_open(&t);
    int closed = dup(t.a);
    close(closed);
    assert_int_equal(az_loop_watch(t.loop, closed, AZ_LOOP_READ, on_b, &t, &err), AZ_EIO);
    assert_true(*err.what);
    loop_close(&t);
}

static az_ms in_past(void *arg)
{
    struct turns *t = arg;
    if (++t->slept == 3)
        az_loop_stop(t->loop);
    return t->until;
}

/* A time in the past, however far, is no sleep at all. */
static void loop_does_not_sleep_into_the_past(void **state)
{
    (void)state;
    static const az_ms pasts[] = {0, -1, INT64_MIN};
    for (size_t i = 0; i < AZ_LEN(pasts); i++) {
        struct turns t;
        loop_open(&t);
        t.until = pasts[i];
        assert_int_equal(az_loop_before_sleep(t.loop, in_past, &t, NULL), 0);
        assert_int_equal(az_loop_run(t.loop, NULL), 0);
        assert_int_equal(t.slept, 3);
        loop_close(&t);
    }
}

static az_ms soon(void *arg)
{
    struct turns *t = arg;
    if (az_clock_ms() >= t->until)
        az_loop_stop(t->loop);
    return t->until;
}

/* The earliest of the hooks' times ends the sleep. */
static az_ms never(void *arg)
{
    (void)arg;
    return INT64_MAX;
}

static void loop_wakes_in_time(void **state)
{
    (void)state;
    struct turns t;
    loop_open(&t);
    t.until = az_clock_ms() + 20;
    assert_int_equal(az_loop_before_sleep(t.loop, never, &t, NULL), 0);
    assert_int_equal(az_loop_before_sleep(t.loop, soon, &t, NULL), 0);
    assert_int_equal(az_loop_run(t.loop, NULL), 0);
    assert_true(az_clock_ms() >= t.until);
    loop_close(&t);
}

static void loop_bounds_its_hooks(void **state)
{
    (void)state;
    struct turns t;
    loop_open(&t);
    int r = 0, n = 0;
    while (r == 0 && n < 100) {
        r = az_loop_before_sleep(t.loop, never, &t, NULL);
        n += r == 0;
    }
    assert_int_equal(r, AZ_ELIMIT);
    assert_int_equal(n, 8);
    loop_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loop_calls_who_is_ready),
        cmocka_unit_test(loop_forgets_the_unwatched),
        cmocka_unit_test(loop_watches_a_number_again),
        cmocka_unit_test(loop_refuses),
        cmocka_unit_test(loop_does_not_sleep_into_the_past),
        cmocka_unit_test(loop_wakes_in_time),
        cmocka_unit_test(loop_bounds_its_hooks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
