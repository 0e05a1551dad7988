/* core/exits.h: what the programs end with. Pure. */
#pragma once
#include "core/error.h"

/* From sysexits.h, as docs/operations.md lists them. */
enum az_exit {
    AZ_EXIT_OK = 0,
    AZ_EXIT_REQUIRE = 1, /* --require is false */
    AZ_EXIT_USAGE = 64,
    AZ_EXIT_ITEMS = 65, /* some items or lines failed for good */
    AZ_EXIT_NO_INPUT = 66,
    AZ_EXIT_NOBODY = 69,     /* nothing could be asked */
    AZ_EXIT_SOFTWARE = 70,   /* a bug, or no memory */
    AZ_EXIT_OUTPUT = 74,     /* output cannot be written */
    AZ_EXIT_UNFINISHED = 75, /* the same command goes on */
    AZ_EXIT_CONFIG = 78,     /* panel or configuration */
    AZ_EXIT_INTERRUPTED = 130,
};

/* The exit code that an error of reading a panel, a configuration, opening a
 * store … means. */
int az_exit_of(const struct az_error *err);
