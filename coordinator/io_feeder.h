/* coordinator/io_feeder.h: the input thread of a job that lies in its store: its
 * open items, in order, with the ballots they have, into the coordinator's
 * queue. Edge.
 *
 * It holds what is in the queue and one batch of the reader, however large the
 * job is. */
#pragma once
#include "coordinator/io_coordinator.h"
#include "coordinator/store.h"
#include "core/base.h"
#include "core/error.h"
#include "core/panel.h"

struct az_feeder;

/* All is borrowed until it is stopped. `out` (of struct az_fed) is closed at the
 * end of the items, or when reading fails: az_feeder_stop() tells which. */
int az_feeder_start(const struct az_panel *panel, struct az_store *store, struct az_queue *out,
                    struct az_feeder **ret, struct az_error *err);
/* Reads no more, waits for the thread, frees what nobody took and the feeder.
 * Negative: the items did not all come, and why. */
int az_feeder_stop(struct az_feeder *f, struct az_error *err);
void az_feeder_free(struct az_feeder *f); /* stop without asking */
AZ_FREEP(feeder)
