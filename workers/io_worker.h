/* workers/io_worker.h: a worker: a socket to the coordinator, HTTP, the cache,
 * and the pure core between them, on a thread of its own. Edge. */
#pragma once
#include "core/base.h"
#include "core/error.h"
#include "core/io_sock.h"
#include "core/panel.h"

struct az_worker;

struct az_worker_config {
    struct az_net *net; /* borrowed, as all below */
    const char *endpoint;
    const char *name;
    const struct az_sock_options *options; /* keys; NULL = plain */
    const char *cache;                     /* path of its file; NULL = none */
    int slots; /* calls under way over all backends; 0 = the sum of theirs */
    uint64_t seed;
    bool service; /* go on without a coordinator, and look for it; else its end is an error */
    /* What it survives; from the worker's thread. */
    void (*warn)(void *arg, const struct az_error *why);
    void *warn_arg;
    /* Called from the worker's loop, at least so often: while it is, the worker
     * does not hang. 0 = never. */
    az_ms beat_ms;
    void (*beat)(void);
};

/* Keys are read and recorded ballots loaded, so that what is amiss with them is
 * known before a job begins. `backends` is borrowed until the worker is freed. */
int az_worker_new(const struct az_backend *backends, size_t n_backends, struct az_worker **ret,
                  struct az_error *err);
/* Once: it runs until it is told to stop: by az_worker_stop(), by az_worker_drain(),
 * or by its coordinator, unless it is a service. */
int az_worker_start(struct az_worker *w, const struct az_worker_config *config,
                    struct az_error *err);
/* Can `w`, which runs, go on as `next` would be started, but for limits? Both of the
 * same backends (az_worker_setup_goes_on()); their keys are compared here. */
bool az_worker_goes_on(const struct az_worker *w, const struct az_worker *next);

struct az_worker_limits {
    int slots;
    double rpm, tpm; /* 0 = as it was, each */
};
/* From any thread, while it runs: other limits, one row a backend. The session goes on;
 * a coordinator that is away is looked for at once. */
void az_worker_tune(struct az_worker *w, const struct az_worker_limits *limits);
/* From any thread: start no call, give questions back, tell the answers of calls
 * that are under way, then be gone. */
void az_worker_drain(struct az_worker *w);
/* Waits until it is gone, which it is soon, drained or not: 0, or why it ended before it was told
 * to. */
int az_worker_stop(struct az_worker *w, struct az_error *err);
/* Readable once it has ended, told to or not. */
int az_worker_gone_fd(const struct az_worker *w);
void az_worker_free(struct az_worker *w);
AZ_FREEP(worker)
