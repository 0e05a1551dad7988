#include "coordinator/io_back.h"

#include "coordinator/sched.h"
#include "core/mem.h"

/* A session: from a hello until a broken frame. */
struct session {
    struct az_route route;
    bool live;
    uint64_t seq_in, seq_out;
};

struct az_back {
    struct az_sock *sock;
    struct az_str panel_yaml;
    const unsigned char *secret;
    struct az_arena *in, *out;
    size_t n;
    struct session sessions[AZ_PEERS_MAX];
};

int az_back_new(struct az_net *net, const char *endpoint, struct az_str panel_yaml,
                const unsigned char secret[AZ_SECRET_BYTES], struct az_back **ret,
                struct az_error *err)
{
    AZ_AUTO(back) b = az_zalloc(sizeof(*b));
    if (!b)
        return az_oom(err);
    b->panel_yaml = panel_yaml;
    b->secret = secret;
    b->in = az_arena_new(65536);
    b->out = az_arena_new(65536);
    if (!b->in || !b->out)
        return az_oom(err);
    int r = az_sock_bind(net, endpoint, &b->sock, err);
    if (r < 0)
        return r;
    *ret = AZ_TAKE(b);
    return 0;
}

void az_back_free(struct az_back *b)
{
    if (!b)
        return;
    az_sock_free(b->sock);
    az_arena_free(b->in);
    az_arena_free(b->out);
    free(b);
}

int az_back_fd(const struct az_back *b)
{
    return az_sock_fd(b->sock);
}

int az_back_send(struct az_back *b, int peer, struct az_msg *msg, struct az_error *err)
{
    struct session *s = &b->sessions[peer];
    struct az_buf frame = az_buf(AZ_WIRE_FRAME_MAX);
    msg->seq = s->seq_out + 1;
    int r = az_wire_pack(&frame, msg, b->out, err);
    az_arena_reset(b->out);
    if (r < 0) {
        az_buf_release(&frame);
        return r;
    }
    size_t n = frame.n;
    char *p = az_buf_take(&frame);
    r = p ? az_sock_send(b->sock, &s->route, p, n, err) : az_oom(err);
    if (r == 0)
        s->seq_out++;
    return r;
}

static int session_find(struct az_back *b, const struct az_route *route)
{
    for (size_t i = 0; i < b->n; i++) {
        if (b->sessions[i].route.n == route->n &&
            !memcmp(b->sessions[i].route.bytes, route->bytes, route->n))
            return (int)i;
    }
    return -1;
}

/* A peer that is gone again before it was welcomed has no session. */
static int session_open(struct az_back *b, int peer, const struct az_route *route,
                        struct az_error *err)
{
    b->sessions[peer] = (struct session){.route = *route, .live = true, .seq_in = 1};

    struct az_msg welcome = {.kind = AZ_MSG_WELCOME};
    welcome.hello.software = AZ_STR("assize " ASSIZE_VERSION);
    struct az_msg panel = {.kind = AZ_MSG_PANEL};
    panel.panel.yaml = b->panel_yaml;
    memcpy(panel.panel.secret, b->secret, AZ_SECRET_BYTES);
    /* The panel first: credit comes back only after the welcome. */
    int r = az_back_send(b, peer, &panel, err);
    if (r == 0)
        r = az_back_send(b, peer, &welcome, err);
    if (r == 0)
        return 0;
    az_back_drop(b, peer);
    return r == AZ_ENOENT || r == AZ_EAGAIN ? 0 : r;
}

/* A place for a new route: one that was never taken, or that of a peer without a
 * session. -1: none. */
static int session_place(struct az_back *b)
{
    if (b->n < AZ_PEERS_MAX)
        return (int)b->n++;
    for (int i = 0; i < AZ_PEERS_MAX; i++) {
        if (!b->sessions[i].live)
            return i;
    }
    return -1;
}

void az_back_drop(struct az_back *b, int peer)
{
    b->sessions[peer].live = false;
}

/* One clear word to the sender, and its session is over until a new hello. */
static void session_refuse(struct az_back *b, int peer, const struct az_error *why)
{
    struct az_msg refuse = {.kind = AZ_MSG_REFUSE};
    refuse.refuse.what = az_str(why->what);
    az_back_send(b, peer, &refuse, NULL);
    az_back_drop(b, peer);
}

int az_back_receive(struct az_back *b, int *peer, struct az_msg *msg, bool *gone,
                    struct az_error *err)
{
    *gone = false;
    for (;;) {
        struct az_route route;
        struct az_str frame;
        struct az_error why = {0};
        int r = az_sock_recv(b->sock, &route, &frame, &why);
        if (r == AZ_EAGAIN)
            return r;
        if (r < 0 && r != AZ_EPROTO) {
            *err = why;
            return r;
        }
        az_arena_reset(b->in);
        if (r == 0)
            r = az_wire_unpack(frame, b->in, msg, &why);
        if (r == AZ_ENOMEM)
            return az_oom(err);

        int from = session_find(b, &route);
        if (r == 0 && msg->kind == AZ_MSG_HELLO) {
            /* Whoever says hello again holds nothing of what it was sent before. */
            *gone = from >= 0 && b->sessions[from].live;
            *peer = from;
            if (from < 0 && (from = session_place(b)) < 0)
                continue; /* more workers than there are places: it hears nothing */
            r = session_open(b, from, &route, err);
            if (r < 0 || *gone)
                return r;
            continue;
        }
        if (from < 0 || !b->sessions[from].live)
            continue; /* ignored until it says hello */
        if (r == 0 && msg->seq != b->sessions[from].seq_in + 1)
            r = az_fail(&why, AZ_EPROTO, "message %llu after message %llu",
                        (unsigned long long)msg->seq, (unsigned long long)b->sessions[from].seq_in);
        *peer = from;
        if (r < 0) {
            session_refuse(b, from, &why);
            *gone = true;
            return 0;
        }
        b->sessions[from].seq_in++;
        return 0;
    }
}

void az_back_stop_all(struct az_back *b)
{
    for (size_t i = 0; i < b->n; i++) {
        struct az_msg stop = {.kind = AZ_MSG_STOP};
        if (b->sessions[i].live)
            az_back_send(b, (int)i, &stop, NULL);
    }
}
