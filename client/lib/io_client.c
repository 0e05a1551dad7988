#include "client/lib/io_client.h"

#include <errno.h>
#include <poll.h>

#include "core/io_clock.h"
#include "core/io_keys.h"
#include "core/io_sock.h"
#include "core/mem.h"
#include "protos/job.pb-c.h"

enum { HELLO_MS = 10000, ANSWER_MS = 60000 };

struct az_client {
    struct az_net *net;
    struct az_sock *sock;
    struct az_arena *in, *out;
    char *endpoint, *principal;
    int64_t answer_ms;
    int stop_fd; /* -1 = none */
    uint64_t seq_out, seq_in, requests;
    az_ms silence_ms;     /* 0 = none */
    az_ms sent_at, heard; /* something was */
    bool lost;            /* the connection is, and comes back or does not */
    bool has_pending;
    struct az_msg pending;
};

/* "HOST:PORT" is tcp. */
static char *endpoint_of(const char *text)
{
    AZ_AUTO_BUF b = az_buf(4096);
    az_buf_fmt(&b, "%s%s", strstr(text, "://") ? "" : "tcp://", text);
    return az_buf_take(&b);
}

/* ---- out ---- */

int az_client_send(struct az_client *c, struct az_msg *msg, struct az_error *err)
{
    struct az_buf b = az_buf(AZ_WIRE_FRAME_MAX);
    msg->seq = c->seq_out + 1;
    int r = az_wire_pack(&b, msg, c->out, err);
    az_arena_reset(c->out);
    if (r < 0) {
        az_buf_release(&b);
        return r;
    }
    size_t n = b.n;
    char *p = az_buf_take(&b);
    r = p ? az_sock_send(c->sock, NULL, p, n, err) : az_oom(err);
    if (r == AZ_EAGAIN)
        return az_fail(err, AZ_EGONE, "the coordinator at '%s' takes nothing any more",
                       c->endpoint);
    if (r < 0)
        return r;
    c->seq_out++;
    c->sent_at = az_clock_ms();
    return 0;
}

/* Also when a connection that was lost is there again: if the coordinator is
 * another one now, that is found out at once. */
static int beat(struct az_client *c, az_ms now, struct az_error *err)
{
    struct az_msg heartbeat = {.kind = AZ_MSG_HEARTBEAT};
    bool lost = az_sock_trouble(c->sock, NULL) < 0, again = c->lost && !lost;
    bool due = c->silence_ms && now - c->sent_at >= c->silence_ms / 4;
    c->lost = lost;
    return c->principal && (due || again) ? az_client_send(c, &heartbeat, err) : 0;
}

/* ---- in ---- */

/* At the hello it is for good. Later it may be that the coordinator is another
 * one now, and knows of no session: a new hello tells. */
static int refused(const struct az_client *c, const struct az_msg *msg, struct az_error *err)
{
    az_wire_refusal(msg, c->principal ? AZ_EGONE : AZ_EINVAL, err);
    return az_wrap(err, "at '%s'", c->endpoint);
}

/* 1: for the caller. 0: it was for the session alone. */
static int on_message(struct az_client *c, struct az_msg *msg, struct az_error *err)
{
    if (msg->kind == AZ_MSG_REFUSE) /* also of a session that it does not know */
        return refused(c, msg, err);
    if (msg->seq != c->seq_in + 1)
        return az_fail(err, AZ_EGONE, "the coordinator at '%s' began anew", c->endpoint);
    c->seq_in++;
    switch (msg->kind) {
    case AZ_MSG_HEARTBEAT:
        return 0;
    case AZ_MSG_STOP:
        return az_fail(err, AZ_EGONE, "the coordinator at '%s' stops", c->endpoint);
    case AZ_MSG_QUESTIONS: /* only workers are sent these */
        for (size_t i = 0; i < msg->questions.n_items; i++)
            az_item_free(msg->questions.items[i]);
        return az_fail(err, AZ_EINVAL, "'%s' is where workers connect", c->endpoint);
    default:
        return 1;
    }
}

/* 1: c->pending is there. 0: nothing came. */
static int take(struct az_client *c, struct az_error *err)
{
    for (;;) {
        struct az_str frame;
        int r = az_sock_recv(c->sock, NULL, &frame, err);
        if (r == AZ_EAGAIN)
            return 0;
        if (r < 0)
            return r;
        c->heard = az_clock_ms();
        az_arena_reset(c->in);
        r = az_wire_unpack(frame, c->in, &c->pending, err);
        if (r < 0)
            return r == AZ_ENOMEM ? r : az_wrap(err, "from '%s'", c->endpoint);
        r = on_message(c, &c->pending, err);
        if (r != 0) {
            c->has_pending = r > 0;
            return r;
        }
    }
}

/* When something must be done, at the latest. AZ_EGONE: one of the two was silent
 * for too long. */
