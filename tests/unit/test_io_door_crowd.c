/* A door with as many peers as it has places: each is served, one more is told, and a
 * place that is free again is taken. */
#include <poll.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>
#include <zmq.h>

#include "coordinator/io_door.h"
#include "core/io_clock.h"
#include "core/mem.h"
#include "tests/unit/unit.h"

/* Both ends of a connection take three descriptors; a socket of our own takes two more. */
enum { FULL = AZ_DOOR_PEERS_MAX - 1, DESCRIPTORS = 16384 };

struct crowd {
    char dir[64], endpoint[96];
    struct az_net *net;
    void *ctx;
    struct az_door *door;
    struct az_arena *arena;
    void *socks[FULL + 1];
    uint64_t seq[FULL + 1];
    int number[FULL + 1]; /* by which the door knows it */
    struct az_door_event event;
};

static void say(struct crowd *c, int who, struct az_msg msg)
{
    struct az_buf b = az_buf(AZ_WIRE_FRAME_MAX);
    msg.seq = ++c->seq[who];
    assert_int_equal(az_wire_pack(&b, &msg, c->arena, NULL), 0);
    az_arena_reset(c->arena);
    assert_int_equal(zmq_send(c->socks[who], b.p, b.n, 0), b.n);
    az_buf_release(&b);
}

static void come(struct crowd *c, int who)
{
    int linger = 0;
    c->socks[who] = zmq_socket(c->ctx, ZMQ_DEALER);
    assert_non_null(c->socks[who]);
    zmq_setsockopt(c->socks[who], ZMQ_LINGER, &linger, sizeof(linger));
    assert_int_equal(zmq_connect(c->socks[who], c->endpoint), 0);
    struct az_msg hello = {.kind = AZ_MSG_HELLO};
    hello.hello.name = AZ_STR("one");
    hello.hello.software = AZ_STR("test 1");
    c->seq[who] = 0;
    say(c, who, hello);
}

static void wait_for(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    if (poll(&p, 1, 20000) == 0)
        fail_msg("nothing came for 20 s");
}

/* The door's next event; waits for it. */
static enum az_door_kind next(struct crowd *c)
{
    struct az_error err = {0};
    int r;
    while ((r = az_door_receive(c->door, az_clock_ms(), &c->event, &err)) == AZ_EAGAIN)
        wait_for(az_door_fd(c->door));
    assert_int_equal(r, 0);
    return c->event.kind;
}

/* What the door says, also to who has no session: of that it tells nobody else. */
static struct az_msg hear(struct crowd *c, int who)
{
    char bytes[1024];
    int n;
    while ((n = zmq_recv(c->socks[who], bytes, sizeof(bytes), ZMQ_DONTWAIT)) < 0) {
        struct az_error err = {0};
        struct az_door_event event;
        assert_int_equal(az_door_receive(c->door, az_clock_ms(), &event, &err), AZ_EAGAIN);
        zmq_pollitem_t p[] = {{.socket = c->socks[who], .events = ZMQ_POLLIN},
                              {.fd = az_door_fd(c->door), .events = ZMQ_POLLIN}};
        if (zmq_poll(p, 2, 20000) == 0)
            fail_msg("nothing came for 20 s");
    }
    struct az_msg msg;
    az_arena_reset(c->arena);
    struct az_str frame = az_arena_str(c->arena, (struct az_str){bytes, (size_t)n});
    assert_int_equal(az_wire_unpack(frame, c->arena, &msg, NULL), 0);
    return msg;
}

static void door_of_thousands(void **state)
{
    struct crowd *c = *state;
    if (!c) {
        print_message("%d descriptors are needed\n", DESCRIPTORS);
        skip();
    }
    for (int i = 0; i < FULL; i++) {
        come(c, i);
        assert_int_equal(next(c), AZ_DOOR_OPENED);
        c->number[i] = c->event.peer;
        assert_int_equal(hear(c, i).kind, AZ_MSG_WELCOME);
    }
    come(c, FULL);
    struct az_msg refuse = hear(c, FULL);
    assert_int_equal(refuse.kind, AZ_MSG_REFUSE);
    assert_true(az_str_eqz(refuse.refuse.what, "there is no room for more than 4095 workers"));

    /* Whoever speaks is heard as itself, and answered. */
    for (int i = 0; i < FULL; i += 97) {
        say(c, i, (struct az_msg){.kind = AZ_MSG_HEARTBEAT});
        assert_int_equal(next(c), AZ_DOOR_MESSAGE);
        assert_int_equal(c->event.peer, c->number[i]);
        struct az_msg stop = {.kind = AZ_MSG_STOP};
        assert_int_equal(az_door_send(c->door, c->number[i], &stop, NULL), 0);
        assert_int_equal(hear(c, i).kind, AZ_MSG_STOP);
    }
    az_door_drop(c->door, c->number[7]);
    zmq_close(c->socks[FULL]);
    come(c, FULL);
    assert_int_equal(next(c), AZ_DOOR_OPENED);
    assert_int_equal(c->event.peer, c->number[7]);
}

static int crowd_new(void **state)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = limit.rlim_max;
    if (limit.rlim_max < DESCRIPTORS || setrlimit(RLIMIT_NOFILE, &limit) < 0)
        return 0;
    struct crowd *c = az_zalloc(sizeof(*c));
    assert_non_null(c);
    snprintf(c->dir, sizeof(c->dir), "/tmp/assize-crowd-XXXXXX");
    assert_non_null(mkdtemp(c->dir));
    snprintf(c->endpoint, sizeof(c->endpoint), "ipc://%s/door", c->dir);
    c->arena = az_arena_new(4096);
    assert_non_null(c->arena);
    assert_int_equal(az_net_new(&c->net, NULL), 0);
    c->ctx = zmq_ctx_new();
    assert_int_equal(zmq_ctx_set(c->ctx, ZMQ_MAX_SOCKETS, FULL + 2), 0);
    struct az_door_config config = {
        .net = c->net, .endpoint = c->endpoint, .name = "workers", .roles = 1};
    assert_int_equal(az_door_new(&config, &c->door, NULL), 0);
    *state = c;
    return 0;
}

static int crowd_free(void **state)
{
    struct crowd *c = *state;
    if (!c)
        return 0;
    for (size_t i = 0; i < AZ_LEN(c->socks); i++)
        zmq_close(c->socks[i]);
    az_door_free(c->door);
    zmq_ctx_term(c->ctx);
    az_net_free(c->net);
    az_arena_free(c->arena);
    unlink(c->endpoint + strlen("ipc://"));
    rmdir(c->dir);
    free(c);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(door_of_thousands, crowd_new, crowd_free),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
