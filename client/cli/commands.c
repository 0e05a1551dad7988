/* The table of commands: one row and one file each. */
#include "client/cli/command.h"

const struct az_command *const az_commands[] = {
    &az_cmd_run,
    &az_cmd_filter,
    &az_cmd_check,
    &az_cmd_show,
    &az_cmd_decide,
    &az_cmd_compare,
    &az_cmd_label,
    &az_cmd_calibrate,
    &az_cmd_report,
    &az_cmd_init,
    &az_cmd_import,
    &az_cmd_schema,
    /* of a service */
    &az_cmd_submit,
    &az_cmd_jobs,
    &az_cmd_status,
    &az_cmd_watch,
    &az_cmd_results,
    &az_cmd_cancel,
    &az_cmd_pause,
    &az_cmd_resume,
    &az_cmd_set,
    &az_cmd_workers,
    &az_cmd_prune,
    &az_cmd_keygen,
    /* of the build */
    &az_cmd_man,
    NULL,
};
