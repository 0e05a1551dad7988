#include "coordinator/io_door.h"

#include "coordinator/io_door_state.h"
#include "core/mem.h"

enum {
    NAME_MAX_BYTES = 128,
    FRAMES_A_CALL = 64, /* so that who is not heard can't keep the loop to itself */
};

static int listen_at(struct az_door *d, struct az_error *err)
{
    const struct az_door_config *c = &d->config;
    struct az_sock_options options = {0};
    if (c->sock)
        options = *c->sock;
    options.in_max = c->in_max;
    options.out_max = c->out_max;
    if (!az_str_starts(az_str(c->endpoint), "inproc://"))
        d->gate = c->gate;
    if (d->gate) {
        options.zap_domain = c->name;
        d->generation = az_gate_generation(d->gate);
    }
    return az_sock_bind(c->net, c->endpoint, &options, &d->sock, err);
}

int az_door_new(const struct az_door_config *config, struct az_door **ret, struct az_error *err)
{
    AZ_AUTO(door) d = az_zalloc(sizeof(*d));
    if (!d)
        return az_oom(err);
    d->config = *config;
    d->opened = -1;
    d->max = config->peers_max ? config->peers_max : AZ_DOOR_PEERS_MAX - 1;
    az_assert(d->max < AZ_DOOR_PEERS_MAX);
    d->due = config->silence_ms ? 0 : INT64_MAX;
    size_t places = (size_t)d->max + 1;
    d->free = az_alloc(places * sizeof(*d->free));
    d->over = az_alloc(places * sizeof(*d->over));
    d->sessions = az_zalloc(places * sizeof(*d->sessions));
    d->in = az_arena_new(65536);
    d->out = az_arena_new(65536);
    if (!d->free || !d->over || !d->sessions || !d->in || !d->out)
        return az_oom(err);
    int r = listen_at(d, err);
    if (r < 0)
        return az_wrap(err, "%s", config->name);
    *ret = AZ_TAKE(d);
    return 0;
}

void az_door_free(struct az_door *d)
{
    if (!d)
        return;
    for (int i = 0; i < d->n; i++)
        free(d->sessions[i].text);
    az_sock_free(d->sock);
    az_map_release(&d->routes);
    az_arena_free(d->in);
    az_arena_free(d->out);
    free(d->sessions);
    free(d->free);
    free(d->over);
    free(d);
}

int az_door_fd(const struct az_door *d)
{
    return az_sock_fd(d->sock);
}

const char *az_door_endpoint(const struct az_door *d)
{
    return az_sock_endpoint(d->sock);
}

/* ---- sending ---- */

static int send_to(struct az_door *d, const struct az_route *route, struct az_msg *msg,
                   struct az_error *err)
{
    struct az_buf frame = az_buf(AZ_WIRE_FRAME_MAX);
    int r = az_wire_pack(&frame, msg, d->out, err);
    az_arena_reset(d->out);
    if (r < 0) {
        az_buf_release(&frame);
        return r;
    }
    size_t n = frame.n;
    char *p = az_buf_take(&frame);
    return p ? az_sock_send(d->sock, route, p, n, err) : az_oom(err);
}

static int session_send(struct az_door *d, struct az_door_session *s, struct az_msg *msg,
                        struct az_error *err)
{
    msg->seq = s->seq.out + 1;
    msg->heard = s->seq.in;
    int r = send_to(d, &s->route, msg, err);
    if (r == 0) {
        s->seq.out++;
        s->told = true;
    }
    return r;
}

int az_door_send(struct az_door *d, int peer, struct az_msg *msg, struct az_error *err)
{
    struct az_door_session *s = az_door_session_at(d, peer);
    if (!s)
        return az_fail(err, AZ_ENOENT, "no such peer");
    int r = session_send(d, s, msg, err);
    if (r == AZ_ENOENT)
        az_door_session_end(d, s, true);
    return r;
}

void az_door_tell(struct az_door *d, const struct az_route *route, uint64_t seq,
                  const struct az_error *why, bool again)
{
    struct az_msg refuse = {.kind = AZ_MSG_REFUSE, .seq = seq};
    refuse.refuse.what = az_str(why->what);
    refuse.refuse.again = again;
    send_to(d, route, &refuse, NULL);
    az_door_ignore(d, route);
}

/* It may have had a session before this program was started. `why`: of a frame
 * that could not be read, else no error. */
static void tell_stranger(struct az_door *d, const struct az_route *route, struct az_error *why)
{
    if (az_door_ignores(d, route))
        return;
    if (!why->code)
        az_fail(why, AZ_EPROTO, "there is no session: say hello");
    az_door_tell(d, route, 1, why, why->code == AZ_EPROTO);
}

void az_door_refuse(struct az_door *d, int peer, const struct az_error *why)
{
    struct az_door_session *s = az_door_session_at(d, peer);
    if (!s)
        return;
    az_door_tell(d, &s->route, s->seq.out + 1, why, false);
    az_door_session_end(d, s, false);
}

void az_door_drop(struct az_door *d, int peer)
{
    struct az_door_session *s = az_door_session_at(d, peer);
    if (!s)
        return;
    az_door_ignore(d, &s->route);
    az_door_session_end(d, s, false);
}

const struct az_door_peer *az_door_peer(const struct az_door *d, int peer)
{
    return peer >= 0 && peer < d->n ? &d->sessions[peer].peer : NULL;
}

/* ---- heartbeats ---- */

/* Twice in a quarter of the silence: who was told something since the last time
 * is passed over, and is not told later than the next. */
