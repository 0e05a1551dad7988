/* client/cli/io_window.h: a filter's lines between input and output: in order,
 * bounded in lines and bytes, written by a thread of its own, so that a slow
 * reader holds back the input and never the loop. Edge. */
#pragma once
#include "core/base.h"
#include "core/error.h"
#include "core/io_file.h"

struct az_window_out;

struct az_window_config {
    struct az_out *kept;    /* borrowed */
    struct az_out *rejects; /* or NULL */
    const char *annotate;   /* a field that kept and rejected lines get; or NULL */
    size_t max_lines, max_bytes;
    /* The output failed; from the writer's thread, which holds the window: it
     * must not call back. Never after az_window_out_close() has returned. */
    void (*failed)(void *arg);
    void *arg;
};

int az_window_out_start(const struct az_window_config *config, struct az_window_out **ret,
                        struct az_error *err);
/* No more lines are wanted: whoever waits in az_window_out_add() is told so. */
void az_window_out_close(struct az_window_out *w);
/* Lines that were never settled count as rejected. Waits until all is written:
 * 0 or AZ_EOUTPUT. */
int az_window_out_finish(struct az_window_out *w, struct az_error *err);
void az_window_out_free(struct az_window_out *w);
AZ_FREEP(window_out)

/* The next line, numbered one more than the last. Waits for room. False: the
 * output has failed, read no more. */
bool az_window_out_add(struct az_window_out *w, const struct az_line *line);

enum az_fate { AZ_FATE_KEEP, AZ_FATE_REJECT, AZ_FATE_DROP /* no line at all: blank */ };
/* What becomes of line `number`; `verdict` is JSON for `annotate` (copied) or
 * {NULL, 0}. Any thread. */
void az_window_out_settle(struct az_window_out *w, int64_t number, enum az_fate fate,
                          struct az_str verdict);

struct az_window_counts {
    int64_t kept, rejected;
    int64_t left; /* of the rejected: never settled */
};
struct az_window_counts az_window_out_counts(struct az_window_out *w);
