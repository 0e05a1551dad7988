/* coordinator/io_chores.h: work that the loop must not wait for: a thread does
 * it, one after the other, and the loop is told. Edge. */
#pragma once
#include "core/base.h"
#include "core/error.h"

/* Part of what the chore is about; whoever adds it owns it, and `done` may free
 * it. */
struct az_chore {
    void (*run)(struct az_chore *c);  /* on the thread */
    void (*done)(struct az_chore *c); /* afterwards, on the loop's */
    struct az_chore *next;
};

struct az_chores;
int az_chores_start(const char *name, struct az_chores **ret, struct az_error *err);
/* Waits for the chore under way and those before it; all are done by then. */
void az_chores_stop(struct az_chores *c);

/* The loop's thread, as all that follows. */
void az_chores_add(struct az_chores *c, struct az_chore *chore);
/* Readable while some wait for their `done`. */
int az_chores_fd(const struct az_chores *c);
/* Call `done` of those that have run; returns how many. */
size_t az_chores_settle(struct az_chores *c);
/* Added and not settled. */
size_t az_chores_left(const struct az_chores *c);
