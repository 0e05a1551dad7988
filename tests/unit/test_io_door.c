/* Sessions: what peers say, well and badly, over inproc. */
#include "coordinator/io_door.h"

#include "core/io_clock.h"
#include "core/mem.h"
#include "tests/unit/unit.h"

enum { NOTHING = -1, SILENCE = 8000 };

struct peer {
    struct az_sock *sock;
    uint64_t seq;
};

struct scene {
    struct az_net *net;
    struct az_door *door;
    struct az_arena *arena;
    struct az_door_event event;
    az_ms now;
};

static void scene_open_with(struct scene *s, int peers_max, bool trust_names)
{
    *s = (struct scene){.arena = az_arena_new(4096), .now = 1000};
    assert_int_equal(az_net_new(&s->net, NULL), 0);
    struct az_door_config config = {
        .net = s->net,
        .endpoint = "inproc://door",
        .name = "workers",
        .roles = 1,
        .silence_ms = SILENCE,
        .trust_names = trust_names,
        .peers_max = peers_max,
    };
    assert_int_equal(az_door_new(&config, &s->door, NULL), 0);
}

static void scene_open(struct scene *s, int peers_max)
{
    scene_open_with(s, peers_max, false);
}

static void scene_close(struct scene *s)
{
    az_door_free(s->door);
    az_net_free(s->net);
    az_arena_free(s->arena);
}

static struct peer come(struct scene *s)
{
    struct peer p = {0};
    assert_int_equal(az_sock_connect(s->net, "inproc://door", NULL, &p.sock, NULL), 0);
    return p;
}

static void leave(struct peer *p)
{
    az_sock_free(AZ_TAKE(p->sock));
}

static void say(struct scene *s, struct peer *p, struct az_msg msg)
{
    struct az_buf b = az_buf(AZ_WIRE_FRAME_MAX);
    msg.seq = ++p->seq;
    assert_int_equal(az_wire_pack(&b, &msg, s->arena, NULL), 0);
    size_t n = b.n;
    assert_int_equal(az_sock_send(p->sock, NULL, az_buf_take(&b), n, NULL), 0);
}

static void say_kind(struct scene *s, struct peer *p, enum az_msg_kind kind)
{
    say(s, p, (struct az_msg){.kind = kind});
}

static void say_bytes(struct peer *p, size_t n)
{
    char *bytes = az_zalloc(n);
    assert_non_null(bytes);
    memset(bytes, 'x', n);
    assert_int_equal(az_sock_send(p->sock, NULL, bytes, n, NULL), 0);
}

static void greet_as(struct scene *s, struct peer *p, const char *name)
{
    struct az_msg hello = {.kind = AZ_MSG_HELLO};
    hello.hello.name = az_str(name);
    hello.hello.software = AZ_STR("test 1");
    p->seq = 0;
    say(s, p, hello);
}

static void greet(struct scene *s, struct peer *p)
{
    greet_as(s, p, "one");
}

/* The next message to the peer. */
static struct az_msg hear(struct scene *s, struct peer *p)
{
    struct az_str frame;
    struct az_msg msg;
    assert_int_equal(az_sock_recv(p->sock, NULL, &frame, NULL), 0);
    assert_int_equal(az_wire_unpack(frame, s->arena, &msg, NULL), 0);
    return msg;
}

static bool hears_nothing(struct peer *p)
{
    struct az_str frame;
    return az_sock_recv(p->sock, NULL, &frame, NULL) == AZ_EAGAIN;
}

/* The kind of the door's next event, or NOTHING. */
static int next(struct scene *s)
{
    struct az_error err = {0};
    int r = az_door_receive(s->door, s->now, &s->event, &err);
    if (r == AZ_EAGAIN)
        return NOTHING;
    if (r < 0)
        fail_msg("%s", err.what);
    return (int)s->event.kind;
}

/* In session; returns its number. */
static int opened(struct scene *s, struct peer *p)
{
    greet(s, p);
    assert_int_equal(next(s), AZ_DOOR_OPENED);
    assert_int_equal(hear(s, p).kind, AZ_MSG_WELCOME);
    return s->event.peer;
}

