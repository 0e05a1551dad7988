/* Doors with a gate: who comes in over tcp with keys, over ipc by uid, and who
 * does not. Ends of one thread, over real sockets: wait() until something is
 * there. */
#include "coordinator/io_gate.h"

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

#include "coordinator/io_door.h"
#include "core/io_clock.h"
#include "core/mem.h"
#include "tests/unit/unit.h"

enum { NOTHING = -1, DEADLINE_MS = 20000, TURN_MS = 20, LIST_MAX = 1024 };

struct scene {
    struct az_net *net;
    struct az_gate *gate;
    struct az_door *door;
    struct az_arena *arena;
    struct az_keypair server, client, worker, other;
    char list[LIST_MAX], endpoint[256];
    struct az_door_event event;
    int refusals;
    struct az_refusal last;
    char last_why[256];
};

struct peer {
    struct az_sock *sock;
    uint64_t seq;
};

static void on_refused(void *arg, const struct az_refusal *refusal)
{
    struct scene *s = arg;
    s->refusals++;
    s->last = *refusal;
    snprintf(s->last_why, sizeof(s->last_why), "%s", refusal->why);
}

static void scene_start(struct scene *s)
{
    *s = (struct scene){.arena = az_arena_new(4096)};
    assert_int_equal(az_net_new(&s->net, NULL), 0);
    struct az_keypair *const pairs[] = {&s->server, &s->client, &s->worker, &s->other};
    for (size_t i = 0; i < AZ_LEN(pairs); i++)
        assert_int_equal(az_keypair_make(pairs[i], NULL), 0);
    snprintf(s->list, sizeof(s->list), "nightly %s submit,read\ngpu-a %s work\n",
             s->client.public_key, s->worker.public_key);
}

static void gate_open(struct scene *s)
{
    struct az_error err = {0};
    struct az_gate_config config = {
        .net = s->net, .text = s->list, .refused = on_refused, .arg = s};
    if (az_gate_new(&config, &s->gate, &err) < 0)
        fail_msg("%s", err.what);
}

static void door_open(struct scene *s, const char *endpoint, const struct az_sock_options *options)
{
    struct az_error err = {0};
    struct az_door_config config = {
        .net = s->net,
        .endpoint = endpoint,
        .name = "clients",
        .sock = options,
        .gate = s->gate,
        .roles = AZ_ROLE_SUBMIT | AZ_ROLE_READ,
    };
    if (az_door_new(&config, &s->door, &err) < 0)
        fail_msg("%s", err.what);
    snprintf(s->endpoint, sizeof(s->endpoint), "%s", az_door_endpoint(s->door));
}

/* A gate, and a door with keys on a port that was free. */
static void scene_open(struct scene *s)
{
    scene_start(s);
    gate_open(s);
    struct az_sock_options options = {.keys = &s->server};
    door_open(s, "tcp://127.0.0.1:*", &options);
}

static void scene_close(struct scene *s)
{
    az_door_free(s->door);
    az_gate_free(s->gate);
    az_net_free(s->net);
    az_arena_free(s->arena);
}

static struct peer come_with(struct scene *s, const struct az_sock_options *options)
{
    struct peer p = {0};
    struct az_error err = {0};
    if (az_sock_connect(s->net, s->endpoint, options, &p.sock, &err) < 0)
        fail_msg("%s", err.what);
    return p;
}

static struct peer come(struct scene *s, const struct az_keypair *keys)
{
    struct az_sock_options options = {.keys = keys, .server_key = s->server.public_key};
    return come_with(s, &options);
}

static void leave(struct peer *p)
{
    az_sock_free(AZ_TAKE(p->sock));
}

static void say(struct scene *s, struct peer *p, enum az_msg_kind kind)
{
    struct az_buf b = az_buf(AZ_WIRE_FRAME_MAX);
    struct az_msg msg = {.kind = kind};
    if (kind == AZ_MSG_HELLO)
        msg.hello.name = AZ_STR("one");
    p->seq = kind == AZ_MSG_HELLO ? 1 : p->seq + 1;
    msg.seq = p->seq;
    assert_int_equal(az_wire_pack(&b, &msg, s->arena, NULL), 0);
    size_t n = b.n;
    assert_int_equal(az_sock_send(p->sock, NULL, az_buf_take(&b), n, NULL), 0);
}

