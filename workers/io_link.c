#include "workers/io_link.h"

#include "core/mem.h"
#include "workers/session.h"

struct az_link {
    struct az_link_config config;
    struct az_loop *loop;
    struct az_sock *sock; /* NULL: apart */
    int fd, trouble_fd;   /* watched */
    struct az_session session;
    struct az_arena *in, *out; /* of the message read, of the message written */
};

int az_link_new(const struct az_link_config *config, struct az_loop *loop, struct az_link **ret,
                struct az_error *err)
{
    AZ_AUTO(link) l = az_zalloc(sizeof(*l));
    if (!l)
        return az_oom(err);
    l->config = *config;
    l->loop = loop;
    l->session = az_session(config->seed, 0);
    l->in = az_arena_new(65536);
    l->out = az_arena_new(65536);
    if (!l->in || !l->out)
        return az_oom(err);
    *ret = AZ_TAKE(l);
    return 0;
}

static void disconnect(struct az_link *l)
{
    if (!l->sock)
        return;
    az_loop_unwatch(l->loop, l->fd);
    az_loop_unwatch(l->loop, l->trouble_fd);
    az_sock_free(AZ_TAKE(l->sock));
}

void az_link_free(struct az_link *l)
{
    if (!l)
        return;
    disconnect(l);
    az_arena_free(l->in);
    az_arena_free(l->out);
    free(l);
}

bool az_link_open(const struct az_link *l)
{
    return l->session.state == AZ_SESSION_OPEN;
}

struct az_arena *az_link_scratch(struct az_link *l)
{
    return l->out;
}

int az_link_send(struct az_link *l, struct az_msg *msg, az_ms now, struct az_error *err)
{
    struct az_buf b = az_buf(AZ_WIRE_FRAME_MAX);
    msg->seq = az_session_say(&l->session, now);
    int r = az_wire_pack(&b, msg, l->out, err);
    az_arena_reset(l->out);
    if (r < 0) {
        az_buf_release(&b);
        return r;
    }
    size_t n = b.n;
    char *p = az_buf_take(&b);
    if (!p)
        return az_oom(err);
    r = az_sock_send(l->sock, NULL, p, n, err);
    return r == AZ_EAGAIN ? az_fail(err, AZ_EPROTO, "the coordinator takes nothing any more") : r;
}

/* A connection that was lost is made anew by ZeroMQ, but the coordinator does not
 * know it: the session is over. While there is none yet, it goes on trying. */
static int trouble(struct az_link *l, struct az_error *err)
{
    struct az_error why = {0};
    int r = az_sock_trouble(l->sock, &why);
    if (r == 0 || (r == AZ_EAGAIN && !az_link_open(l)))
        return AZ_EAGAIN;
    if (r == AZ_EAGAIN) /* else it is not let in */
        az_session_broke(&l->session);
    why.code = AZ_EPROTO;
    *err = why;
    return AZ_EPROTO;
}

int az_link_recv(struct az_link *l, struct az_msg *msg, az_ms now, struct az_error *err)
{
    az_arena_reset(l->in);
    if (!l->sock)
        return AZ_EAGAIN;
    struct az_str frame;
    int r = az_sock_recv(l->sock, NULL, &frame, err);
    if (r == AZ_EAGAIN)
        return trouble(l, err);
    if (r == 0)
        r = az_wire_unpack(frame, l->in, msg, err);
    if (r < 0)
        return r;
    r = az_session_on_message(&l->session, msg, now, err);
    for (size_t i = 0; r < 0 && msg->kind == AZ_MSG_QUESTIONS && i < msg->questions.n_items; i++)
        az_item_free(msg->questions.items[i]);
    return r;
}

/* The hook before the next sleep receives. */
static void on_readable(void *arg, int fd, unsigned events)
{
}

static int knock(struct az_link *l, az_ms now, struct az_error *err)
{
    int r = az_sock_connect(l->config.net, l->config.endpoint, l->config.options, &l->sock, err);
    if (r < 0)
        return r;
    l->fd = az_sock_fd(l->sock);
    l->trouble_fd = az_sock_trouble_fd(l->sock);
    r = az_loop_watch(l->loop, l->fd, AZ_LOOP_READ, on_readable, l, err);
    if (r == 0 && l->trouble_fd >= 0)
        r = az_loop_watch(l->loop, l->trouble_fd, AZ_LOOP_READ, on_readable, l, err);
    if (r < 0)
        return r;
    struct az_msg hello = {.kind = AZ_MSG_HELLO};
    hello.hello.name = az_str(l->config.name);
    hello.hello.software = AZ_STR("assize " ASSIZE_VERSION);
    return az_link_send(l, &hello, now, err);
}

int az_link_tick(struct az_link *l, az_ms now, struct az_error *err)
{
    struct az_msg heartbeat = {.kind = AZ_MSG_HEARTBEAT};
    switch (az_session_tick(&l->session, now, err)) {
    case AZ_DUE_KNOCK:
        return knock(l, now, err);
    case AZ_DUE_HEARTBEAT:
        return az_link_send(l, &heartbeat, now, err);
    case AZ_DUE_LOST:
        az_sock_trouble(l->sock, err); /* it may know why */
        return AZ_EPROTO;
    case AZ_DUE_NOTHING:
        break;
    }
    return 0;
}

az_ms az_link_lease(const struct az_link *l)
{
    return az_session_lease(&l->session);
}

az_ms az_link_deadline(const struct az_link *l)
{
    return az_session_deadline(&l->session);
}

az_ms az_link_lose(struct az_link *l, az_ms now)
{
    disconnect(l);
    az_session_lost(&l->session, now);
    return az_link_deadline(l);
}

void az_link_hurry(struct az_link *l, az_ms now)
{
    az_session_hurry(&l->session, now);
}

void az_link_linger(struct az_link *l, az_ms ms)
{
    if (l->sock && az_link_open(l)) /* else there is nobody who would hear it */
        az_sock_linger(l->sock, ms);
}