static void door_welcomes(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, 0);
    struct peer p = come(&s);
    for (int i = 0; i < 2; i++) /* before a hello: told so once, not heard */
        say_kind(&s, &p, AZ_MSG_ANNOUNCE);
    assert_int_equal(next(&s), NOTHING);
    struct az_msg refuse = hear(&s, &p);
    assert_int_equal(refuse.kind, AZ_MSG_REFUSE);
    assert_true(refuse.refuse.again);
    assert_true(hears_nothing(&p));
    assert_null(az_door_peer(s.door, 0));

    greet_as(&s, &p, "gpu-a");
    assert_int_equal(next(&s), AZ_DOOR_OPENED);
    assert_int_equal(s.event.peer, 0);
    struct az_msg welcome = hear(&s, &p);
    assert_int_equal(welcome.kind, AZ_MSG_WELCOME);
    assert_int_equal(welcome.seq, 1);
    assert_int_equal(welcome.hello.silence_ms, SILENCE);
    const struct az_door_peer *peer = az_door_peer(s.door, 0);
    assert_string_equal(peer->name, "gpu-a");
    assert_string_equal(peer->software, "test 1");
    assert_string_equal(peer->principal, "");
    assert_int_equal(peer->roles, 1);
    assert_int_equal(peer->since, 1000);

    s.now = 2000;
    say_kind(&s, &p, AZ_MSG_ANNOUNCE);
    assert_int_equal(next(&s), AZ_DOOR_MESSAGE);
    assert_int_equal(s.event.msg.kind, AZ_MSG_ANNOUNCE);
    assert_int_equal(s.event.peer, 0);
    assert_int_equal(peer->since, 1000);
    assert_int_equal(peer->heard, 2000);
    assert_int_equal(next(&s), NOTHING);

    struct az_msg stopped = {.kind = AZ_MSG_HEARTBEAT};
    assert_int_equal(az_door_send(s.door, 0, &stopped, NULL), 0);
    az_door_stop_all(s.door);
    assert_int_equal(hear(&s, &p).seq, 2);
    struct az_msg stop = hear(&s, &p);
    assert_int_equal(stop.kind, AZ_MSG_STOP);
    assert_int_equal(stop.seq, 3);
    leave(&p);
    scene_close(&s);
}

/* Whoever has no session, and never stops talking, holds nobody up. */
static void door_passes_over(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, 0);
    struct peer loud = come(&s), p = come(&s);
    enum { FRAMES = 1000 };
    for (int i = 0; i < FRAMES; i++)
        say_kind(&s, &loud, AZ_MSG_ANNOUNCE);
    int calls = 0;
    while (next(&s) == AZ_DOOR_PASSED_OVER)
        calls++;
    assert_in_range(calls, 10, FRAMES);
    assert_int_equal(opened(&s, &p), 0);
    leave(&p);
    leave(&loud);
    scene_close(&s);
}

/* How a peer breaks the protocol. */
static void nonsense(struct scene *s, struct peer *p)
{
    say_bytes(p, 8);
}

static void a_message_is_missing(struct scene *s, struct peer *p)
{
    p->seq++;
    say_kind(s, p, AZ_MSG_ANNOUNCE);
}

static void a_message_comes_again(struct scene *s, struct peer *p)
{
    p->seq--;
    say_kind(s, p, AZ_MSG_ANNOUNCE);
}

static void oversized(struct scene *s, struct peer *p)
{
    say_bytes(p, AZ_WIRE_FRAME_MAX + 1);
}

static void empty(struct scene *s, struct peer *p)
{
    say_bytes(p, 0);
}

static void another_version(struct scene *s, struct peer *p)
{
    char *bytes = az_zalloc(4);
    assert_non_null(bytes);
    memcpy(bytes, "\x08\x02\x1a\x00", 4); /* version 2, a hello */
    assert_int_equal(az_sock_send(p->sock, NULL, bytes, 4, NULL), 0);
}

static void what_coordinators_say(struct scene *s, struct peer *p)
{
    say_kind(s, p, AZ_MSG_STOP);
}

static void questions(struct scene *s, struct peer *p)
{
    AZ_AUTO(item) item = az_item_new(256);
    assert_non_null(item);
    item->id = AZ_STR("i");
    item->seq = 0;
    struct az_msg msg = {.kind = AZ_MSG_QUESTIONS};
    msg.questions.n_items = 1;
    msg.questions.items = &item;
    say(s, p, msg);
}

