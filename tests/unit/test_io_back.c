/* Sessions: what a worker says, well and badly, over inproc. */
#include "coordinator/io_back.h"

#include "core/mem.h"
#include "tests/unit/unit.h"

static const unsigned char secret[AZ_SECRET_BYTES] = "thirty-two bytes of a job's key";

struct line {
    struct az_net *net;
    struct az_back *back;
    struct az_sock *worker;
    struct az_arena *arena;
    uint64_t seq;
};

static void line_open(struct line *l)
{
    *l = (struct line){.arena = az_arena_new(4096)};
    assert_int_equal(az_net_new(&l->net, NULL), 0);
    assert_int_equal(
        az_back_new(l->net, "inproc://back", AZ_STR("question: pair"), secret, &l->back, NULL), 0);
    assert_int_equal(az_sock_connect(l->net, "inproc://back", &l->worker, NULL), 0);
}

static void line_close(struct line *l)
{
    az_sock_free(l->worker);
    az_back_free(l->back);
    az_net_free(l->net);
    az_arena_free(l->arena);
}

static void say(struct line *l, enum az_msg_kind kind)
{
    struct az_buf b = az_buf(AZ_WIRE_FRAME_MAX);
    struct az_msg msg = {.kind = kind, .seq = ++l->seq};
    assert_int_equal(az_wire_pack(&b, &msg, l->arena, NULL), 0);
    size_t n = b.n;
    assert_int_equal(az_sock_send(l->worker, NULL, az_buf_take(&b), n, NULL), 0);
}

static void say_nonsense(struct line *l)
{
    char *p = az_strdup("nonsense");
    assert_int_equal(az_sock_send(l->worker, NULL, p, 8, NULL), 0);
}

/* The next message to the worker. */
static struct az_msg hear(struct line *l)
{
    struct az_str frame;
    struct az_msg msg;
    assert_int_equal(az_sock_recv(l->worker, NULL, &frame, NULL), 0);
    assert_int_equal(az_wire_unpack(frame, l->arena, &msg, NULL), 0);
    return msg;
}

/* "kind" of what reaches the scheduler, -1 for a peer that is gone, -2 for nothing. */
static int receive(struct line *l, int *peer)
{
    struct az_msg msg = {0};
    struct az_error err = {0};
    bool gone;
    int r = az_back_receive(l->back, peer, &msg, &gone, &err);
    if (r == AZ_EAGAIN)
        return -2;
    if (r < 0)
        fail_msg("%s", err.what);
    return gone ? -1 : (int)msg.kind;
}

static void greet(struct line *l)
{
    l->seq = 0;
    say(l, AZ_MSG_HELLO);
}

static void back_welcomes(void **state)
{
    (void)state;
    struct line l;
    int peer = -1;
    line_open(&l);
    say(&l, AZ_MSG_ANNOUNCE); /* before a hello: nobody listens */
    greet(&l);
    assert_int_equal(receive(&l, &peer), -2);
    struct az_msg panel = hear(&l);
    assert_int_equal(panel.kind, AZ_MSG_PANEL);
    assert_true(az_str_eqz(panel.panel.yaml, "question: pair"));
    assert_memory_equal(panel.panel.secret, secret, AZ_SECRET_BYTES);
    struct az_msg welcome = hear(&l);
    assert_int_equal(welcome.kind, AZ_MSG_WELCOME);
    assert_true(welcome.seq == panel.seq + 1);
    say(&l, AZ_MSG_ANNOUNCE);
    assert_int_equal(receive(&l, &peer), AZ_MSG_ANNOUNCE);
    assert_int_equal(peer, 0);
    az_back_stop_all(l.back);
    assert_int_equal(hear(&l).kind, AZ_MSG_STOP);
    line_close(&l);
}

/* What breaks the protocol: told once, lost, ignored until a new hello. */
static void back_cuts_off(void **state)
{
    (void)state;
    for (int how = 0; how < 2; how++) {
        struct line l;
        int peer = -1;
        line_open(&l);
        greet(&l);
        assert_int_equal(receive(&l, &peer), -2);
        hear(&l);
        hear(&l);
        l.seq += how; /* a message is missing */
        if (how)
            say(&l, AZ_MSG_ANNOUNCE);
        else
            say_nonsense(&l);
        assert_int_equal(receive(&l, &peer), -1);
        assert_int_equal(peer, 0);
        assert_int_equal(hear(&l).kind, AZ_MSG_REFUSE);
        say_nonsense(&l);
        say(&l, AZ_MSG_ANNOUNCE);
        assert_int_equal(receive(&l, &peer), -2);
        greet(&l);
        assert_int_equal(receive(&l, &peer), -2);
        assert_int_equal(hear(&l).kind, AZ_MSG_PANEL);
        line_close(&l);
    }
}

/* Who says hello again holds nothing of what it was sent. */
static void back_second_hello(void **state)
{
    (void)state;
    struct line l;
    int peer = -1;
    line_open(&l);
    greet(&l);
    assert_int_equal(receive(&l, &peer), -2);
    greet(&l);
    assert_int_equal(receive(&l, &peer), -1);
    assert_int_equal(peer, 0);
    say(&l, AZ_MSG_ANNOUNCE);
    assert_int_equal(receive(&l, &peer), AZ_MSG_ANNOUNCE);
    line_close(&l);
}

/* A worker that says hello and is gone before it is heard harms nobody. */
static void back_hello_and_gone(void **state)
{
    (void)state;
    struct line l;
    int peer = -1;
    line_open(&l);
    greet(&l);
    az_sock_free(AZ_TAKE(l.worker));
    assert_int_equal(receive(&l, &peer), -2);
    line_close(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(back_welcomes),
        cmocka_unit_test(back_cuts_off),
        cmocka_unit_test(back_second_hello),
        cmocka_unit_test(back_hello_and_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
