/* workers/work_state.h: the worker's own structs, shared by work*.c and nobody
 * else. */
#pragma once
#include "core/heap.h"
#include "core/limit.h"
#include "core/rng.h"
#include "workers/breaker.h"
#include "workers/window.h"
#include "workers/work.h"

/* An item that several questions are about. */
struct shared_item {
    struct az_item *item;
    int refs;
};

/* A job's panel, until it is forgotten and the last question about it is gone. */
struct work_panel {
    uint32_t number;
    bool forgotten;         /* no longer among the worker's panels: its questions own it */
    size_t held;            /* questions */
    struct az_panel *panel; /* NULL: it can't be used here */
    struct az_prompter *prompter;
    unsigned char secret[AZ_SECRET_BYTES];
    struct work_backend **of_judge; /* NULL: this worker lacks the judge's backend */
};

enum {
    SLOTS_MAX = 100000, /* of one backend */
    URL_AWAY_MS = 5000, /* a server at which nobody was */
};

struct work_call {
    struct work_call *next; /* in a queue or the free list */
    struct work_backend *backend;
    struct work_panel *panel;
    struct shared_item *item;
    struct az_arena *arena; /* view, what was said */
    struct az_prompt prompt;
    struct az_buf body;
    struct az_ask ask; /* what the request was made from */
    struct az_view view;
    enum { CALL_FREE, CALL_LOOKUP, CALL_READY, CALL_WAITING, CALL_OUT } state;
    int attempts_before;       /* by earlier leases */
    int attempts;              /* by this one */
    int failures;              /* in a row, for the back-off */
    uint32_t calls, calls_max; /* made in this lease, lessons too; max 0 = no bound */
    bool recalled;             /* no further call */
    bool orphan;               /* of a session that is over: its answer is told to nobody */
    bool asked_again;
    enum az_ballot_error mistake;
    az_nusd grant, cost;
    bool cost_known;
    int64_t bytes_bound; /* of the request: what an unknown outcome is charged by */
    int64_t tokens_reserved;
    struct az_hash hash;
    size_t url;
    az_ms started;
    int64_t ms;
};

/* What a (backend, model) was found not to take. */
struct learnt {
    char *model;
    size_t backend;
    struct az_caps caps;
};

/* One server of a pool. */
struct work_url {
    int busy;         /* calls under way */
    az_ms away_until; /* nobody was there: others first, until then */
};

struct work_backend {
    size_t index;
    const struct az_backend *backend;
    const struct az_recorded *recorded;
    const struct az_backend_kind *kind; /* NULL: local */
    struct work_call *head, *tail;      /* ready */
    int slots;
    bool slots_stated;
    double rpm, tpm;
    struct az_str *models; /* the backend's */
    struct work_url *urls; /* one at least */
    struct az_limit limit;
    struct az_window window;
    struct az_breaker breaker;
    char failure[192]; /* the last that the breaker counted */
    bool stopped;
    char state[160];  /* not empty: away, what is amiss */
    bool down;        /* `state` is the breaker's word, until its pause is over */
    bool ailing;      /* it was down and has answered nothing since */
    uint32_t exposed; /* credit announced and not yet used up by an answer */
    az_ms wake;       /* its queue can go on then; INT64_MAX = an event will tell */
};

struct az_work {
    struct az_work_config config;
    size_t n_backends;
    struct work_backend *backends;
    size_t n_panels, cap_panels;
    struct work_panel **panels;
    size_t n_learnt, cap_learnt;
    struct learnt *learnt;
    struct work_call *free;
    size_t n_all, cap_all;
    struct work_call **all;
    struct az_heap waiting;
    struct az_rng rng;
    size_t under_way, held;
    bool draining;
    az_ms lease_until;
    bool lapsed; /* the lease had ended by the last time that is known */
};

struct az_wfx *wfx_add(struct az_wfxs *fx, enum az_wfx_kind kind);

