#include "core/io_sock.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/time.h>

#include <cmocka.h>

#include "core/mem.h"

static void on_alarm(int number)
{
}

/* Signals without end. Not restarted: what is interrupted must say so. */
static void signals(long every_us)
{
    struct sigaction action = {.sa_handler = on_alarm};
    struct itimerval timer = {.it_interval.tv_usec = every_us, .it_value.tv_usec = every_us};
    assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
    assert_int_equal(setitimer(ITIMER_REAL, &timer, NULL), 0);
}

static void send_one(struct az_sock *s, const struct az_route *route)
{
    struct az_error err = {0};
    char *p = az_strdup("x");
    assert_non_null(p);
    if (az_sock_send(s, route, p, 1, &err) < 0)
        fail_msg("%s", err.what);
}

/* What was sent is there at once: both ends are of this thread. */
static void receive_one(struct az_sock *s, struct az_route *route)
{
    struct az_error err = {0};
    struct az_str frame;
    int r = az_sock_recv(s, route, &frame, &err);
    if (r < 0)
        fail_msg("%d: %s", r, err.what);
    assert_true(az_str_eqz(frame, "x"));
}

static void signals_interrupt_nothing(void **state)
{
    AZ_AUTO(net) net = NULL;
    assert_int_equal(az_net_new(&net, NULL), 0);
    struct az_sock *here, *there;
    struct az_route route;
    assert_int_equal(az_sock_bind(net, "inproc://here", &here, NULL), 0);
    assert_int_equal(az_sock_connect(net, "inproc://here", &there, NULL), 0);

    signals(20);
    for (int i = 0; i < 50000; i++) {
        send_one(there, NULL);
        receive_one(here, &route);
        send_one(here, &route);
        receive_one(there, NULL);
    }
    signals(0);
    az_sock_free(there);
    az_sock_free(here);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(signals_interrupt_nothing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