az_ms az_door_tick(struct az_door *d, az_ms now)
{
    az_door_review(d);
    if (d->n_over)
        return now;
    if (now < d->due)
        return d->due;
    for (int i = 0; i < d->n; i++) {
        struct az_door_session *s = az_door_session_at(d, i);
        struct az_msg heartbeat = {.kind = AZ_MSG_HEARTBEAT};
        if (s && !s->told)
            az_door_send(d, i, &heartbeat, NULL);
        if (s)
            s->told = false;
    }
    d->due = now + AZ_MAX(d->config.silence_ms / 8, (az_ms)1);
    return d->n_over ? now : d->due;
}

void az_door_stop_all(struct az_door *d)
{
    for (int i = 0; i < d->n; i++) {
        struct az_msg stop = {.kind = AZ_MSG_STOP};
        if (az_door_session_at(d, i))
            az_door_send(d, i, &stop, NULL);
    }
}

/* ---- receiving ---- */

/* Names stand in logs and lists: short, and text. */
static bool presentable(struct az_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f)
            return false;
    }
    return s.n <= NAME_MAX_BYTES && az_utf8_valid(s, NULL);
}

/* A session for who may have one; else *why. */
static int admit(struct az_door *d, const struct az_route *route, const struct az_msg *hello,
                 struct az_door_session **ret, struct az_error *why)
{
    struct az_grant grant;
    /* Whoever could choose a route could choose one that another had. */
    if (route->n != 5 || route->bytes[0] != 0)
        return az_fail(why, AZ_EPROTO, "a peer does not choose its routing id");
    if (!presentable(hello->hello.name) || !presentable(hello->hello.software))
        return az_fail(why, AZ_EPROTO, "a name that is not %d bytes of plain text at the most",
                       NAME_MAX_BYTES);
    int r = az_door_knock(d, hello, &grant, why);
    return r < 0 ? r : az_door_session_new(d, route, hello, &grant, ret, why);
}

static int on_hello(struct az_door *d, const struct az_route *route, const struct az_msg *msg,
                    az_ms now, struct az_error *err)
{
    struct az_door_session *s = az_door_session_find(d, route);
    if (s) /* whoever says hello again holds nothing of what it was sent before */
        az_door_session_end(d, s, true);
    struct az_error why = {0};
    int r = admit(d, route, msg, &s, &why);
    if (r == AZ_ENOMEM)
        return az_oom(err);
    if (r < 0) {
        az_door_tell(d, route, 1, &why, false);
        return 0;
    }
    az_door_greet(d, route);
    s->peer.since = s->peer.heard = now;
    d->opened = (int)(s - d->sessions);
    struct az_msg welcome = {.kind = AZ_MSG_WELCOME};
    welcome.hello.software = AZ_STR("assize " ASSIZE_VERSION);
    welcome.hello.principal = az_str(s->peer.principal);
    welcome.hello.silence_ms = (uint32_t)d->config.silence_ms;
    r = session_send(d, s, &welcome, err);
    if (r == 0)
        return 0;
    az_door_session_end(d, s, false); /* gone before it was welcomed */
    return r == AZ_ENOENT || r == AZ_EAGAIN ? 0 : r;
}

static void discard(const struct az_msg *msg)
{
    for (size_t i = 0; msg->kind == AZ_MSG_QUESTIONS && i < msg->questions.n_items; i++)
        az_item_free(msg->questions.items[i]);
}

/* True: *ret is what happened. */
static bool pending(struct az_door *d, struct az_door_event *ret)
{
    if (d->n_over) {
        ret->kind = AZ_DOOR_GONE;
        ret->peer = d->over[--d->n_over];
        az_door_session_place_free(d, ret->peer);
        return true;
    }
    if (d->opened < 0)
        return false;
    ret->kind = AZ_DOOR_OPENED;
    ret->peer = d->opened;
    d->opened = -1;
    return true;
}

/* One message off the socket. Positive: *ret is filled. 0: nothing for the caller,
 * or something pending. */
static int take(struct az_door *d, az_ms now, struct az_door_event *ret, struct az_error *err)
{
    struct az_route route = {0};
    struct az_str frame;
    struct az_error why = {0};
    int r = az_sock_recv(d->sock, &route, &frame, &why);
    if (r < 0 && r != AZ_EPROTO) {
        *err = why;
        return r;
    }
    struct az_msg *msg = &ret->msg;
    az_arena_reset(d->in);
    bool whole = r == 0 && (r = az_wire_unpack(frame, d->in, msg, &why)) == 0;
    if (r == AZ_ENOMEM)
        return az_oom(err);
    if (whole && msg->kind == AZ_MSG_HELLO)
        return on_hello(d, &route, msg, now, err);

    struct az_door_session *s = az_door_session_find(d, &route);
    if (s && d->gate && strcmp(s->key, az_sock_user(d->sock)) != 0) {
        az_door_session_end(d, s, true); /* its connection is gone, and another has the route */
        s = NULL;
    }
    if (s && whole)
        r = az_peer_seq_take(&s->seq, msg, &why);
    if (whole && (!s || r < 0))
        discard(msg);
    if (!s) {
        tell_stranger(d, &route, &why);
        return 0;
    }
    if (r < 0) {
        az_door_tell(d, &s->route, s->seq.out + 1, &why, r == AZ_EPROTO);
        az_door_session_end(d, s, true);
        return 0;
    }
    s->peer.heard = now;
    ret->kind = AZ_DOOR_MESSAGE;
    ret->peer = (int)(s - d->sessions);
    return 1;
}

int az_door_receive(struct az_door *d, az_ms now, struct az_door_event *ret, struct az_error *err)
{
    az_door_review(d);
    for (int i = 0; i < FRAMES_A_CALL; i++) {
        if (pending(d, ret))
            return 0;
        int r = take(d, now, ret, err);
        if (r != 0)
            return AZ_MIN(r, 0);
    }
    ret->kind = AZ_DOOR_PASSED_OVER;
    return 0;
}
