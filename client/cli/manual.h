/* client/cli/manual.h: man pages, the reference page and shell completions, made
 * from the tables of commands and options, so that they cannot say anything else.
 * Pure. */
#pragma once
#include "client/cli/command.h"
#include "core/buf.h"

/* assize(1), or with a command assize-COMMAND(1), as roff. */
void az_manual_page(struct az_buf *b, const struct az_command *command);

/* docs/commands.md, whole. */
void az_manual_markdown(struct az_buf *b);

void az_manual_bash(struct az_buf *b);
void az_manual_zsh(struct az_buf *b);

/* --help of one command, and of all. */
void az_manual_help(struct az_buf *b, const struct az_command *command);
void az_manual_commands(struct az_buf *b);

/* The next command that is shown, from `c` on; NULL at the end. */
const struct az_command *const *az_manual_shown(const struct az_command *const *c);
