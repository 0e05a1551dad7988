#include "core/io_sock.h"
#include "core/io_sock_state.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/io_clock.h"
#include "core/io_loop.h"
#include "core/mem.h"
#include "tests/unit/unit.h"

enum { MESSAGES = 10000, BATCH = 64 };

static char *text(int i, size_t *n)
{
    char *p = az_alloc(16);
    assert_non_null(p);
    *n = (size_t)snprintf(p, 16, "%d", i);
    return p;
}

static bool is(struct az_str frame, int i)
{
    char want[16];
    snprintf(want, sizeof(want), "%d", i);
    return az_str_eqz(frame, want);
}

/* The other end: sends, and takes back what it sent, on a loop of its own that
 * sleeps whenever there is nothing. */
struct end {
    struct az_net *net;
    struct az_sock *sock;
    struct az_loop *loop;
    int sent, received;
    bool order;
};

static az_ms dealer_turn(void *arg)
{
    struct end *e = arg;
    for (int i = 0; i < BATCH && e->sent < MESSAGES; i++) {
        size_t n;
        char *p = text(e->sent, &n);
        if (az_sock_send(e->sock, NULL, p, n, NULL) < 0)
            break;
        e->sent++;
    }
    /* Receiving comes after sending, which eats edges. */
    for (int i = 0; i < BATCH; i++) {
        struct az_str frame;
        if (az_sock_recv(e->sock, NULL, &frame, NULL) < 0)
            return e->sent < MESSAGES ? 0 : INT64_MAX;
        e->order = e->order && is(frame, e->received);
        if (++e->received == MESSAGES)
            az_loop_stop(e->loop);
    }
    return 0;
}

static az_ms router_turn(void *arg)
{
    struct end *e = arg;
    for (int i = 0; i < BATCH; i++) {
        struct az_route route;
        struct az_str frame;
        if (az_sock_recv(e->sock, &route, &frame, NULL) < 0)
            return INT64_MAX;
        char *p = az_alloc(frame.n);
        memcpy(p, frame.p, frame.n);
        az_sock_send(e->sock, &route, p, frame.n, NULL);
        if (++e->received == MESSAGES)
            az_loop_stop(e->loop);
    }
    return 0;
}

static void on_readable(void *arg, int fd, unsigned events)
{
    (void)arg;
}

static void *dealer(void *arg)
{
    struct end *e = arg;
    if (az_sock_connect(e->net, "inproc://echo", NULL, &e->sock, NULL) == 0 &&
        az_loop_new(&e->loop, NULL) == 0 &&
        az_loop_before_sleep(e->loop, dealer_turn, e, NULL) == 0 &&
        az_loop_watch(e->loop, az_sock_fd(e->sock), AZ_LOOP_READ, on_readable, e, NULL) == 0)
        az_loop_run(e->loop, NULL);
    az_loop_free(e->loop);
    az_sock_free(e->sock);
    return NULL;
}

/* The descriptor is edge-triggered and batches are bounded: nothing hangs, and all
 * comes back in order. */
static void sock_ten_thousand(void **state)
{
    (void)state;
    struct end far = {.order = true}, near = {0};
    assert_int_equal(az_net_new(&near.net, NULL), 0);
    far.net = near.net;
    assert_int_equal(az_sock_bind(near.net, "inproc://echo", NULL, &near.sock, NULL), 0);
    assert_int_equal(az_loop_new(&near.loop, NULL), 0);
    assert_int_equal(az_loop_before_sleep(near.loop, router_turn, &near, NULL), 0);
    assert_int_equal(
        az_loop_watch(near.loop, az_sock_fd(near.sock), AZ_LOOP_READ, on_readable, &near, NULL), 0);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, dealer, &far), 0);
    assert_int_equal(az_loop_run(near.loop, NULL), 0);
    pthread_join(thread, NULL);
    assert_int_equal(far.received, MESSAGES);
    assert_true(far.order);
    az_loop_free(near.loop);
    az_sock_free(near.sock);
    az_net_free(near.net);
}

static void sock_nothing_and_nobody(void **state)
{
    (void)state;
    struct az_net *net;
    AZ_AUTO(sock) router = NULL;
    struct az_error err = {0};
    assert_int_equal(az_net_new(&net, NULL), 0);
    assert_int_equal(az_sock_bind(net, "inproc://a", NULL, &router, &err), 0);
    struct az_route route = {.bytes = "nobody", .n = 6};
    struct az_str frame;
    assert_int_equal(az_sock_recv(router, &route, &frame, &err), AZ_EAGAIN);
    size_t n;
    char *p = text(1, &n);
    route = (struct az_route){.bytes = "nobody", .n = 6};
    assert_int_equal(az_sock_send(router, &route, p, n, &err), AZ_ENOENT);
    struct az_sock *second = NULL;
    assert_int_equal(az_sock_bind(net, "inproc://a", NULL, &second, &err), AZ_EIO);
    assert_int_equal(az_sock_bind(net, "no endpoint", NULL, &second, &err), AZ_EINVAL);
    assert_non_null(strstr(err.what, "'no endpoint'"));
    assert_int_equal(az_sock_connect(net, "no endpoint", NULL, &second, &err), AZ_EINVAL);
    assert_null(second);
    az_sock_free(AZ_TAKE(router));
    az_net_free(net);
}