static const struct {
    const char *name;
    void (*how)(struct scene *, struct peer *);
    const char *told; /* a part of it */
    bool for_good;    /* a hello would not do */
} breaks[] = {
    {"nonsense", nonsense, "", false},
    {"empty", empty, "", false},
    {"oversized", oversized, "", false},
    {"a gap", a_message_is_missing, "message 3 after message 1", false},
    {"a replay", a_message_comes_again, "message 1 after message 1", false},
    {"the other side's", what_coordinators_say, "only a coordinator", false},
    {"questions", questions, "only a coordinator", false},
    {"another version", another_version, "versions 1 to 1", true},
};

/* Told once, gone, ignored until a new hello. */
static void door_cuts_off(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(breaks); i++) {
        struct scene s;
        scene_open(&s, 0);
        struct peer p = come(&s), other = come(&s);
        assert_int_equal(opened(&s, &other), 0);
        assert_int_equal(opened(&s, &p), 1);
        breaks[i].how(&s, &p);
        if (next(&s) != AZ_DOOR_GONE || s.event.peer != 1)
            fail_msg("%s: still there", breaks[i].name);
        struct az_msg refuse = hear(&s, &p);
        assert_int_equal(refuse.kind, AZ_MSG_REFUSE);
        assert_int_equal(refuse.refuse.again, !breaks[i].for_good);
        if (az_str_find(refuse.refuse.what, az_str(breaks[i].told)) < 0)
            fail_msg("%s: told '" AZ_STR_FMT "'", breaks[i].name, AZ_STR_ARG(refuse.refuse.what));
        nonsense(&s, &p);
        say_kind(&s, &p, AZ_MSG_ANNOUNCE);
        assert_int_equal(next(&s), NOTHING);
        assert_true(hears_nothing(&p));

        say_kind(&s, &other, AZ_MSG_ANNOUNCE); /* the others notice nothing */
        assert_int_equal(next(&s), AZ_DOOR_MESSAGE);
        assert_int_equal(opened(&s, &p), 1);
        leave(&p);
        leave(&other);
        scene_close(&s);
    }
}

/* Who comes in a version of its own is told which are spoken, instead of a session. */
static void door_versions(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, 0);
    struct peer p = come(&s);
    another_version(&s, &p);
    assert_int_equal(next(&s), NOTHING);
    struct az_msg refuse = hear(&s, &p);
    assert_int_equal(refuse.kind, AZ_MSG_REFUSE);
    assert_int_equal(refuse.refuse.version_min, AZ_WIRE_VERSION);
    assert_int_equal(refuse.refuse.version_max, AZ_WIRE_VERSION);
    assert_false(refuse.refuse.again);
    assert_int_equal(opened(&s, &p), 0); /* it knows another, too */
    leave(&p);
    scene_close(&s);
}

/* Who says hello again holds nothing of what it was sent. */
static void door_second_hello(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, 0);
    struct peer p = come(&s);
    int first = opened(&s, &p);
    greet_as(&s, &p, "anew");
    assert_int_equal(next(&s), AZ_DOOR_GONE);
    assert_int_equal(s.event.peer, first);
    assert_string_equal(az_door_peer(s.door, first)->name, "one");
    assert_int_equal(next(&s), AZ_DOOR_OPENED);
    assert_string_equal(az_door_peer(s.door, s.event.peer)->name, "anew");
    assert_int_equal(hear(&s, &p).seq, 1);
    say_kind(&s, &p, AZ_MSG_ANNOUNCE);
    assert_int_equal(next(&s), AZ_DOOR_MESSAGE);
    leave(&p);
    scene_close(&s);
}

static void door_names(void **state)
{
    (void)state;
    static const char *const bad[] = {"a\nb", "\x1b[31m",
                                      "0123456789012345678901234567890123456789012345678901234567"
                                      "890123456789012345678901234567890123456789012345678901234567"
                                      "890123456789"};
    struct scene s;
    scene_open(&s, 0);
    struct peer p = come(&s);
    for (size_t i = 0; i < AZ_LEN(bad); i++) {
        greet_as(&s, &p, bad[i]);
        assert_int_equal(next(&s), NOTHING);
        assert_int_equal(hear(&s, &p).kind, AZ_MSG_REFUSE);
    }
    assert_int_equal(opened(&s, &p), 0);
    leave(&p);
    scene_close(&s);
}

