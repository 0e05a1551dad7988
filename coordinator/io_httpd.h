/* coordinator/io_httpd.h: a page for monitoring: /metrics and /healthz over HTTP.
 * Edge; it has a thread of its own, so a slow reader costs the loop nothing.
 *
 * It reads no request body, keeps a bounded number of connections, each for a
 * bounded time, and knows nothing that is secret. */
#pragma once
#include "core/base.h"
#include "core/buf.h"
#include "core/error.h"

struct az_httpd;

struct az_httpd_config {
    const char *host; /* address or name to listen on */
    int port;         /* 0: any that is free */
    /* Both from the page's thread. */
    void (*metrics)(void *arg, struct az_buf *b); /* the text of /metrics */
    bool (*healthy)(void *arg);                   /* false: /healthz is a 503 */
    void *arg;
};

/* AZ_EBUSY: somebody listens there. AZ_EINVAL: no such address here. */
int az_httpd_new(const struct az_httpd_config *config, struct az_httpd **ret, struct az_error *err);
void az_httpd_free(struct az_httpd *h);
AZ_FREEP(httpd)

int az_httpd_port(const struct az_httpd *h);
