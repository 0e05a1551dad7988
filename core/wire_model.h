/* core/wire_model.h: ballots and verdicts to protobuf (protos/model.proto) and
 * back: for the store, which keeps packed messages, and for core/wire.c, which
 * puts them into envelopes. Pure.
 *
 * What is read back is checked: what no part of assize could have written is
 * refused with AZ_EPROTO. What could not be read back is not packed (AZ_EINVAL),
 * but for texts (not `raw`): a byte that is NUL or no UTF-8 is packed as '?'. */
#pragma once
#include "core/arena.h"
#include "core/base.h"
#include "core/buf.h"
#include "core/error.h"
#include "core/model.h"
#include "protos/model.pb-c.h"

enum {
    AZ_PROBS_MAX = 4096, /* of one ballot */
    AZ_CRITERIA_MAX = 64,
    AZ_ATTEMPTS_MAX = 1000000,
};

/* Memory that protobuf-c takes from an arena and never gives back before the
 * arena goes: for assize__…__unpack(). `failed` tells a want of memory from a
 * message that is none, `over` one that would take more than `limit` bytes. */
struct az_wire_memory {
    struct az_arena *arena;
    size_t limit, used; /* no limit: 0 */
    bool failed, over;
};
ProtobufCAllocator az_wire_allocator(struct az_wire_memory *memory);

/* Put the packed message at the end of `b`: one growth of `b` at the most and
 * no other allocation. On failure `b` is as it was, or in its sticky failure.
 * AZ_EINVAL: a field is out of range; AZ_ENOMEM, AZ_ELIMIT: of the buffer. */
int az_wire_ballot_pack(struct az_buf *b, const struct az_ballot *ballot, struct az_error *err);
/* `used` is not in the message: it is set to false. Text lives in `a`. */
int az_wire_ballot_unpack(struct az_str packed, struct az_arena *a, struct az_ballot *ret,
                          struct az_error *err);

struct az_keys {
    size_t n;
    const struct az_key *v;
};

/* `used` are the keys of the ballots that counted. */
int az_wire_verdict_pack(struct az_buf *b, const struct az_verdict *verdict, struct az_keys used,
                         struct az_error *err);
int az_wire_verdict_unpack(struct az_str packed, struct az_arena *a, struct az_verdict *ret,
                           struct az_keys *used, struct az_error *err);

/* ---- for envelopes ---- */

/* Fill *m and *key for packing; texts are copied to `a`, the rest is
 * borrowed from `ballot`. m->key points to *key. `again`: the question comes back
 * without an answer, and its error may be none. */
int az_wire_ballot_to(const struct az_ballot *ballot, bool again, struct az_arena *a,
                      Assize__Ballot *m, Assize__Key *key, struct az_error *err);
/* Checked; texts are borrowed from *m. */
int az_wire_ballot_from(const Assize__Ballot *m, bool again, struct az_ballot *ret,
                        struct az_error *err);
void az_wire_key_to(const struct az_key *key, Assize__Key *m);
int az_wire_key_from(const Assize__Key *m, struct az_key *ret, struct az_error *err);
