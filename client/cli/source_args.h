/* client/cli/source_args.h: the command line of what works on sources: [PANEL] SOURCE… Pure. */
#pragma once
#include "client/cli/command.h"

enum { AZ_SOURCE_ARGS = 256 };

struct az_source_args {
    const char *panel; /* by its ending, .yaml or .yml; NULL: none */
    const char *const *paths;
    size_t n; /* at least one */
    const char *v[AZ_SOURCE_ARGS];
};

/* The options of `table` go to `options`. AZ_EUSAGE; `wants` ("label wants a SOURCE") and `hint`
 * are said where there is no SOURCE. *ret is not to be moved; all is borrowed from argv. */
int az_source_args(const struct az_opt *table, int argc, char **argv, void *options,
                   const char *wants, const char *hint, struct az_source_args *ret,
                   struct az_error *err);
