/* core/wire.h: plain messages to protobuf envelopes and back, with limits.
 * Pure. A change on the wire touches wire*.c alone. */
#pragma once
#include "core/arena.h"
#include "core/base.h"
#include "core/buf.h"
#include "core/error.h"
#include "core/hash.h"
#include "core/model.h"
#include "core/prompt.h"

enum {
    AZ_WIRE_VERSION = 1,
    AZ_WIRE_FRAME_MAX = 64 << 20, /* bytes; a larger frame ends the session */
};

enum az_msg_kind {
    AZ_MSG_HELLO,
    AZ_MSG_WELCOME,
    AZ_MSG_REFUSE,
    AZ_MSG_ANNOUNCE,
    AZ_MSG_PANEL,
    AZ_MSG_QUESTIONS,
    AZ_MSG_ANSWERS,
    AZ_MSG_STOPPED,
    AZ_MSG_HEARTBEAT,
    AZ_MSG_STOP,
};

struct az_credit {
    struct az_str backend, kind;
    uint32_t credit; /* questions */
};

struct az_credits {
    size_t n;
    struct az_credit *v;
};

struct az_msg_question {
    struct az_key key;
    uint32_t item; /* index into the message's items */
    struct az_view view;
    int attempts;                 /* already made */
    az_nusd grant;                /* AZ_NUSD_MAX: no limit */
    enum az_ballot_error mistake; /* of the call before, or NONE */
    struct az_str said;
};

struct az_msg_answer {
    struct az_ballot ballot;
    bool again; /* no ballot yet; cost and attempts are of this lease's calls */
    struct az_str said;
};

struct az_msg {
    enum az_msg_kind kind;
    uint64_t seq;
    union {
        struct {
            struct az_str name, software;
        } hello; /* welcome too */
        struct {
            struct az_str what;
        } refuse;
        struct az_credits announce;
        struct {
            uint32_t panel;
            struct az_str yaml;
            unsigned char secret[AZ_SECRET_BYTES];
        } panel;
        struct {
            size_t n_items, n;
            struct az_item **items; /* packing: borrowed. Unpacked: each its own arena, see below */
            struct az_msg_question *v;
        } questions;
        struct {
            size_t n;
            struct az_msg_answer *v;
            struct az_credits credit;
        } answers;
        struct {
            struct az_str backend, why;
            size_t n;
            struct az_key *returned;
        } stopped;
    };
};

/* One envelope onto `b`. `scratch` is used and may be reset after. */
int az_wire_pack(struct az_buf *b, const struct az_msg *msg, struct az_arena *scratch,
                 struct az_error *err);

/* Text is borrowed from `arena`. Items of questions are made on the heap and
 * are the caller's: az_item_free() each. AZ_EPROTO: not an envelope, a version
 * that is not spoken, or a value out of range; nothing is kept. */
int az_wire_unpack(struct az_str frame, struct az_arena *arena, struct az_msg *msg,
                   struct az_error *err);
