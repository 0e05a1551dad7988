#include "coordinator/session.h"

struct az_peer_seq az_peer_seq(void)
{
    return (struct az_peer_seq){.in = 1};
}

/* What only a coordinator says. */
static bool misdirected(enum az_msg_kind kind)
{
    switch (kind) {
    case AZ_MSG_WELCOME:
    case AZ_MSG_REFUSE:
    case AZ_MSG_PANEL:
    case AZ_MSG_QUESTIONS:
    case AZ_MSG_STOP:
    case AZ_MSG_FORGET:
    case AZ_MSG_RECALL:
    case AZ_MSG_TUNE:
    case AZ_MSG_SUBMITTED:
    case AZ_MSG_CHUNKED:
    case AZ_MSG_JOBS:
    case AZ_MSG_STATUS_REPLY:
    case AZ_MSG_VERDICTS:
    case AZ_MSG_WORKER_LIST:
    case AZ_MSG_DONE:
    case AZ_MSG_FAILED:
        return true;
    default:
        return false;
    }
}

int az_peer_seq_take(struct az_peer_seq *s, const struct az_msg *msg, struct az_error *why)
{
    if (msg->seq != s->in + 1)
        return az_fail(why, AZ_EPROTO, "message %llu after message %llu",
                       (unsigned long long)msg->seq, (unsigned long long)s->in);
    if (misdirected(msg->kind))
        return az_fail(why, AZ_EPROTO, "a message that only a coordinator sends");
    s->in++;
    return 0;
}
