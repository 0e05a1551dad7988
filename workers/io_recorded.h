/* workers/io_recorded.h: recorded ballots from a file, plain or compressed.
 * Edge. */
#pragma once
#include "core/error.h"
#include "workers/recorded.h"

/* AZ_ENOENT, AZ_EINVAL ("'b.tsv': line 3: …"), AZ_EIO. */
int az_recorded_load(const char *path, struct az_recorded **ret, struct az_error *err);