static int deadline(const struct az_client *c, az_ms now, az_ms *at, struct az_error *err)
{
    if (!c->silence_ms)
        return 0;
    if (now - c->sent_at >= c->silence_ms)
        return az_fail(err, AZ_EGONE, "the session at '%s' has lapsed", c->endpoint);
    if (now - c->heard >= c->silence_ms)
        return az_fail(err, AZ_EGONE, "no word from the coordinator at '%s' for %lld s",
                       c->endpoint, (long long)c->silence_ms / 1000);
    *at = AZ_MIN(*at, c->heard + c->silence_ms);
    *at = AZ_MIN(*at, AZ_MAX(c->sent_at + c->silence_ms / 4, now + 1));
    return 0;
}

/* Whoever will never be let in need not wait for the end of the time. */
static int check_let_in(struct az_client *c, struct az_error *err)
{
    struct az_error trouble = {0};
    if (c->principal || az_sock_trouble(c->sock, &trouble) != AZ_EINVAL)
        return 0;
    *err = trouble;
    return AZ_EINVAL;
}

static int sleep_until(struct az_client *c, int fd, az_ms now, az_ms at)
{
    /* poll() passes over a descriptor that is negative. */
    struct pollfd fds[] = {{.fd = az_sock_fd(c->sock), .events = POLLIN},
                           {.fd = az_sock_trouble_fd(c->sock), .events = POLLIN},
                           {.fd = fd, .events = POLLIN},
                           {.fd = c->stop_fd, .events = POLLIN}};
    az_ms left = AZ_MIN(AZ_MAX(at - now, (az_ms)0), (az_ms)INT32_MAX);
    int n = poll(fds, AZ_LEN(fds), (int)left);
    return n > 0 && fds[2].revents ? AZ_CLIENT_FD : AZ_CLIENT_NOTHING;
}

static bool is_stopped(const struct az_client *c)
{
    struct pollfd p = {.fd = c->stop_fd, .events = POLLIN};
    return poll(&p, 1, 0) > 0;
}

static int stopped(struct az_error *err)
{
    return az_fail(err, AZ_EAGAIN, "told to stop");
}

int az_client_wait(struct az_client *c, int fd, az_ms until, struct az_error *err)
{
    for (int woken = AZ_CLIENT_NOTHING;;) {
        /* The socket first, each time: its descriptor tells an edge only once. */
        int r = c->has_pending ? 1 : take(c, err);
        if (r != 0)
            return r < 0 ? r : AZ_CLIENT_MESSAGE;
        az_ms now = az_clock_ms(), at = until;
        r = is_stopped(c) ? stopped(err) : check_let_in(c, err);
        if (r == 0)
            r = deadline(c, now, &at, err);
        if (r == 0)
            r = beat(c, now, err);
        if (r == 0)
            r = take(c, err); /* a send eats edges too */
        if (r < 0)
            return r;
        if (c->has_pending)
            continue;
        if (woken || now >= until)
            return woken;
        woken = sleep_until(c, fd, now, at);
    }
}

int az_client_receive(struct az_client *c, az_ms until, struct az_msg *msg, struct az_error *err)
{
    int r = az_client_wait(c, -1, until, err);
    if (r < 0)
        return r;
    if (r == AZ_CLIENT_NOTHING)
        return AZ_EAGAIN;
    c->has_pending = false;
    *msg = c->pending;
    return 0;
}

/* ---- questions and answers ---- */

uint64_t az_client_request(struct az_client *c)
{
    return ++c->requests;
}

uint64_t az_client_answers(const struct az_msg *msg)
{
    if (msg->kind < AZ_MSG_SUBMIT)
        return 0;
    const ProtobufCFieldDescriptor *f =
        protobuf_c_message_descriptor_get_field_by_name(msg->job->descriptor, "request");
    return f ? *(const uint64_t *)((const char *)msg->job + f->offset) : 0;
}

int az_client_failed(const struct az_msg *msg, struct az_error *err)
{
    const Assize__Failed *f = msg->failed;
    int code = f->code && f->code <= AZ_ERROR_LAST ? -(int)f->code : AZ_EINVAL;
    az_fail(err, code, "%s", f->what);
    if (*f->hint)
        az_hint(err, "%s", f->hint);
    if (code != AZ_EOUTPUT && code != AZ_EIO && code != AZ_ENOMEM)
        return code;
    /* Not this machine's disk or memory. */
    az_wrap(err, "at the coordinator");
    return err->code = AZ_EOUTPUT;
}

int az_client_call(struct az_client *c, struct az_msg *msg, uint64_t request, enum az_msg_kind want,
                   struct az_msg *ret, struct az_error *err)
{
    int r = az_client_send(c, msg, err);
    az_ms until = az_clock_ms() + (c->answer_ms ? c->answer_ms : ANSWER_MS);
    while (r == 0) {
        r = az_client_receive(c, until, ret, err);
        if (r == AZ_EAGAIN)
            return is_stopped(c)
                       ? stopped(err)
                       : az_fail(err, AZ_EGONE, "the coordinator at '%s' did not answer in time",
                                 c->endpoint);
        if (r < 0 || az_client_answers(ret) != request)
            continue;
        if (ret->kind == AZ_MSG_FAILED)
            return az_client_failed(ret, err);
        if (ret->kind == want)
            return 0;
    }
    return r;
}

