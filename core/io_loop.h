/* core/io_loop.h: one thread's loop: descriptors, deadlines and a hook before
 * it sleeps. Edge; a loop belongs to one thread. */
#pragma once
#include "core/base.h"
#include "core/error.h"

struct az_loop;

enum { AZ_LOOP_READ = 1, AZ_LOOP_WRITE = 2 };

typedef void az_loop_fd_fn(void *arg, int fd, unsigned events);

/* Called before each sleep: do what is ready, and return until when the loop
 * may sleep (az_clock_ms() time; INT64_MAX = for ever; any past time = not at
 * all). A socket whose descriptor is edge-triggered (ZeroMQ) asks for its
 * events here, and the loop does not sleep while one is ready. */
typedef az_ms az_loop_sleep_fn(void *arg);

int az_loop_new(struct az_loop **ret, struct az_error *err);
void az_loop_free(struct az_loop *l);
AZ_FREEP(loop)

/* Watch `fd`, or change what it is watched for. */
int az_loop_watch(struct az_loop *l, int fd, unsigned events, az_loop_fd_fn *fn, void *arg,
                  struct az_error *err);
void az_loop_unwatch(struct az_loop *l, int fd);

int az_loop_before_sleep(struct az_loop *l, az_loop_sleep_fn *fn, void *arg, struct az_error *err);

/* Run until az_loop_stop(), which handlers and hooks of the loop may call. */
int az_loop_run(struct az_loop *l, struct az_error *err);
void az_loop_stop(struct az_loop *l);

/* The time at the last wake: one clock read a turn. */
az_ms az_loop_now(const struct az_loop *l);