/* Where names are trusted, a principal is who it says it is. */
static void door_trusts_names(void **state)
{
    (void)state;
    struct scene s;
    scene_open_with(&s, 0, true);
    struct peer p = come(&s);
    greet_as(&s, &p, "no principal");
    assert_int_equal(next(&s), NOTHING);
    assert_int_equal(hear(&s, &p).kind, AZ_MSG_REFUSE);
    greet_as(&s, &p, "nightly");
    assert_int_equal(next(&s), AZ_DOOR_OPENED);
    assert_string_equal(az_door_peer(s.door, 0)->principal, "nightly");
    leave(&p);
    scene_close(&s);
}

/* A socket that is closed is gone a little later. */
static void until_gone(struct scene *s, int peer)
{
    struct az_msg msg = {.kind = AZ_MSG_HEARTBEAT};
    int r = 0;
    for (az_ms end = az_clock_ms() + 10000; r == 0 && az_clock_ms() < end;)
        r = az_door_send(s->door, peer, &msg, NULL);
    assert_int_equal(r, AZ_ENOENT);
}

/* A peer that says hello and is gone, before it is heard or just after, harms
 * nobody. */
static void door_hello_and_gone(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, 0);
    struct peer p = come(&s);
    greet(&s, &p);
    leave(&p);
    if (next(&s) == AZ_DOOR_OPENED) {
        until_gone(&s, 0);
        assert_int_equal(next(&s), AZ_DOOR_GONE);
    }
    assert_int_equal(next(&s), NOTHING);
    scene_close(&s);
}

/* Found at a send: the call says so, and the next event. */
static void door_finds_the_gone(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, 0);
    struct peer p = come(&s), other = come(&s);
    assert_int_equal(opened(&s, &p), 0);
    assert_int_equal(opened(&s, &other), 1);
    leave(&p);
    assert_int_equal(next(&s), NOTHING);
    until_gone(&s, 0);
    struct az_msg msg = {.kind = AZ_MSG_HEARTBEAT};
    struct az_error err = {0};
    assert_int_equal(az_door_send(s.door, 0, &msg, &err), AZ_ENOENT);

    /* Its number is not another's before it is given back. */
    struct peer third = come(&s);
    greet(&s, &third);
    assert_int_equal(next(&s), AZ_DOOR_GONE);
    assert_int_equal(s.event.peer, 0);
    assert_int_equal(next(&s), AZ_DOOR_OPENED);
    assert_int_equal(s.event.peer, 0);
    assert_int_equal(next(&s), NOTHING);
    assert_int_equal(az_door_send(s.door, 1, &msg, &err), 0);
    assert_int_equal(az_door_send(s.door, 2, &msg, &err), AZ_ENOENT);
    assert_int_equal(az_door_send(s.door, -1, &msg, &err), AZ_ENOENT);
    leave(&other);
    leave(&third);
    scene_close(&s);
}

/* Nobody who was told something lately; and who is gone is found so. */
static void door_heartbeats(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, 0);
    struct peer p = come(&s), gone = come(&s);
    assert_int_equal(opened(&s, &p), 0);
    assert_int_equal(opened(&s, &gone), 1);
    az_ms due = az_door_tick(s.door, s.now);
    assert_int_equal(due, s.now + SILENCE / 8);
    assert_true(hears_nothing(&p)); /* just welcomed */
    assert_int_equal(az_door_tick(s.door, due - 1), due);
    assert_true(hears_nothing(&p));

    /* Somebody is gone: receive first. */
    leave(&gone);
    az_ms at = due;
    for (az_ms end = az_clock_ms() + 10000; az_door_tick(s.door, at) > at;) {
        assert_true(az_clock_ms() < end);
        at += SILENCE / 8;
    }
    assert_int_equal(hear(&s, &p).kind, AZ_MSG_HEARTBEAT);
    assert_int_equal(next(&s), AZ_DOOR_GONE);
    assert_int_equal(s.event.peer, 1);
    due = az_door_tick(s.door, at + SILENCE / 8);
    while (!hears_nothing(&p))
        ;

    struct az_msg msg = {.kind = AZ_MSG_STOP};
    assert_int_equal(az_door_send(s.door, 0, &msg, NULL), 0);
    due = az_door_tick(s.door, due);
    assert_int_equal(hear(&s, &p).kind, AZ_MSG_STOP);
    assert_true(hears_nothing(&p));
    az_door_tick(s.door, due);
    assert_int_equal(hear(&s, &p).kind, AZ_MSG_HEARTBEAT);

    say_kind(&s, &p, AZ_MSG_HEARTBEAT); /* theirs is the caller's business */
    assert_int_equal(next(&s), AZ_DOOR_MESSAGE);
    assert_int_equal(s.event.msg.kind, AZ_MSG_HEARTBEAT);
    leave(&p);
    scene_close(&s);
}

