/* client/lib/io_client.h: one session with a coordinator: hello and welcome,
 * sequence numbers, heartbeats, questions and their answers. Edge; one thread.
 *
 * A session that broke is not mended: free it, open another, and ask again; what
 * is asked says from where to go on. AZ_EGONE is that: nobody answers, or does not
 * any more. The coordinator wants to hear something now and then: whoever waits
 * for anything else does so in az_client_wait(). */
#pragma once
#include "core/base.h"
#include "core/error.h"
#include "core/wire.h"

struct az_client;

struct az_client_config {
    const char *endpoint; /* tcp://HOST:PORT, ipc://PATH; HOST:PORT is tcp */
    const char *name;     /* told to the coordinator; NULL = "" */
    /* tcp:// only: a folder with client.secret and server.public, or a NAME.secret
     * beside the latter; or NULL. */
    const char *keys;
    bool insecure;     /* tcp:// to another machine without keys all the same */
    int64_t answer_ms; /* that an answer may take; 0 = 10 s for a hello, 60 s for others */
    int stop_fd;       /* once it can be read, whoever waits has AZ_EAGAIN; 0 or less = never */
};

/* Connects and waits for the welcome. AZ_EGONE: none came. AZ_EINVAL: refused, an
 * endpoint that is none, or keys that can't be read. Whoever is refused later has
 * AZ_EGONE. */
int az_client_open(const struct az_client_config *config, struct az_client **ret,
                   struct az_error *err);
void az_client_free(struct az_client *c);
AZ_FREEP(client)

/* As whom the coordinator knows us; "" where it does not say. */
const char *az_client_principal(const struct az_client *c);

/* A number for the next request: 1, 2, 3 … */
uint64_t az_client_request(struct az_client *c);

/* Its seq is set. */
int az_client_send(struct az_client *c, struct az_msg *msg, struct az_error *err);

enum {
    AZ_CLIENT_NOTHING = 0, /* the time is over */
    AZ_CLIENT_MESSAGE = 1, /* az_client_receive() gives it at once */
    AZ_CLIENT_FD = 2,      /* `fd` can be read */
};
/* One of the above, at the latest at `until` (az_clock_ms()); `fd` may be -1.
 * AZ_EAGAIN: stop_fd can be read. */
int az_client_wait(struct az_client *c, int fd, az_ms until, struct az_error *err);

/* The next message, borrowed until the next call with `c`. AZ_EAGAIN: none until
 * then, or stop_fd can be read. */
int az_client_receive(struct az_client *c, az_ms until, struct az_msg *msg, struct az_error *err);

/* Send, and wait for the answer to `request` of kind `want` (others are dropped).
 * Failed gives the error that it tells. */
int az_client_call(struct az_client *c, struct az_msg *msg, uint64_t request, enum az_msg_kind want,
                   struct az_msg *ret, struct az_error *err);

/* The number of the request that a message answers; 0: it names none. */
uint64_t az_client_answers(const struct az_msg *msg);

/* What a Failed says: fills *err and returns its code. AZ_EOUTPUT: the coordinator
 * lacks disk or memory. */
int az_client_failed(const struct az_msg *msg, struct az_error *err);
