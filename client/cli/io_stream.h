/* client/cli/io_stream.h: verdicts to stdout while a job runs, in item order: a
 * thread that follows the first item that is not decided yet. Edge.
 *
 * It reads what is committed, so what is out is final; a slow reader of stdout
 * holds up nobody. */
#pragma once
#include "coordinator/store.h"
#include "core/base.h"
#include "core/error.h"
#include "core/panel.h"

struct az_stream;

struct az_stream_config {
    const struct az_panel *panel;
    struct az_store *store; /* outlives the thread */
    bool brief;
    void (*failed)(void *arg); /* stdout can't be written; on the thread */
    void *arg;
};

int az_stream_start(const struct az_stream_config *config, struct az_stream **ret,
                    struct az_error *err);
/* The verdict of this item is committed. Any thread; never blocks for long. */
void az_stream_done(struct az_stream *s, int64_t seq);
/* Ends the thread once what it can write is written, and frees. *next: the first
 * item that is not out. AZ_EOUTPUT, or why the store can't be read. */
int az_stream_stop(struct az_stream *s, int64_t *next, struct az_error *err);