/* work_panel.c: panels, and what was learnt about their models */
struct work_panel *panel_find(struct az_work *w, uint32_t number);
void panel_unhold(struct work_panel *p);
void panel_free(struct work_panel *p);
struct az_caps *call_caps(struct az_work *w, struct work_call *c);

/* work_call.c: one question */
struct work_call *call_new(struct az_work *w);
void call_free(struct az_work *w, struct work_call *c);
/* Render and build the request by what is known of the backend now. Positive:
 * it ended in a ballot instead. */
int call_prepare(struct az_work *w, struct work_call *c, struct az_wfxs *fx, struct az_error *err);
/* Prepared: to the cache's answer first where it may have one, else ready. */
int call_go(struct az_work *w, struct work_call *c, struct az_wfxs *fx);
/* The most that one more call can cost. */
az_nusd call_worst(const struct work_call *c);
/* What time it is, before anything is begun. */
void lease_look(struct az_work *w, az_ms now);
/* May another call be made for it here and now, were it not for its end? Not
 * where it is wanted back, nor its backend well, nor beyond its calls or money. */
bool call_wanted_back(const struct az_work *w, const struct work_call *c);
bool call_has_calls(const struct work_call *c);
bool call_may_go_on(const struct az_work *w, const struct work_call *c);
/* The ballot's fixed parts; then the caller sets answer or error. */
struct az_ballot call_ballot(const struct work_call *c);
int call_end(struct az_work *w, struct work_call *c, struct az_ballot *ballot, struct az_wfxs *fx);
int call_error(struct az_work *w, struct work_call *c, enum az_ballot_error error, const char *text,
               struct az_wfxs *fx);
/* Back to the coordinator: it needs more money or calls than were granted, or
 * another worker. Cost and attempts of its calls go with it. */
int call_again(struct az_work *w, struct work_call *c, enum az_ballot_error mistake,
               struct az_str said, struct az_wfxs *fx);

/* work_reply.c: what a response means for its question */
int call_on_reply(struct az_work *w, struct work_call *c, const struct az_response *response,
                  az_ms now, int64_t now_wall_ms, struct az_wfxs *fx, struct az_error *err);
int call_on_no_reply(struct az_work *w, struct work_call *c, const struct az_call_result *result,
                     az_ms now, struct az_wfxs *fx, struct az_error *err);
/* Positive: the cached reply made a ballot. 0: it did not. */
int call_on_cached(struct az_work *w, struct work_call *c, struct az_str reply, struct az_wfxs *fx,
                   struct az_error *err);

/* work_credit.c: the coordinator is told of it anew */
int backend_announce(struct work_backend *b, struct az_wfxs *fx, struct az_error *err);
/* A service's breaker has opened for an outage; its pause is over, and a question
 * may try it; it answers. */
int backend_down(struct az_work *w, struct work_backend *b, struct az_wfxs *fx,
                 struct az_error *err);
int backend_try(struct work_backend *b, struct az_wfxs *fx, struct az_error *err);
int backend_answers(struct work_backend *b, struct az_wfxs *fx, struct az_error *err);

/* work_leave.c: what goes back without an answer */
int give_back_waiting(struct az_work *w, struct az_wfxs *fx, struct az_error *err);

/* work_queue.c: queues */
int give_back(struct az_work *w, struct work_call *c, struct az_wfxs *fx);
void breaker_reset(struct work_backend *b);
/* Is it open, and not for a hiccup? */
bool breaker_says_down(const struct work_backend *b);
/* It ends with that error. */
int call_is_down(struct az_work *w, struct work_call *c, struct az_wfxs *fx);
void ready_push(struct work_call *c);
int wait_until(struct az_work *w, struct work_call *c, az_ms at);
int backend_pump(struct az_work *w, struct work_backend *b, az_ms now, struct az_wfxs *fx,
                 struct az_error *err);
int backend_stop(struct az_work *w, struct work_call *c, const char *why, struct az_wfxs *fx);
