/* workers/io_exec.h: a program that the worker runs beside itself. Edge. */
#pragma once
#include "core/base.h"
#include "core/error.h"

struct az_child;

/* Run `argv` (ends in NULL; its first is looked for in PATH): stdin is empty, no
 * other descriptor is inherited, nor the variables of the environment that `hidden`
 * names (ends in NULL; NULL = none), stdout and stderr are one pipe, and it leads a
 * process group of its own. When the calling thread ends, however it does, the
 * program is asked to end (SIGTERM). AZ_EINVAL: it can't be run, and why. */
int az_child_start(const char *const *argv, const char *const *hidden, struct az_child **ret,
                   struct az_error *err);

int az_child_end_fd(const struct az_child *c);    /* readable once it has ended */
int az_child_output_fd(const struct az_child *c); /* what it says; never blocks */

void az_child_signal(struct az_child *c, int signal); /* to its whole group */

/* After its end: what is left of its group is killed. Says how it ended. */
void az_child_reap(struct az_child *c, char *how, size_t size);
