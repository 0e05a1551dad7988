/* client/cli/io_feed.h: the input thread: lines to items, joined with what the
 * job's store knows of them, into the coordinator's queue. Edge. */
#pragma once
#include "coordinator/io_coordinator.h"
#include "coordinator/store.h"
#include "core/base.h"
#include "core/error.h"
#include "core/golds.h"
#include "core/io_file.h"
#include "core/panel.h"

struct az_feed;

struct az_feed_config {
    const struct az_panel *panel;
    const char *path; /* "-" = stdin */
    struct az_store *store;
    bool stored;                  /* the store keeps things: join with it, refuse doubles */
    const struct az_golds *golds; /* or NULL */
    struct az_queue *out;         /* of struct az_fed; closed at the end */
    int64_t limit;                /* items; -1 = all */
    double sample;                /* share of items, by id and seed; 1 = all */
    int64_t sample_n;             /* so many, the smallest hashes; -1 = not so */
    uint64_t seed;
    bool retry_failed, strict;
    /* A filter sees every line, in order, before its item is fed. Blocks while
     * its window is full; false = stop reading. NULL for a run. */
    bool (*line)(void *arg, const struct az_line *line);
    /* The line will have no verdict of its own: bad, skipped, or decided by an
     * earlier run (then `id` names the stored item). */
    void (*settled)(void *arg, int64_t line, bool bad, struct az_str id);
    void *arg;
};

struct az_feed_counts {
    int64_t lines, items, bad, doubles, known; /* known: decided by earlier runs */
    int64_t dropped;                           /* of the items: nobody took them before the end */
    int64_t unknown_gold;
    int64_t in_golds; /* items that the gold file knows */
    int64_t total;    /* lines in the file; -1 = not known */
    bool ended;       /* the whole input was read */
    bool any;         /* there was at least one byte */
};

/* Before anything is made or asked: is there an input that can be read? Takes
 * nothing from a pipe. AZ_ENOENT: no file, a directory, empty; AZ_EIO. */
int az_feed_check(const char *path, struct az_error *err);
/* Opens the input (AZ_ENOENT, AZ_EINVAL, AZ_EIO: say why) and starts reading. */
int az_feed_start(const struct az_feed_config *config, struct az_feed **ret, struct az_error *err);
/* Reads no more, waits for the thread: 0, or why reading ended early. */
int az_feed_stop(struct az_feed *f, struct az_error *err);
void az_feed_free(struct az_feed *f);
AZ_FREEP(feed)

struct az_feed_counts az_feed_counts(struct az_feed *f); /* any thread */
