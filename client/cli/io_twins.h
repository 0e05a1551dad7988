/* client/cli/io_twins.h: lines that repeat an item which is still being judged:
 * they share its fate. Edge: the input thread adds, the loop takes. */
#pragma once
#include "core/base.h"
#include "core/str.h"

struct az_twins;

struct az_twins *az_twins_new(void); /* NULL when out of memory */
void az_twins_free(struct az_twins *t);
AZ_FREEP(twins)

/* Whoever looks whether an item is decided and then adds a twin, or decides it
 * and then takes its twins, holds the lock over both: none is left behind. */
void az_twins_lock(struct az_twins *t);
void az_twins_unlock(struct az_twins *t);

int az_twins_add(struct az_twins *t, struct az_str id, int64_t line); /* AZ_ENOMEM */
/* One of its lines, in no order; 0: none (any more). */
int64_t az_twins_take(struct az_twins *t, struct az_str id);
