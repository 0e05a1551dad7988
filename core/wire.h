/* core/wire.h: plain messages to protobuf envelopes and back, with limits.
 * Pure. A change on the wire touches wire*.c alone; messages about jobs, which
 * only the service and its clients read, go as protobuf-c made them. */
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
    AZ_WIRE_PANEL_MAX = 63 << 20, /* bytes of a panel's text, so that it fits one */
    AZ_WIRE_BATCH_MAX = 100000,   /* questions, items, keys or answers in a message */
    AZ_WIRE_BACKENDS_MAX = 1000,  /* that a worker may announce */
    AZ_WIRE_NAME_MAX = 128,       /* bytes of a backend's name, at least one */
    AZ_WIRE_MODELS_MAX = 1000,    /* that one backend may name */
    AZ_WIRE_JOB_KEY_MAX = 64,     /* bytes; a key has at least one */
    AZ_WIRE_JOB_NAME_MAX = 200,   /* bytes */
    AZ_WIRE_PRIORITY_MAX = 1000,
    AZ_WIRE_SET_MAX = 64,      /* settings in a message */
    AZ_WIRE_LINES_MAX = 65536, /* lines of items or verdicts in a message */
    AZ_WIRE_BAD_MAX = 100,     /* bad lines that are told in a message */
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
    AZ_MSG_FORGET,
    AZ_MSG_RECALL,
    AZ_MSG_TUNE,
    AZ_MSG_UNFIT,
    /* about jobs: protos/job.proto */
    AZ_MSG_SUBMIT,
    AZ_MSG_SUBMITTED,
    AZ_MSG_CHUNK,
    AZ_MSG_CHUNKED,
    AZ_MSG_LIST,
    AZ_MSG_JOBS,
    AZ_MSG_STATUS,
    AZ_MSG_STATUS_REPLY,
    AZ_MSG_RESULTS,
    AZ_MSG_VERDICTS,
    AZ_MSG_MORE,
    AZ_MSG_WORKERS,
    AZ_MSG_WORKER_LIST,
    AZ_MSG_CONTROL,
    AZ_MSG_SET_BACKEND,
    AZ_MSG_PRUNE,
    AZ_MSG_DONE,
    AZ_MSG_FAILED,
};

struct az_credit {
    struct az_str backend, kind;
    uint32_t credit;           /* questions */
    struct az_str limit_group; /* whose rpm and tpm are kept over all workers; "" = none */
    double rpm, tpm;           /* 0 = none */
    uint32_t slots;            /* as models: for people */
    struct az_str state;       /* "" = well; else it is sent nothing until it is */
    size_t n_models;
    struct az_str *models;
};

struct az_credits {
    size_t n;
    struct az_credit *v;
};

struct az_msg_question {
    struct az_key key;
    uint32_t panel;
    uint32_t item;  /* index into the message's items */
    uint32_t calls; /* that may be made for it now; 0 = no bound of its own */
    struct az_view view;
    int attempts;                 /* already made */
    az_nusd grant;                /* AZ_NUSD_MAX: no limit */
    enum az_ballot_error mistake; /* of the call before, or NONE */
    struct az_str said;
};

struct az_msg_answer {
    struct az_ballot ballot;
    uint32_t panel;
    bool again; /* no ballot yet; cost and attempts are of this lease's calls */
    struct az_str said;
};

struct az_msg {
    enum az_msg_kind kind;
    uint64_t seq;
    uint64_t heard; /* of the other side's, by a coordinator; 0 = not said */
    union {
        struct {
            struct az_str name, software, principal;
            uint32_t silence_ms;
        } hello; /* a welcome has no name; only it has the last two */
        struct {
            struct az_str what;
            uint32_t version_min, version_max; /* of who refuses; set by packing */
            bool again;                        /* a hello gives a new session */
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
        } stopped;
        struct {
            uint32_t panel;
            struct az_str why;
        } unfit;
        struct {
            uint32_t panel;
        } forget;
        struct {
            uint32_t panel;
            bool all;
            size_t n;
            struct az_key *keys;
        } recall;
        struct {
            struct az_str backend;
            uint32_t slots;
            double rpm, tpm; /* 0 = unchanged */
        } tune;
        const struct ProtobufCMessage *job; /* any of those that follow */
        const struct Assize__Submit *submit;
        const struct Assize__Submitted *submitted;
        const struct Assize__Chunk *chunk;
        const struct Assize__Chunked *chunked;
        const struct Assize__List *list;
        const struct Assize__Jobs *jobs;
        const struct Assize__Status *status;
        const struct Assize__StatusReply *status_reply;
        const struct Assize__Results *results;
        const struct Assize__Verdicts *verdicts;
        const struct Assize__More *more;
        const struct Assize__Workers *workers;
        const struct Assize__WorkerList *worker_list;
        const struct Assize__Control *control;
        const struct Assize__SetBackend *set_backend;
        const struct Assize__Prune *prune;
        const struct Assize__Done *done;
        const struct Assize__Failed *failed;
    };
};

/* One envelope onto `b`. `scratch` is used and may be reset after. What the other
 * side would refuse is not packed: AZ_EINVAL; but for texts, where a byte that is
 * no UTF-8 becomes '?' (in a message about jobs in place). */
int az_wire_pack(struct az_buf *b, const struct az_msg *msg, struct az_arena *scratch,
                 struct az_error *err);

/* Text is borrowed from `arena`, where messages about jobs lie whole. A text
 * ends at its first NUL, if a peer sent one inside. Items of questions are made on the heap and
 * are the caller's: az_item_free() each. AZ_EPROTO: not an envelope, or a value out
 * of range; AZ_EINVAL: a version that is not spoken. Nothing is kept then. A refusal
 * is read in any version: it is the same in all, and comes in the refuser's own. */
int az_wire_unpack(struct az_str frame, struct az_arena *arena, struct az_msg *msg,
                   struct az_error *err);

/* For people: what a refusal says, and which versions are spoken there where this
 * one is not among them. Returns `code`. */
int az_wire_refusal(const struct az_msg *refuse, int code, struct az_error *err);
