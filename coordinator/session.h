/* coordinator/session.h: the numbers in a session with a worker or a client, and
 * what it may say there. Pure.
 *
 * A hello begins it; each side counts its messages from 1, and the first one that
 * is missing, comes again, or is not its sender's to say ends it. */
#pragma once
#include "core/base.h"
#include "core/error.h"
#include "core/wire.h"

struct az_peer_seq {
    uint64_t in, out;
};

/* After its hello, which was message 1. */
struct az_peer_seq az_peer_seq(void);

/* Its next message. AZ_EPROTO: it ends the session, and *why is what to tell. */
int az_peer_seq_take(struct az_peer_seq *s, const struct az_msg *msg, struct az_error *why);
