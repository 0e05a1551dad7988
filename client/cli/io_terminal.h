/* client/cli/io_terminal.h: what stdout and stderr are, and writing to stdout.
 * Edge. */
#pragma once
#include "core/buf.h"
#include "core/error.h"

/* Columns of the terminal behind `fd`; `otherwise` when there is none. */
size_t az_terminal_columns(int fd, size_t otherwise);

/* Colours: on a terminal that has them, unless NO_COLOR is set. */
bool az_terminal_color(int fd);

/* All of `b` to stdout. 0, or an exit code (a full disk, a closed pipe, no
 * memory); the error is told. */
int az_print(const struct az_buf *b);
