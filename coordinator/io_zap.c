#include "coordinator/io_zap.h"

#include <errno.h>
#include <stdio.h>
#include <zmq.h>

#include "core/io_sock_state.h"
#include "core/mem.h"

#define AT "inproc://zeromq.zap.01"

enum { PART_MAX = 256 };

enum { VERSION, REQUEST, DOMAIN, ADDRESS, IDENTITY, MECHANISM, CREDENTIALS, PARTS };

struct part {
    char bytes[PART_MAX + 1]; /* and a NUL */
    size_t n;
};

struct az_zap {
    void *zmq;
    az_zap_fn *fn;
    void *arg;
    struct part parts[PARTS];
};

int az_zap_new(struct az_net *net, az_zap_fn *fn, void *arg, struct az_zap **ret,
               struct az_error *err)
{
    AZ_AUTO(zap) z = az_zalloc(sizeof(*z));
    if (!z)
        return az_oom(err);
    z->fn = fn;
    z->arg = arg;
    int none = 0;
    z->zmq = zmq_socket(net->ctx, ZMQ_REP);
    if (!z->zmq || zmq_setsockopt(z->zmq, ZMQ_LINGER, &none, sizeof(none)) < 0 ||
        zmq_bind(z->zmq, AT) < 0)
        return az_fail(err, AZ_EIO, "no handler of keys: %s", zmq_strerror(errno));
    *ret = AZ_TAKE(z);
    return 0;
}

void az_zap_free(struct az_zap *z)
{
    if (!z)
        return;
    if (z->zmq) {
        /* At once: a socket is closed a little later, and till then would be asked. */
        zmq_unbind(z->zmq, AT);
        zmq_close(z->zmq);
    }
    free(z);
}

int az_zap_fd(const struct az_zap *z)
{
    int fd = -1;
    size_t n = sizeof(fd);
    zmq_getsockopt(z->zmq, ZMQ_FD, &fd, &n);
    return fd;
}

/* ---- a request ---- */

static int receive_part(struct az_zap *z, struct part *part, bool *more)
{
    int r;
    do
        r = zmq_recv(z->zmq, part->bytes, PART_MAX, ZMQ_DONTWAIT);
    while (r < 0 && errno == EINTR);
    if (r < 0)
        return -1;
    part->n = AZ_MIN((size_t)r, (size_t)PART_MAX); /* the rest, if any, is cut off */
    part->bytes[part->n] = '\0';
    int has_more = 0;
    size_t size = sizeof(has_more);
    zmq_getsockopt(z->zmq, ZMQ_RCVMORE, &has_more, &size);
    *more = has_more;
    return r > PART_MAX ? 1 : 0;
}

/* False: none waits. *whole = it has the parts that the protocol asks for. */
static bool receive(struct az_zap *z, bool *whole)
{
    struct part spare;
    bool more = true;
    *whole = true;
    int n = 0;
    for (; more; n++) {
        int r = receive_part(z, n < PARTS ? &z->parts[n] : &spare, &more);
        if (r < 0)
            return false;
        *whole = *whole && r == 0;
    }
    for (int i = n; i < PARTS; i++)
        z->parts[i] = (struct part){0};
    *whole = *whole && n >= CREDENTIALS && n <= PARTS && !strcmp(z->parts[VERSION].bytes, "1.0");
    return true;
}

/* libzmq writes the address of an ipc peer as "localhost:UID:GID:PID", from the
 * credentials that the kernel kept when it connected. */
static bool uid_of(const char *address, char key[static AZ_Z85_KEY + 1])
{
    unsigned uid, gid;
    int pid, end = 0;
    if (sscanf(address, "localhost:%u:%u:%d%n", &uid, &gid, &pid, &end) != 3 || address[end])
        return false;
    snprintf(key, AZ_Z85_KEY + 1, "uid:%u", uid);
    return true;
}

static void identify(const struct az_zap *z, char key[static AZ_Z85_KEY + 1],
                     struct az_zap_peer *peer)
{
    const struct part *mechanism = &z->parts[MECHANISM], *credentials = &z->parts[CREDENTIALS];
    const char *address = z->parts[ADDRESS].bytes;
    bool ipc = uid_of(address, key);
    *peer = (struct az_zap_peer){
        .domain = z->parts[DOMAIN].bytes,
        .key = key,
        .address = ipc ? "ipc" : address,
    };
    if (!strcmp(mechanism->bytes, "CURVE") && credentials->n == 32)
        zmq_z85_encode(key, (const uint8_t *)credentials->bytes, 32);
    else if (!strcmp(mechanism->bytes, "NULL") && !ipc && *address &&
             strncmp(address, "localhost", strlen("localhost")) != 0)
        snprintf(key, AZ_Z85_KEY + 1, "plain");
    else if (strcmp(mechanism->bytes, "NULL") != 0 || !ipc)
        *key = '\0';
}

/* ---- the answer ---- */

static void answer(struct az_zap *z, bool yes, const char *key)
{
    const char *const parts[] = {"1.0",
                                 z->parts[REQUEST].bytes,
                                 yes ? "200" : "400",
                                 yes ? "OK" : "not on the list",
                                 yes ? key : "",
                                 ""};
    for (size_t i = 0; i < AZ_LEN(parts); i++) {
        size_t n = i == 1 ? z->parts[REQUEST].n : strlen(parts[i]);
        int r;
        do
            r = zmq_send(z->zmq, parts[i], n, i + 1 < AZ_LEN(parts) ? ZMQ_SNDMORE : 0);
        while (r < 0 && errno == EINTR);
    }
}

void az_zap_serve(struct az_zap *z)
{
    bool whole;
    while (receive(z, &whole)) {
        char key[AZ_Z85_KEY + 1] = "";
        struct az_zap_peer peer;
        identify(z, key, &peer);
        answer(z, whole && *key && z->fn(z->arg, &peer), key);
    }
}
