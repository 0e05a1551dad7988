/* client/cli/io_content.h: what a file holds, as a hash: its bytes after gzip or
 * zstd, whatever they were packed with. Edge. */
#pragma once
#include "core/error.h"
#include "core/hash.h"

/* 1: *ret is of a regular file. 0: a pipe, which can be read once only; nothing was
 * read. AZ_ENOENT, AZ_EIO. */
int az_content_hash(const char *path, struct az_hash *ret, struct az_error *err);
