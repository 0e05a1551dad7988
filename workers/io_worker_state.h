/* workers/io_worker_state.h: the worker's own struct, shared by io_worker*.c and
 * nobody else. */
#pragma once
#include <pthread.h>

#include "core/io_loop.h"
#include "core/io_thread.h"
#include "workers/io_cache.h"
#include "workers/io_http.h"
#include "workers/io_link.h"
#include "workers/io_reach.h"
#include "workers/io_serve.h"
#include "workers/io_worker.h"
#include "workers/work.h"

enum { ANSWERS_MAX = 512 }; /* a message */

struct az_worker {
    struct az_worker_config config;
    size_t n_backends;
    const struct az_backend *backends; /* with urls, keys, slots, files */
    struct az_reach *reach;
    struct az_thread *thread;
    struct az_loop *loop;
    struct az_link *link;
    struct az_http *http;
    struct az_cache *cache;
    struct az_work *work;
    struct az_serves *serves; /* NULL: it runs none */
    struct az_wfxs fx;
    size_t n_answers, answer_bytes;
    struct az_msg_answer *answers;
    bool broken;          /* the session can't go on: `failed` says why */
    bool parting;         /* the coordinator stops: the session ends with the last answer */
    bool leaving;         /* told to: the worker ends with the last answer */
    int drain;            /* eventfd: told to leave */
    int tune;             /* eventfd: `limits` has something new */
    pthread_mutex_t lock; /* of `limits` */
    struct az_worker_limits *limits;
    az_ms beat_at;          /* the next */
    int gone;               /* eventfd: the thread has ended */
    int code;               /* negative: the loop is left, and `failed` says why */
    struct az_error failed; /* scratch until then */
};

/* io_worker_tell.c: to the coordinator, and all other effects */

/* Negative: the worker ends with `failed`. */
void worker_give_up(struct az_worker *w, int r);
/* What a coordinator did, or does not do any more, ends a session and no service;
 * `run` has only this one. */
void worker_session_trouble(struct az_worker *w, int r);
int worker_announce(struct az_worker *w, size_t first, size_t n, struct az_error *err);
void worker_run_effects(struct az_worker *w);
/* Of a panel that this worker cannot use. */
void worker_tell_unfit(struct az_worker *w, uint32_t panel, const struct az_error *why);

/* io_worker_loop.c: what the loop calls; `arg` is the worker */
az_ms worker_before_sleep(void *arg);
void worker_on_response(void *arg, void *call, enum az_http_end end,
                        const struct az_response *response, const char *why, int64_t ms);
void worker_on_cache(void *arg, int fd, unsigned events);
void worker_on_serves(void *arg, int fd, unsigned events);
void worker_on_drain(void *arg, int fd, unsigned events);
void worker_on_tune(void *arg, int fd, unsigned events);