/* A peer that is gone is told of at the next send. */
static void sock_peer_is_gone(void **state)
{
    (void)state;
    struct az_net *net;
    struct az_sock *router, *peer;
    assert_int_equal(az_net_new(&net, NULL), 0);
    assert_int_equal(az_sock_bind(net, "inproc://b", NULL, &router, NULL), 0);
    assert_int_equal(az_sock_connect(net, "inproc://b", NULL, &peer, NULL), 0);
    size_t n;
    char *p = text(1, &n);
    assert_int_equal(az_sock_send(peer, NULL, p, n, NULL), 0);
    struct az_route route;
    struct az_str frame;
    assert_int_equal(az_sock_recv(router, &route, &frame, NULL), 0);
    assert_true(is(frame, 1));
    az_sock_free(peer);
    int r = 0;
    for (az_ms end = az_clock_ms() + 10000; r == 0 && az_clock_ms() < end;) {
        p = text(2, &n);
        r = az_sock_send(router, &route, p, n, NULL);
    }
    assert_true(r == AZ_ENOENT || r == AZ_EAGAIN);
    az_sock_free(router);
    az_net_free(net);
}

/* ---- where a socket may be ---- */

static void sock_plain_stays_here(void **state)
{
    (void)state;
    AZ_AUTO(net) net = NULL;
    struct az_sock *s = NULL;
    struct az_error err = {0};
    struct az_keypair keys;
    assert_int_equal(az_net_new(&net, NULL), 0);
    assert_int_equal(az_keypair_make(&keys, NULL), 0);
    assert_int_equal(az_sock_bind(net, "tcp://*:*", NULL, &s, &err), AZ_EINVAL);
    assert_non_null(strstr(err.what, "there is no key"));
    assert_int_equal(az_sock_connect(net, "tcp://192.0.2.1:5000", NULL, &s, &err), AZ_EINVAL);
    assert_non_null(strstr(err.hint, "insecure"));

    struct az_sock_options options = {.insecure = true};
    assert_int_equal(az_sock_connect(net, "tcp://192.0.2.1:5000", &options, &s, &err), 0);
    az_sock_free(AZ_TAKE(s));

    /* Keys without a list let everybody in; a client must know its server. */
    options = (struct az_sock_options){.keys = &keys};
    assert_int_equal(az_sock_bind(net, "tcp://127.0.0.1:*", &options, &s, &err), AZ_EINVAL);
    assert_non_null(strstr(err.what, "nothing that says who may come"));
    assert_int_equal(az_sock_connect(net, "tcp://127.0.0.1:5000", &options, &s, &err), AZ_EINVAL);
    assert_non_null(strstr(err.what, "no key of the server"));
    assert_null(s);
}

static void sock_nobody_listens(void **state)
{
    (void)state;
    AZ_AUTO(net) net = NULL;
    AZ_AUTO(sock) taken = NULL;
    struct az_sock *s;
    struct az_error err = {0};
    char endpoint[64];
    assert_int_equal(az_net_new(&net, NULL), 0);
    assert_int_equal(az_sock_bind(net, "tcp://127.0.0.1:*", NULL, &taken, &err), 0);
    snprintf(endpoint, sizeof(endpoint), "%s", az_sock_endpoint(taken));
    assert_non_null(strstr(endpoint, "tcp://127.0.0.1:"));
    assert_null(strchr(endpoint, '*'));
    assert_int_equal(az_sock_bind(net, endpoint, NULL, &s, &err), AZ_EIO);

    int r = 0;
    assert_int_equal(az_sock_connect(net, "tcp://127.0.0.1:1", NULL, &s, &err), 0);
    for (az_ms end = az_clock_ms() + 10000; r == 0 && az_clock_ms() < end;)
        r = az_sock_trouble(s, &err);
    assert_int_equal(r, AZ_EAGAIN);
    assert_string_equal(err.what, "nobody listens at 'tcp://127.0.0.1:1'");
    az_sock_free(s);
}

struct place {
    struct az_net *net;
    char folder[32], path[64], endpoint[96];
};

