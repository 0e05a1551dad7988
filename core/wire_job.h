/* core/wire_job.h: messages about jobs, which have no plain twin, in envelopes.
 * Pure. For core/wire_pack.c and core/wire_unpack.c. */
#pragma once
#include "core/wire.h"
#include "protos/envelope.pb-c.h"

/* Does the message of this kind go as msg->job? */
bool az_wire_is_job(enum az_msg_kind kind);

/* Put msg->job into *e. A byte of its texts that is no UTF-8 becomes '?', in
 * place; AZ_EINVAL: something else that the other side would refuse. */
int az_wire_job_to(const struct az_msg *msg, Assize__Envelope *e, struct az_error *err);

/* AZ_EPROTO: not of these kinds, or a value out of range. */
int az_wire_job_from(const Assize__Envelope *e, struct az_msg *msg, struct az_error *err);
