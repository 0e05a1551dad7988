/* core/io_source.h: the bytes of a file, decompressed when its first bytes say
 * gzip or zstd; beneath the readers of io_file.h. */
#pragma once
#include "core/base.h"
#include "core/error.h"
#include "core/str.h"

struct az_source;

/* As az_lines_open() and az_lines_open_fd(). */
int az_source_open(const char *path, struct az_source **ret, struct az_error *err);
int az_source_open_fd(int fd, const char *name, struct az_source **ret, struct az_error *err);
void az_source_free(struct az_source *s);
AZ_FREEP(source)

/* The next bytes, borrowed until the next call: 1; 0 at the end. AZ_EIO, or
 * AZ_EAGAIN when not waiting. */
int az_source_next(struct az_source *s, struct az_str *bytes, struct az_error *err);

void az_source_set_waiting(struct az_source *s, bool waiting);
int az_source_fd(const struct az_source *s);
const char *az_source_name(const struct az_source *s);
