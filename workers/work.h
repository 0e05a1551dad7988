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
    bool service;  /* a backend that is down is announced as away, and its questions wait for
                    * it elsewhere; else they end as errors */
    uint64_t seed; /* of the back-off's jitter */
};

enum az_wfx_kind {
    AZ_WFX_CALL,     /* start an HTTP call, then az_work_on_response() */
    AZ_WFX_LOOKUP,   /* ask the cache, then az_work_on_cached() */
    AZ_WFX_REMEMBER, /* tell the cache */
    AZ_WFX_ANSWER,   /* to the coordinator */
    AZ_WFX_STOPPED,  /* to the coordinator: a backend refuses for good; answers with
                        `again` follow, for what was held for it */
    AZ_WFX_ANNOUNCE, /* to the coordinator: az_work_announce() of a backend has changed */
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
        struct {
            size_t backend;
            enum { AZ_NEWS_NONE, AZ_NEWS_DOWN, AZ_NEWS_ANSWERS } news; /* one of each an outage */
            struct az_str why;                                         /* DOWN */
        } announce;
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

/* ---- what it takes ---- */

/* How many questions the backend takes now beyond those that it was said to take
 * before and that are not answered; they count as said. */
uint32_t az_work_credit(struct az_work *w, size_t backend);
/* The same with all else that is told of a backend. Borrowed from the config and
 * until the next event. */
struct az_credit az_work_announce(struct az_work *w, size_t backend);

/* Other limits from now on, 0 = unchanged; a backend that is not here is none of
 * ours, one that was stopped is tried again. Fewer questions fit: answers give no
 * credit back until they do. */
int az_work_on_tune(struct az_work *w, struct az_str backend, uint32_t slots, double rpm,
                    double tpm, az_ms now, struct az_wfxs *fx, struct az_error *err);

/* A server that this worker runs is away, and why; "" = it answers. While it is
 * away it is asked nothing: what waits and what still comes goes back, and so do
 * calls under way, as they fail; one that found nobody there has spent no attempt. */
int az_work_on_state(struct az_work *w, size_t backend, const char *state, az_ms now,
                     struct az_wfxs *fx, struct az_error *err);

/* ---- sessions and panels ---- */

/* Another session with a coordinator: no panel, no question, no credit of the one
 * before counts. What waited is dropped; calls under way end, the cache is told
 * what they said, and nobody else. */
int az_work_on_session(struct az_work *w, struct az_wfxs *fx, struct az_error *err);

/* Whoever sent the questions may ask others from `until` on: none is begun then, and
 * what was not begun goes back, until another lease is there. INT64_MAX: no end. */
void az_work_on_lease(struct az_work *w, az_ms until);

/* A panel that questions are about; taken. AZ_EPROTO: `number` is there already.
 * Its judges may name backends that this worker lacks; then it is asked nothing of
 * them. AZ_EINVAL, AZ_ELIMIT …: it cannot be used here. */
int az_work_on_panel(struct az_work *w, uint32_t number, struct az_panel *panel,
                     const unsigned char secret[AZ_SECRET_BYTES], struct az_error *err);

/* A panel that this worker cannot use: what is asked about it is answered by nobody. */
int az_work_on_unfit(struct az_work *w, uint32_t number, struct az_error *err);

/* No question about it comes any more; what is held of it is still answered. */
void az_work_on_forget(struct az_work *w, uint32_t number);

/* ---- questions ---- */

/* Takes the message's items, also when it fails. */
int az_work_on_questions(struct az_work *w, struct az_msg *msg, az_ms now, struct az_wfxs *fx,
                         struct az_error *err);

/* These are wanted no more, or all of the panel: each goes back, one whose call is
 * under way when that has ended without an answer. Sorts `keys`. */
int az_work_on_recall(struct az_work *w, uint32_t panel, struct az_key *keys, size_t n, bool all,
                      struct az_wfxs *fx, struct az_error *err);

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

/* Start no more calls: those under way end, all else goes back, also what still
 * comes, and no backend takes anything. Until the next session. */
int az_work_drain(struct az_work *w, struct az_wfxs *fx, struct az_error *err);
size_t az_work_under_way(const struct az_work *w); /* calls */
size_t az_work_held(const struct az_work *w);      /* questions, those of former sessions too */