/* ---- opening ---- */

static int on_welcome(struct az_client *c, const struct az_msg *msg, struct az_error *err)
{
    c->silence_ms = msg->hello.silence_ms;
    AZ_AUTO_BUF b = az_buf(4096);
    az_buf_str(&b, msg->hello.principal);
    az_buf_z(&b, "");
    c->principal = az_buf_take(&b);
    return c->principal ? 0 : az_oom(err);
}

static int no_answer(struct az_client *c, int64_t wait_ms, struct az_error *err)
{
    struct az_error trouble = {0};
    az_sock_trouble(c->sock, &trouble);
    az_fail(err, AZ_EGONE, "no answer from '%s' in %.3g s: is the coordinator running there?",
            c->endpoint, (double)wait_ms / 1000);
    if (*trouble.hint)
        az_hint(err, "%s", trouble.hint);
    else if (trouble.code < 0)
        az_hint(err, "The last that was heard: %.200s.", trouble.what);
    return AZ_EGONE;
}

static int greet(struct az_client *c, const char *name, struct az_error *err)
{
    struct az_msg msg = {.kind = AZ_MSG_HELLO};
    msg.hello.name = az_str(name ? name : "");
    msg.hello.software = AZ_STR("assize " ASSIZE_VERSION);
    int r = az_client_send(c, &msg, err);
    int64_t wait_ms = c->answer_ms ? c->answer_ms : HELLO_MS;
    az_ms until = az_clock_ms() + wait_ms;
    while (r == 0) {
        r = az_client_receive(c, until, &msg, err);
        if (r == AZ_EAGAIN)
            return is_stopped(c) ? stopped(err) : no_answer(c, wait_ms, err);
        if (r == 0 && msg.kind == AZ_MSG_WELCOME)
            return on_welcome(c, &msg, err);
    }
    return r;
}

/* A folder, or the secret file in it: keys may have any name. */
static int read_keys(const char *keys, struct az_keypair *own, char server[AZ_Z85_KEY + 1],
                     struct az_error *err)
{
    AZ_AUTO_BUF path = az_buf(8192);
    struct az_str dir = az_str(keys);
    bool file = az_str_ends(dir, ".secret");
    az_buf_fmt(&path, "%s%s", keys, file ? "" : "/client.secret");
    int r = az_buf_check(&path, err);
    if (r == 0)
        r = az_keypair_read(path.p, own, err);
    if (file) {
        ptrdiff_t slash = az_str_rfind(dir, AZ_STR("/"));
        dir = slash < 0 ? AZ_STR(".") : (struct az_str){keys, AZ_MAX((size_t)slash, (size_t)1)};
    }
    az_buf_clear(&path);
    az_buf_fmt(&path, AZ_STR_FMT "/server.public", AZ_STR_ARG(dir));
    if (r == 0)
        r = az_public_key_read(path.p, server, err);
    if (r == AZ_ENOENT || r == AZ_EIO)
        r = err->code = AZ_EINVAL;
    return r;
}

/* Over ipc:// the user of this process stands for a key. */
static int connect_to(struct az_client *c, const struct az_client_config *config,
                      struct az_error *err)
{
    struct az_keypair own = {0};
    char server[AZ_Z85_KEY + 1];
    struct az_sock_options options = {.insecure = config->insecure};
    int r = az_net_new(&c->net, err);
    if (r == 0 && config->keys && !strncmp(c->endpoint, "tcp://", 6)) {
        r = read_keys(config->keys, &own, server, err);
        options.keys = &own;
        options.server_key = server;
    }
    if (r == 0)
        r = az_sock_connect(c->net, c->endpoint, &options, &c->sock, err);
    az_keypair_wipe(&own);
    if (r == AZ_EIO)
        r = err->code = AZ_EINVAL; /* an endpoint that is none */
    return r;
}

int az_client_open(const struct az_client_config *config, struct az_client **ret,
                   struct az_error *err)
{
    AZ_AUTO(client) c = az_zalloc(sizeof(*c));
    if (!c)
        return az_oom(err);
    c->endpoint = endpoint_of(config->endpoint);
    c->in = az_arena_new(65536);
    c->out = az_arena_new(65536);
    c->answer_ms = config->answer_ms;
    c->stop_fd = config->stop_fd > 0 ? config->stop_fd : -1;
    if (!c->endpoint || !c->in || !c->out)
        return az_oom(err);
    int r = connect_to(c, config, err);
    if (r == 0)
        r = greet(c, config->name, err);
    if (r < 0)
        return r;
    *ret = AZ_TAKE(c);
    return 0;
}

void az_client_free(struct az_client *c)
{
    if (!c)
        return;
    az_sock_free(c->sock);
    az_net_free(c->net);
    az_arena_free(c->in);
    az_arena_free(c->out);
    free(c->endpoint);
    free(c->principal);
    free(c);
}

const char *az_client_principal(const struct az_client *c)
{
    return c->principal;
}