static void place_make(struct place *p)
{
    *p = (struct place){.folder = "/tmp/assize-sock-XXXXXX"};
    assert_int_equal(az_net_new(&p->net, NULL), 0);
    assert_non_null(mkdtemp(p->folder));
    snprintf(p->path, sizeof(p->path), "%s/s", p->folder);
    snprintf(p->endpoint, sizeof(p->endpoint), "ipc://%s", p->path);
}

static void place_remove(struct place *p)
{
    az_net_free(p->net);
    assert_int_equal(rmdir(p->folder), 0); /* no file was left */
}

static void ipc_mode(void **state)
{
    (void)state;
    static const struct {
        unsigned told, is;
    } modes[] = {{0, 0600}, {0660, 0660}};
    struct place p;
    place_make(&p);
    mode_t before = umask(0);
    for (size_t i = 0; i < AZ_LEN(modes); i++) {
        AZ_AUTO(sock) s = NULL;
        struct az_sock_options options = {.ipc_mode = modes[i].told};
        struct stat st;
        assert_int_equal(az_sock_bind(p.net, p.endpoint, &options, &s, NULL), 0);
        assert_int_equal(stat(p.path, &st), 0);
        assert_int_equal(st.st_mode & 0777, modes[i].is);
    }
    assert_int_equal(umask(before), 0);
    place_remove(&p);
}

static int high_water(const struct az_sock *s, int option)
{
    int value = -1;
    size_t n = sizeof(value);
    assert_int_equal(zmq_getsockopt(s->zmq, option, &value, &n), 0);
    return value;
}

static void sock_queues(void **state)
{
    (void)state;
    struct az_net *net;
    struct az_sock_options few = {.in_max = 16, .out_max = 1000};
    AZ_AUTO(sock) narrow = NULL;
    AZ_AUTO(sock) wide = NULL;
    assert_int_equal(az_net_new(&net, NULL), 0);
    assert_int_equal(az_sock_bind(net, "inproc://narrow", &few, &narrow, NULL), 0);
    assert_int_equal(az_sock_bind(net, "inproc://wide", NULL, &wide, NULL), 0);
    assert_int_equal(high_water(narrow, ZMQ_RCVHWM), 16);
    assert_int_equal(high_water(narrow, ZMQ_SNDHWM), 1000);
    assert_int_equal(high_water(wide, ZMQ_RCVHWM), high_water(wide, ZMQ_SNDHWM));
    assert_true(high_water(wide, ZMQ_SNDHWM) > 1000);
    az_sock_free(AZ_TAKE(narrow));
    az_sock_free(AZ_TAKE(wide));
    az_net_free(net);
}

static void ipc_places(void **state)
{
    (void)state;
    struct place p;
    struct az_sock *s = NULL;
    struct az_error err = {0};
    place_make(&p);

    assert_int_equal(chmod(p.folder, 01777), 0);
    assert_int_equal(az_sock_bind(p.net, p.endpoint, NULL, &s, &err), AZ_EINVAL);
    assert_non_null(strstr(err.what, "a folder that everybody can write to"));
    assert_int_equal(chmod(p.folder, 0700), 0);
    assert_int_equal(az_sock_bind(p.net, "ipc:///nowhere/at/all", NULL, &s, &err), AZ_EIO);

    int fd = open(p.path, O_CREAT | O_WRONLY, 0600);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(az_sock_bind(p.net, p.endpoint, NULL, &s, &err), AZ_EEXIST);
    assert_int_equal(unlink(p.path), 0);

    /* What a crash left is taken; who listens is left alone. */
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    snprintf(at.sun_path, sizeof(at.sun_path), "%s", p.path);
    fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    close(fd);
    assert_int_equal(az_sock_bind(p.net, p.endpoint, NULL, &s, &err), 0);
    struct az_sock *second = NULL;
    assert_int_equal(az_sock_bind(p.net, p.endpoint, NULL, &second, &err), AZ_EBUSY);
    assert_int_equal(access(p.path, F_OK), 0);
    az_sock_free(s);
    place_remove(&p);
}

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
    assert_int_equal(az_sock_bind(net, "inproc://here", NULL, &here, NULL), 0);
    assert_int_equal(az_sock_connect(net, "inproc://here", NULL, &there, NULL), 0);

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
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sock_ten_thousand),
        cmocka_unit_test(sock_nothing_and_nobody),
        cmocka_unit_test(sock_peer_is_gone),
        cmocka_unit_test(sock_plain_stays_here),
        cmocka_unit_test(sock_nobody_listens),
        cmocka_unit_test(ipc_mode),
        cmocka_unit_test(sock_queues),
        cmocka_unit_test(ipc_places),
        cmocka_unit_test(signals_interrupt_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
