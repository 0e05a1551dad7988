/* workers/work.h: a worker's questions: from what the coordinator sent to
 * ballots, by way of prompts, the cache, limits, calls and retries. A pure state
 * machine, events in, effects out: times and bytes are arguments. One thread
 * owns it. AZ_ENOMEM and AZ_EPROTO (what no coordinator says) are the only
 * errors, and then the worker must stop. */
#pragma once
#include "core/arena.h"
#include "core/base.h"
#include "core/error.h"
#include "core/panel.h"
#include "core/wire.h"
#include "workers/backend.h"
#include "workers/recorded.h"

struct az_work;
struct work_call; /* one question; handed out as an opaque pointer */

struct az_work_backend {
    const struct az_backend *backend;   /* with urls, key, slots; borrowed */
    const struct az_recorded *recorded; /* kind recorded; borrowed */
};

struct az_work_config {
    size_t n_backends;
    const struct az_work_backend *backends;
    int slots;     /* calls under way over all backends; 0 = the sum of theirs */
    bool cache;    /* ask it before each call */
    uint64_t seed; /* of the back-off's jitter */
};

enum az_wfx_kind {
    AZ_WFX_CALL,     /* start an HTTP call, then az_work_on_response() */
    AZ_WFX_LOOKUP,   /* ask the cache, then az_work_on_cached() */
    AZ_WFX_REMEMBER, /* tell the cache */
    AZ_WFX_ANSWER,   /* to the coordinator */
    AZ_WFX_STOPPED,  /* to the coordinator: a backend refuses for good; answers with
                        `again` follow, for what was held for it */
};

struct az_wfx {
    enum az_wfx_kind kind;
    union {
        struct {
            struct work_call *call;
            size_t backend; /* index into the config */
            const struct az_backend_kind *kind;
            const char *url;
            struct az_str body; /* stays until the response */
            int64_t timeout_ms;
        } call;
        struct {
            struct work_call *call;
            struct az_hash hash;
        } lookup;
        struct {
            struct az_hash hash;
            struct az_str reply;
        } remember;
        struct {
            struct az_msg_answer answer;
            size_t backend;
        } answer;
        struct {
            size_t backend;
            struct az_str why;
        } stopped;
    };
};

struct az_wfxs {
    size_t n, cap;
    struct az_wfx *v;
    struct az_arena *arena; /* what the effects point to, until cleared */
};

int az_wfxs_init(struct az_wfxs *fx, struct az_error *err);
void az_wfxs_release(struct az_wfxs *fx);
void az_wfxs_clear(struct az_wfxs *fx);

int az_work_new(const struct az_work_config *config, struct az_work **ret, struct az_error *err);
void az_work_free(struct az_work *w);
AZ_FREEP(work)

/* How many questions the backend takes at once: its slots and some to come. */
uint32_t az_work_credit(const struct az_work *w, size_t backend);

/* The panel that questions are about; taken. Its judges name backends of the
 * config; AZ_EINVAL for one that is not there. AZ_EPROTO: questions about the
 * panel before are still held. */
int az_work_on_panel(struct az_work *w, struct az_panel *panel,
                     const unsigned char secret[AZ_SECRET_BYTES], az_ms now, struct az_error *err);

/* Takes the message's items, also when it fails. */
int az_work_on_questions(struct az_work *w, struct az_msg *msg, az_ms now, struct az_wfxs *fx,
                         struct az_error *err);

/* {NULL, 0}: the cache has none. */
int az_work_on_cached(struct az_work *w, struct work_call *call, struct az_str reply, az_ms now,
                      struct az_wfxs *fx, struct az_error *err);

enum az_call_end { AZ_CALL_ANSWERED, AZ_CALL_CONNECT, AZ_CALL_TIMEOUT, AZ_CALL_BROKEN };

struct az_call_result {
    enum az_call_end end;
    const struct az_response *response; /* ANSWERED; else NULL */
    const char *why;                    /* the rest: what went wrong */
    int64_t ms;
};
int az_work_on_response(struct az_work *w, struct work_call *call,
                        const struct az_call_result *result, az_ms now, int64_t now_wall_ms,
                        struct az_wfxs *fx, struct az_error *err);

int az_work_on_tick(struct az_work *w, az_ms now, struct az_wfxs *fx, struct az_error *err);
az_ms az_work_deadline(const struct az_work *w); /* INT64_MAX = none */

/* Start no more calls; questions that wait are given back by nobody: the
 * coordinator asks them again next time. */
void az_work_stop(struct az_work *w);
size_t az_work_under_way(const struct az_work *w); /* calls */
