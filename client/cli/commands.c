/* The table of commands: one row and one file each. */
#include "client/cli/command.h"

const struct az_command *const az_commands[] = {
    &az_cmd_run,  &az_cmd_filter, &az_cmd_check, &az_cmd_show,
    &az_cmd_init, &az_cmd_schema, &az_cmd_man,   NULL,
};
