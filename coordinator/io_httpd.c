#include "coordinator/io_httpd.h"

#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <signal.h>
#include <sys/socket.h>

#include "core/mem.h"

enum {
    CONNECTIONS_MAX = 32,
    CONNECTIONS_OF_ONE = 8, /* from one address */
    MEMORY_MAX = 16 << 10,  /* of one connection: its request's head */
    TIMEOUT_S = 10,
};

struct az_httpd {
    struct az_httpd_config config;
    struct MHD_Daemon *daemon;
};

/* ---- answers ---- */

static enum MHD_Result answer(struct MHD_Connection *c, unsigned status, const char *type,
                              struct az_str text)
{
    struct MHD_Response *r =
        MHD_create_response_from_buffer(text.n, (void *)text.p, MHD_RESPMEM_MUST_COPY);
    if (!r)
        return MHD_NO;
    MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    MHD_add_response_header(r, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
        MHD_add_response_header(r, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    enum MHD_Result queued = MHD_queue_response(c, status, r);
    MHD_destroy_response(r);
    return queued;
}

static enum MHD_Result plain(struct MHD_Connection *c, unsigned status, const char *text)
{
    return answer(c, status, "text/plain; charset=utf-8", az_str(text));
}

static enum MHD_Result metrics(struct az_httpd *h, struct MHD_Connection *c)
{
    AZ_AUTO_BUF b = az_buf(AZ_BUF_MAX);
    h->config.metrics(h->config.arg, &b);
    if (b.failed)
        return plain(c, MHD_HTTP_INTERNAL_SERVER_ERROR, "out of memory\n");
    return answer(c, MHD_HTTP_OK, "text/plain; version=0.0.4; charset=utf-8", az_buf_view(&b));
}

/* Answered at the first call, before any body: what follows is not read. */
static enum MHD_Result on_request(void *arg, struct MHD_Connection *c, const char *url,
                                  const char *method, const char *version, const char *body,
                                  size_t *body_size, void **state)
{
    struct az_httpd *h = arg;
    if (strcmp(method, MHD_HTTP_METHOD_GET) && strcmp(method, MHD_HTTP_METHOD_HEAD))
        return plain(c, MHD_HTTP_METHOD_NOT_ALLOWED, "GET or HEAD\n");
    if (!strcmp(url, "/metrics"))
        return metrics(h, c);
    if (strcmp(url, "/healthz"))
        return plain(c, MHD_HTTP_NOT_FOUND, "/metrics or /healthz\n");
    return h->config.healthy(h->config.arg) ? plain(c, MHD_HTTP_OK, "ok\n")
                                            : plain(c, MHD_HTTP_SERVICE_UNAVAILABLE, "failing\n");
}

/* ---- setting up ---- */

static int look_up(const struct az_httpd_config *config, struct addrinfo **ret,
                   struct az_error *err)
{
    char port[16];
    struct addrinfo want = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    snprintf(port, sizeof(port), "%d", config->port);
    int r = getaddrinfo(config->host, port, &want, ret);
    if (r == 0)
        return 0;
    return az_fail(err, AZ_EINVAL, "http: no address '%s': %s", config->host, gai_strerror(r));
}

static int fail_start(const struct az_httpd_config *config, struct az_error *err)
{
    int code = errno == EADDRINUSE ? AZ_EBUSY : AZ_EINVAL;
    return az_fail(err, code, "http: can't listen on %s, port %d: %s", config->host, config->port,
                   strerror(errno));
}

static struct MHD_Daemon *start(struct az_httpd *h, const struct addrinfo *at)
{
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD;
    if (at->ai_family == AF_INET6)
        flags |= MHD_USE_IPv6;
    return MHD_start_daemon(flags, 0, NULL, NULL, on_request, h, MHD_OPTION_SOCK_ADDR, at->ai_addr,
                            MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX,
                            MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned)CONNECTIONS_OF_ONE,
                            MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY_MAX,
                            MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)TIMEOUT_S, MHD_OPTION_END);
}

int az_httpd_new(const struct az_httpd_config *config, struct az_httpd **ret, struct az_error *err)
{
    AZ_AUTO(httpd) h = az_zalloc(sizeof(*h));
    struct addrinfo *at;
    if (!h)
        return az_oom(err);
    h->config = *config;
    int r = look_up(config, &at, err);
    if (r < 0)
        return r;
    /* Its thread takes no signals. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    errno = 0;
    h->daemon = start(h, at);
    if (!h->daemon)
        r = fail_start(config, err);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    freeaddrinfo(at);
    if (r < 0)
        return r;
    *ret = AZ_TAKE(h);
    return 0;
}

void az_httpd_free(struct az_httpd *h)
{
    if (!h)
        return;
    if (h->daemon)
        MHD_stop_daemon(h->daemon);
    free(h);
}

int az_httpd_port(const struct az_httpd *h)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_BIND_PORT);
    return info ? info->port : 0;
}
