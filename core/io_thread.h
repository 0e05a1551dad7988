/* core/io_thread.h: a named thread whose start returns when it is ready and
 * whose stop returns when it is gone.
 *
 * The thread takes no signals: they go to the thread that started it. */
#pragma once
#include "core/base.h"
#include "core/error.h"

struct az_thread;

/* What the thread does. It sets up, calls az_thread_ready() once, works until
 * az_thread_stopping() or its own end, cleans up, and returns 0 or a negative
 * AZ_E* with *err. An error before ready is what the start returns. */
typedef int az_thread_fn(struct az_thread *t, void *arg, struct az_error *err);

/* `name` shows in ps and gdb (its first 15 bytes). Returns once the thread is
 * ready; when it fails before, it is gone again and *err is its error. */
int az_thread_start(const char *name, az_thread_fn *run, void *arg, struct az_thread **ret,
                    struct az_error *err);
/* Ask it to stop, wait until it is gone, free it. Returns what it returned,
 * with its error. NULL is fine: 0. Whatever else it waits for (a queue, a
 * socket) the caller ends first. */
int az_thread_stop(struct az_thread *t, struct az_error *err);
void az_thread_free(struct az_thread *t); /* stop without asking */
AZ_FREEP(thread)

/* From inside. */
void az_thread_ready(struct az_thread *t);
bool az_thread_stopping(const struct az_thread *t);
/* Readable (level-triggered) from the moment it is asked to stop. */
int az_thread_stop_fd(const struct az_thread *t);