/* One turn of a loop: all that is ready is done. Returns the door's next event. */
static int turn(struct scene *s)
{
    struct az_error err = {0};
    if (s->gate)
        az_gate_serve(s->gate);
    int r = az_door_receive(s->door, az_clock_ms(), &s->event, &err);
    if (r < 0 && r != AZ_EAGAIN)
        fail_msg("%s", err.what);
    return r == 0 ? (int)s->event.kind : NOTHING;
}

/* Until one of the sockets has something, or so long that it is time to look. */
static void wait(struct scene *s, struct peer *p)
{
    struct pollfd fds[] = {
        {.fd = az_door_fd(s->door), .events = POLLIN},
        {.fd = s->gate ? az_gate_fd(s->gate) : -1, .events = POLLIN},
        {.fd = az_sock_fd(p->sock), .events = POLLIN},
        {.fd = az_sock_trouble_fd(p->sock), .events = POLLIN},
    };
    poll(fds, AZ_LEN(fds), TURN_MS);
}

static int next(struct scene *s, struct peer *p)
{
    int kind = NOTHING;
    for (az_ms end = az_clock_ms() + DEADLINE_MS; kind == NOTHING && az_clock_ms() < end;) {
        kind = turn(s);
        if (kind == NOTHING)
            wait(s, p);
    }
    return kind;
}

/* The next message to the peer; nothing happens at the door. */
static struct az_msg hear(struct scene *s, struct peer *p)
{
    struct az_str frame;
    struct az_msg msg = {0};
    int r = AZ_EAGAIN;
    for (az_ms end = az_clock_ms() + DEADLINE_MS; r == AZ_EAGAIN && az_clock_ms() < end;) {
        assert_int_equal(turn(s), NOTHING);
        r = az_sock_recv(p->sock, NULL, &frame, NULL);
        if (r == AZ_EAGAIN)
            wait(s, p);
    }
    assert_int_equal(r, 0);
    assert_int_equal(az_wire_unpack(frame, s->arena, &msg, NULL), 0);
    return msg;
}

/* What stands between the peer and the door; nothing happens at the door. */
static int trouble(struct scene *s, struct peer *p, int want, struct az_error *err)
{
    int r = 0;
    for (az_ms end = az_clock_ms() + DEADLINE_MS; r != want && az_clock_ms() < end;) {
        assert_int_equal(turn(s), NOTHING);
        r = az_sock_trouble(p->sock, err);
        if (r != want)
            wait(s, p);
    }
    return r;
}

static void enter(struct scene *s, struct peer *p)
{
    say(s, p, AZ_MSG_HELLO);
    assert_int_equal(next(s, p), AZ_DOOR_OPENED);
    assert_int_equal(hear(s, p).kind, AZ_MSG_WELCOME);
}

static bool told(const struct az_msg *msg, const char *what)
{
    return msg->kind == AZ_MSG_REFUSE && az_str_find(msg->refuse.what, az_str(what)) >= 0;
}

static void gate_lets_in(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    struct peer p = come(&s, &s.client);
    say(&s, &p, AZ_MSG_HELLO);
    assert_int_equal(next(&s, &p), AZ_DOOR_OPENED);
    const struct az_door_peer *peer = az_door_peer(s.door, s.event.peer);
    assert_string_equal(peer->principal, "nightly");
    assert_int_equal(peer->roles, AZ_ROLE_SUBMIT | AZ_ROLE_READ);
    struct az_msg welcome = hear(&s, &p);
    assert_int_equal(welcome.kind, AZ_MSG_WELCOME);
    assert_true(az_str_eqz(welcome.hello.principal, "nightly"));
    say(&s, &p, AZ_MSG_HEARTBEAT);
    assert_int_equal(next(&s, &p), AZ_DOOR_MESSAGE);
    assert_int_equal(az_sock_trouble(p.sock, NULL), 0);
    assert_int_equal(s.refusals, 0);
    leave(&p);
    scene_close(&s);
}

