/* client/cli/io_spool.h: a file that can be read again and at any place, whatever
 * it is: what is compressed or comes through a pipe is first copied to a file
 * without a name in TMPDIR (else /tmp). Edge. */
#pragma once
#include "core/base.h"
#include "core/buf.h"
#include "core/error.h"

/* `path` may be "-". *ret is the caller's to close; it stands at the beginning.
 * AZ_ENOENT: no such file, or a directory; AZ_EIO: can't be read, or what is compressed is
 * cut off; AZ_EOUTPUT: the copy can't be made. */
int az_spool_open(const char *path, int *ret, struct az_error *err);

/* Append the `n` bytes from `at` on. AZ_EIO: they are not there (any more). */
int az_spool_read(int fd, uint64_t at, size_t n, struct az_buf *b, struct az_error *err);
