/* client/cli/io_import.h: a file of judgements from elsewhere into a file of ballots.
 * Edge. */
#pragma once
#include "client/cli/import/import.h"

struct az_import_config {
    const struct az_form *form;
    const struct az_import_options *options;
    const char *file;      /* "-" = stdin */
    const char *items;     /* to join with; or NULL */
    const char *out;       /* "-" = stdout */
    const char *items_out; /* or NULL */
    bool strict;           /* a bad record stops it, and nothing is written */
    bool quiet;
};

/* Returns an exit code and reports its own errors: 0; 65 with bad records (what
 * could be read is written), or when nothing could be read; 66, 74. */
int az_import_run(const struct az_import_config *config);
