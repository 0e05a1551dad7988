/* core/io_disk.h: what a directory lies on. Edge; any thread. */
#pragma once
#include "core/base.h"

/* Is it on a file system that several machines share (NFS, Lustre, GPFS …)?
 * There a SQLite database must not be in WAL mode, which needs memory shared
 * between all who use it. False when that can't be found out. */
bool az_disk_is_network(const char *dir);

/* Make `dir` and what is missing above it, with `mode`. 0, or -1 and errno. */
int az_disk_make_dirs(const char *dir, unsigned mode);
