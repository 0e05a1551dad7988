/* client/cli/io_interrupt.h: Ctrl-C for commands that have something to put away.
 * Edge. */
#pragma once
#include "core/error.h"

/* From now on SIGINT and SIGTERM end nothing; what this gives can be read once one
 * has come. The process has it to its end. */
int az_interrupt_fd(int *ret, struct az_error *err);