static void gate_unknown_key(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    for (int i = 0; i < 3; i++) {
        struct az_error err = {0};
        struct peer p = come(&s, &s.other);
        say(&s, &p, AZ_MSG_HELLO);
        assert_int_equal(trouble(&s, &p, AZ_EINVAL, &err), AZ_EINVAL);
        assert_non_null(strstr(err.what, "does not let this key or user in"));
        leave(&p);
    }
    assert_int_equal(s.refusals, 1); /* the log need not hear it each time */
    assert_string_equal(s.last.principal, "");
    assert_memory_equal(s.last.key, s.other.public_key, 8);
    assert_int_equal(strlen(s.last.key), 8);
    assert_string_equal(s.last_why, "is not on the list");
    scene_close(&s);
}

/* A worker's key among clients: let in by the handler, told at the hello. */
static void gate_other_role(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    struct peer p = come(&s, &s.worker);
    say(&s, &p, AZ_MSG_HELLO);
    struct az_msg refuse = hear(&s, &p);
    assert_true(told(&refuse, "the key of 'gpu-a' is for work; among the clients it needs one of: "
                              "submit, read"));
    assert_false(refuse.refuse.again);
    assert_int_equal(s.refusals, 1);
    assert_string_equal(s.last.principal, "gpu-a");
    say(&s, &p, AZ_MSG_HEARTBEAT);
    say(&s, &p, AZ_MSG_HELLO);
    refuse = hear(&s, &p);
    assert_int_equal(refuse.kind, AZ_MSG_REFUSE);
    leave(&p);
    scene_close(&s);
}

/* What a new list does to an open session, which says nothing meanwhile. */
static void gate_revokes(void **state)
{
    (void)state;
    static const struct {
        const char *name, *line, *want;
    } cases[] = {
        {"gone", "", "the key of 'nightly' was revoked"},
        {"another's", "weekly %s submit", "the key of 'nightly' was revoked"},
        {"other roles", "nightly %s work", "the key of 'nightly' is for work"},
    };
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        struct scene s;
        struct az_error err = {0};
        scene_open(&s);
        struct peer p = come(&s, &s.client);
        enter(&s, &p);
        snprintf(s.list, sizeof(s.list), cases[i].line, s.client.public_key);
        if (az_gate_replace(s.gate, az_str(s.list), &err) < 0)
            fail_msg("%s: %s", cases[i].name, err.what);
        assert_int_equal(turn(&s), AZ_DOOR_GONE);
        struct az_msg refuse = hear(&s, &p);
        if (!told(&refuse, cases[i].want))
            fail_msg("%s: told '" AZ_STR_FMT "'", cases[i].name, AZ_STR_ARG(refuse.refuse.what));
        assert_int_equal(s.refusals, 1);
        assert_string_equal(s.last.principal, "nightly");
        say(&s, &p, AZ_MSG_HEARTBEAT); /* nobody listens, nobody answers */
        say(&s, &p, AZ_MSG_HELLO);
        if (i == 1) /* who it is now, it is from its next hello on */
            assert_int_equal(next(&s, &p), AZ_DOOR_OPENED);
        else
            assert_int_equal(hear(&s, &p).kind, AZ_MSG_REFUSE);
        leave(&p);
        scene_close(&s);
    }
}

/* A list with a mistake changes nothing. */
static void gate_keeps_the_old_list(void **state)
{
    (void)state;
    struct scene s;
    struct az_error err = {0};
    scene_open(&s);
    struct peer p = come(&s, &s.client);
    enter(&s, &p);
    assert_int_equal(az_gate_replace(s.gate, AZ_STR("nightly"), &err), AZ_EINVAL);
    say(&s, &p, AZ_MSG_HEARTBEAT);
    assert_int_equal(next(&s, &p), AZ_DOOR_MESSAGE);
    leave(&p);
    scene_close(&s);
}

