/* client/cli/command.h: the commands: a table, one file each. */
#pragma once
#include "client/cli/options.h"
#include "core/base.h"
#include "core/error.h"

/* What the program ends with (sysexits, as docs/operations.md lists them). */
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

struct az_command {
    const char *name, *args, *summary;
    const char *more; /* --help's second paragraph; NULL = none */
    bool hidden;      /* for the build: in no list, page or completion */
    const struct az_opt *options;
    /* Returns an exit code. Reports its own errors. */
    int (*run)(int argc, char **argv);
};

extern const struct az_command az_cmd_run, az_cmd_filter, az_cmd_check, az_cmd_show, az_cmd_init,
    az_cmd_schema, az_cmd_man;

/* All of them, ending in NULL (commands.c). */
extern const struct az_command *const az_commands[];

/* "assize: what" and the hint, on stderr. Returns `code`. */
int az_report(const struct az_error *err, int code);
/* A warning that the program survives. */
void az_warn(const char *fmt, ...) AZ_PRINTF(1, 2);

/* The exit code that an error of reading a panel, opening a store … means. */
int az_exit_of(const struct az_error *err);
