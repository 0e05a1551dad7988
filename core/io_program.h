/* core/io_program.h: what every service does before it is one. Edge. */
#pragma once
#include "core/base.h"
#include "core/error.h"
#include "core/program.h"

enum { AZ_PROGRAM_GOES_ON = -1 };

/* Read the command line, answer --help and --version, start libsodium, ignore
 * SIGPIPE, take all descriptors that the hard limit lets. AZ_PROGRAM_GOES_ON, or the exit code. */
int az_program_begin(const struct az_program *p, int argc, char **argv,
                     struct az_program_options *o);

/* For a child before it becomes another program, which may call select(): as many
 * descriptors as there were before. System calls only. */
void az_program_lower(void);

/* The exit code that an error means. A service has no input: a file that can't be
 * read is one that its configuration names. */
int az_program_exit(const struct az_error *err);

/* "NAME: what" and the hint on stderr, for whoever typed the command. Returns the
 * exit code that it means. */
int az_program_fail(const struct az_program *p, const struct az_error *err);

/* The configuration's text (the caller frees it), for what az_settings_read()
 * wants. A file that is not there is a configuration that is wrong. */
int az_program_config(const struct az_program *p, const struct az_program_options *o, char **text,
                      const char **path, struct az_error *err);
const char *az_program_env(void *arg, const char *name);