/* Without its handler CURVE would let everybody in. */
static void gate_is_gone(void **state)
{
    (void)state;
    struct scene s;
    struct az_error err = {0};
    scene_start(&s);
    gate_open(&s);
    struct az_gate *gate = AZ_TAKE(s.gate); /* the door's socket knows it, the door does not */
    struct az_sock_options options = {.keys = &s.server, .zap_domain = "clients"};
    door_open(&s, "tcp://127.0.0.1:*", &options);
    az_gate_free(gate);
    const struct az_keypair *const keys[] = {&s.client, &s.other};
    for (size_t i = 0; i < AZ_LEN(keys); i++) {
        struct peer p = come(&s, keys[i]);
        say(&s, &p, AZ_MSG_HELLO);
        assert_int_equal(trouble(&s, &p, AZ_EAGAIN, &err), AZ_EAGAIN);
        assert_non_null(strstr(err.what, "breaks off"));
        leave(&p);
    }
    scene_close(&s);
}

static void gate_plain_client(void **state)
{
    (void)state;
    struct scene s;
    struct az_error err = {0};
    scene_open(&s);
    struct peer p = come_with(&s, NULL);
    say(&s, &p, AZ_MSG_HELLO);
    assert_int_equal(trouble(&s, &p, AZ_EINVAL, &err), AZ_EINVAL);
    assert_non_null(strstr(err.what, "secured with keys"));
    leave(&p);
    scene_close(&s);
}

static void gate_wrong_server_key(void **state)
{
    (void)state;
    struct scene s;
    struct az_error err = {0};
    scene_open(&s);
    struct az_sock_options options = {.keys = &s.client, .server_key = s.other.public_key};
    struct peer p = come_with(&s, &options);
    say(&s, &p, AZ_MSG_HELLO);
    assert_int_equal(trouble(&s, &p, AZ_EAGAIN, &err), AZ_EAGAIN);
    assert_non_null(strstr(err.hint, "public key"));
    leave(&p);
    scene_close(&s);
}

/* Who names itself in its metadata, or takes a route of its own, is nobody yet. */
static void gate_chosen_route(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    void *ctx = zmq_ctx_new(), *dealer = zmq_socket(ctx, ZMQ_DEALER);
    int linger = 0;
    zmq_setsockopt(dealer, ZMQ_LINGER, &linger, sizeof(linger));
    zmq_setsockopt(dealer, ZMQ_ROUTING_ID, "mine!", 5);
    zmq_setsockopt(dealer, ZMQ_CURVE_SERVERKEY, s.server.public_key, AZ_Z85_KEY);
    zmq_setsockopt(dealer, ZMQ_CURVE_PUBLICKEY, s.client.public_key, AZ_Z85_KEY);
    zmq_setsockopt(dealer, ZMQ_CURVE_SECRETKEY, s.client.secret_key, AZ_Z85_KEY);
    assert_int_equal(zmq_connect(dealer, s.endpoint), 0);
    struct az_buf b = az_buf(1024);
    struct az_msg hello = {.kind = AZ_MSG_HELLO, .seq = 1};
    assert_int_equal(az_wire_pack(&b, &hello, s.arena, NULL), 0);
    assert_int_equal(zmq_send(dealer, b.p, b.n, 0), b.n);
    az_buf_release(&b);
    char frame[1024];
    int n = -1;
    for (az_ms end = az_clock_ms() + DEADLINE_MS; n < 0 && az_clock_ms() < end;) {
        assert_int_equal(turn(&s), NOTHING);
        zmq_pollitem_t item = {.socket = dealer, .events = ZMQ_POLLIN};
        zmq_poll(&item, 1, TURN_MS);
        n = zmq_recv(dealer, frame, sizeof(frame), ZMQ_DONTWAIT);
    }
    struct az_msg msg;
    assert_true(n > 0);
    assert_int_equal(az_wire_unpack((struct az_str){frame, (size_t)n}, s.arena, &msg, NULL), 0);
    assert_true(told(&msg, "does not choose its routing id"));
    zmq_close(dealer);
    zmq_ctx_term(ctx);
    scene_close(&s);
}

