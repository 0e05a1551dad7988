/* client/cli/io_listing.h: a command that asks a coordinator for a list and prints it,
 * as a table or with --json. Edge. */
#pragma once
#include "client/cli/io_connect.h"
#include "core/buf.h"
#include "core/options.h"

extern const struct az_opt az_listing_options[];

struct az_listing {
    /* The list; *reply is borrowed from the client. */
    int (*ask)(struct az_client *c, struct az_msg *reply, struct az_error *err);
    /* One JSON object a line, or a table for people. */
    void (*json)(struct az_buf *b, const struct az_msg *reply);
    void (*text)(struct az_buf *b, const struct az_msg *reply, int64_t now_s, int columns);
};
/* The command; returns its exit code. */
int az_listing_run(const struct az_listing *l, int argc, char **argv);
