/* client/cli/command.h: the commands: a table, one file each. */
#pragma once
#include "core/base.h"
#include "core/error.h"
#include "core/exits.h"
#include "core/options.h"

struct az_panel;

struct az_command {
    const char *name, *args, *summary;
    const char *more; /* --help's second paragraph; NULL = none */
    bool hidden;      /* for the build: in no list, page or completion */
    const struct az_opt *options;
    /* Returns an exit code. Reports its own errors. */
    int (*run)(int argc, char **argv);
};

extern const struct az_command az_cmd_run, az_cmd_filter, az_cmd_check, az_cmd_show, az_cmd_init,
    az_cmd_schema, az_cmd_man, az_cmd_submit, az_cmd_jobs, az_cmd_status, az_cmd_watch,
    az_cmd_results, az_cmd_cancel, az_cmd_pause, az_cmd_resume, az_cmd_set, az_cmd_workers,
    az_cmd_prune, az_cmd_keygen, az_cmd_decide, az_cmd_import, az_cmd_label, az_cmd_calibrate,
    az_cmd_report, az_cmd_compare;

/* All of them, ending in NULL (commands.c). */
extern const struct az_command *const az_commands[];

/* "assize: what" and the hint, on stderr. Returns `code`. */
int az_report(const struct az_error *err, int code);
/* Anything else that whoever typed the command should know. Programs that nobody
 * watches write log lines instead (core/log.h). */
void az_say(const char *fmt, ...) AZ_PRINTF(1, 2);
/* What the panel's promises will cost, if it makes any; before anybody is asked. */
void az_say_promises(const struct az_panel *panel);