/* Over ipc the kernel says who it is; no key, no claim. */
static void gate_over_ipc(void **state)
{
    (void)state;
    for (int known = 0; known < 2; known++) {
        struct scene s;
        char folder[] = "/tmp/assize-gate-XXXXXX", endpoint[128];
        assert_non_null(mkdtemp(folder));
        snprintf(endpoint, sizeof(endpoint), "ipc://%s/clients", folder);
        scene_start(&s);
        unsigned uid = getuid() + !known;
        snprintf(s.list, sizeof(s.list), "shell uid:%u read\nanybody plain read", uid);
        gate_open(&s);
        struct az_sock_options options = {.ipc_mode = 0660};
        door_open(&s, endpoint, &options);
        struct stat st;
        assert_int_equal(stat(endpoint + strlen("ipc://"), &st), 0);
        assert_int_equal(st.st_mode & 0777, 0660);

        struct peer p = come_with(&s, NULL);
        if (known) {
            enter(&s, &p);
            assert_string_equal(az_door_peer(s.door, 0)->principal, "shell");
        } else {
            struct az_error err = {0};
            char want[16];
            say(&s, &p, AZ_MSG_HELLO);
            assert_int_equal(trouble(&s, &p, AZ_EINVAL, &err), AZ_EINVAL);
            snprintf(want, sizeof(want), "uid:%u", getuid());
            assert_string_equal(s.last.key, want);
        }
        leave(&p);
        scene_close(&s);
        assert_int_equal(rmdir(folder), 0);
    }
}

/* Plain tcp on this machine, for whom the list has a line. */
static void gate_plain_tcp(void **state)
{
    (void)state;
    for (int known = 0; known < 2; known++) {
        struct scene s;
        scene_start(&s);
        if (known)
            snprintf(s.list, sizeof(s.list), "anybody plain read");
        gate_open(&s);
        door_open(&s, "tcp://127.0.0.1:*", NULL);
        struct peer p = come_with(&s, NULL);
        struct az_error err = {0};
        if (known) {
            enter(&s, &p);
            assert_string_equal(az_door_peer(s.door, 0)->principal, "anybody");
        } else {
            say(&s, &p, AZ_MSG_HELLO);
            assert_int_equal(trouble(&s, &p, AZ_EINVAL, &err), AZ_EINVAL);
            assert_string_equal(s.last.key, "plain");
        }
        leave(&p);
        scene_close(&s);
    }
}

static void put_list(const char *path, const char *text, mode_t mode)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
    assert_int_equal(chmod(path, mode), 0);
}

static void gate_reads_a_file(void **state)
{
    (void)state;
    AZ_AUTO(net) net = NULL;
    AZ_AUTO(gate) gate = NULL;
    char path[] = "/tmp/assize-keys-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(az_net_new(&net, NULL), 0);
    struct az_gate_config config = {.net = net, .path = path};
    struct az_error err = {0};

    put_list(path, "a uid:1 read\n", 0666);
    assert_int_equal(az_gate_new(&config, &gate, &err), AZ_EINVAL);
    assert_non_null(strstr(err.what, "everybody can write"));
    put_list(path, "a uid:1\n", 0644);
    assert_int_equal(az_gate_new(&config, &gate, &err), AZ_EINVAL);
    assert_non_null(strstr(err.what, path));
    put_list(path, "a uid:1 read\n", 0644);
    assert_int_equal(az_gate_new(&config, &gate, &err), 0);
    assert_non_null(az_gate_find(gate, "uid:1"));

    put_list(path, "b uid:2 read\n", 0644);
    unsigned before = az_gate_generation(gate);
    assert_int_equal(az_gate_reload(gate, &err), 0);
    assert_true(az_gate_generation(gate) != before);
    assert_null(az_gate_find(gate, "uid:1"));
    assert_non_null(az_gate_find(gate, "uid:2"));

    assert_int_equal(remove(path), 0);
    assert_int_equal(az_gate_reload(gate, &err), AZ_ENOENT);
    assert_non_null(az_gate_find(gate, "uid:2"));
    az_gate_free(AZ_TAKE(gate));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gate_lets_in),
        cmocka_unit_test(gate_unknown_key),
        cmocka_unit_test(gate_other_role),
        cmocka_unit_test(gate_revokes),
        cmocka_unit_test(gate_keeps_the_old_list),
        cmocka_unit_test(gate_is_gone),
        cmocka_unit_test(gate_plain_client),
        cmocka_unit_test(gate_wrong_server_key),
        cmocka_unit_test(gate_chosen_route),
        cmocka_unit_test(gate_over_ipc),
        cmocka_unit_test(gate_plain_tcp),
        cmocka_unit_test(gate_reads_a_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