/* The caller ends a session: no GONE. */
static void door_refuses_and_drops(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, 0);
    struct peer p = come(&s);
    int n = opened(&s, &p);
    struct az_error why = {0};
    az_fail(&why, AZ_EINVAL, "not now");
    az_door_refuse(s.door, n, &why);
    az_door_refuse(s.door, n, &why);
    struct az_msg refuse = hear(&s, &p);
    assert_int_equal(refuse.kind, AZ_MSG_REFUSE);
    assert_int_equal(refuse.seq, 2);
    assert_true(az_str_eqz(refuse.refuse.what, "not now"));
    assert_true(hears_nothing(&p));
    say_kind(&s, &p, AZ_MSG_ANNOUNCE);
    assert_int_equal(next(&s), NOTHING);

    n = opened(&s, &p);
    az_door_drop(s.door, n);
    say_kind(&s, &p, AZ_MSG_ANNOUNCE);
    assert_int_equal(next(&s), NOTHING);
    assert_true(hears_nothing(&p));
    leave(&p);
    scene_close(&s);
}

static void door_is_full(void **state)
{
    (void)state;
    enum { MAX = 3 };
    struct scene s;
    scene_open(&s, MAX);
    struct peer p[MAX], more = come(&s);
    for (int i = 0; i < MAX; i++) {
        p[i] = come(&s);
        assert_int_equal(opened(&s, &p[i]), i);
    }
    greet(&s, &more);
    assert_int_equal(next(&s), NOTHING);
    struct az_msg refuse = hear(&s, &more);
    assert_int_equal(refuse.kind, AZ_MSG_REFUSE);
    assert_true(az_str_eqz(refuse.refuse.what, "there is no room for more than 3 workers"));

    greet(&s, &p[1]); /* its own place is enough */
    assert_int_equal(next(&s), AZ_DOOR_GONE);
    assert_int_equal(next(&s), AZ_DOOR_OPENED);
    assert_int_equal(hear(&s, &p[1]).kind, AZ_MSG_WELCOME);
    az_door_drop(s.door, 2);
    assert_int_equal(opened(&s, &more), 2);
    leave(&more);
    for (int i = 0; i < MAX; i++)
        leave(&p[i]);
    scene_close(&s);
}

static void door_without_memory(void **state)
{
    (void)state;
    struct az_net *net;
    assert_int_equal(az_net_new(&net, NULL), 0);
    struct az_door_config config = {.net = net, .endpoint = "inproc://d", .name = "workers"};
    int r = AZ_ENOMEM;
    for (int nth = 1; r == AZ_ENOMEM; nth++) {
        AZ_AUTO(door) d = NULL;
        struct az_error err = {0};
        az_fault_alloc(nth);
        r = az_door_new(&config, &d, &err);
        az_fault_alloc(0);
        assert_true(r == 0 || (!d && *err.what));
    }
    assert_int_equal(r, 0);
    az_net_free(net);
}

/* Memory that ends at a hello ends the loop, not the door. */
static void hello_without_memory(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, 0);
    struct peer p = come(&s);
    int r = AZ_ENOMEM;
    for (int nth = 1; r == AZ_ENOMEM; nth++) {
        struct az_error err = {0};
        greet(&s, &p);
        az_fault_alloc(nth);
        r = az_door_receive(s.door, s.now, &s.event, &err);
        az_fault_alloc(0);
        assert_true(r == 0 || *err.what);
    }
    assert_int_equal(r, 0);
    assert_int_equal(s.event.kind, AZ_DOOR_OPENED);
    leave(&p);
    scene_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(door_welcomes),        cmocka_unit_test(door_cuts_off),
        cmocka_unit_test(door_versions),        cmocka_unit_test(door_second_hello),
        cmocka_unit_test(door_names),           cmocka_unit_test(door_trusts_names),
        cmocka_unit_test(door_hello_and_gone),  cmocka_unit_test(door_finds_the_gone),
        cmocka_unit_test(door_heartbeats),      cmocka_unit_test(door_refuses_and_drops),
        cmocka_unit_test(door_is_full),         cmocka_unit_test(door_without_memory),
        cmocka_unit_test(hello_without_memory), cmocka_unit_test(door_passes_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
