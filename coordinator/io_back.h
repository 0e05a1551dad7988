/* coordinator/io_back.h: the ROUTER to which workers connect: sessions, sequence
 * numbers, frames to messages and back. Edge; one thread. */
#pragma once
#include "core/base.h"
#include "core/error.h"
#include "core/io_sock.h"
#include "core/wire.h"

struct az_back;

/* Listen. `panel_yaml` (portable) and `secret` go to each worker that says
 * hello; both are borrowed. */
int az_back_new(struct az_net *net, const char *endpoint, struct az_str panel_yaml,
                const unsigned char secret[AZ_SECRET_BYTES], struct az_back **ret,
                struct az_error *err);
void az_back_free(struct az_back *b);
AZ_FREEP(back)

int az_back_fd(const struct az_back *b);

/* The next message that is the scheduler's business, and its peer. Hellos are
 * answered here; a frame that breaks the protocol costs its sender the session,
 * as does a second hello (*gone = true: what it held must be asked elsewhere).
 * AZ_EAGAIN: none now. */
int az_back_receive(struct az_back *b, int *peer, struct az_msg *msg, bool *gone,
                    struct az_error *err);

/* AZ_ENOENT: the peer is gone; AZ_EAGAIN: its queue is full. Then the message is
 * lost: az_back_drop() it. */
int az_back_send(struct az_back *b, int peer, struct az_msg *msg, struct az_error *err);

/* Its session is over until it says hello again. */
void az_back_drop(struct az_back *b, int peer);

/* Tell every worker to stop. */
void az_back_stop_all(struct az_back *b);
