/* core/io_file.h: files in and out: a line reader over plain, gzip and zstd
 * input, a whole file with a limit, and a writer that appears all at once.
 *
 * Paths may be "-": stdin or stdout, which are never closed here. Errors name
 * the file. A program that writes ignores SIGPIPE, so that a closed pipe is
 * AZ_EOUTPUT. An object is used by one thread at a time. */
#pragma once
#include "core/base.h"
#include "core/buf.h"
#include "core/error.h"
#include "core/item.h"
#include "core/str.h"

/* ---- lines in ---- */

struct az_lines;

struct az_line {
    int64_t number;     /* from 1; blank lines count */
    struct az_str text; /* without its newline (and without a byte order mark) */
    struct az_str raw;  /* the very bytes, with the newline if there is one */
    int64_t bytes;      /* of raw; for AZ_LINE_LONG how many it was */
};

enum {
    AZ_LINE_END = 0,  /* no more lines */
    AZ_LINE_HERE = 1, /* one line; its slices hold until the next call */
    AZ_LINE_LONG = 2, /* longer than AZ_LINE_MAX: skipped; text and raw are empty */
};

/* AZ_ENOENT: no such file. AZ_EINVAL: a directory. AZ_EIO: may not be read.
 * Compression is told by the first bytes, whatever the name says. */
int az_lines_open(const char *path, struct az_lines **ret, struct az_error *err);
/* The same over an open descriptor, which stays the caller's. */
int az_lines_open_fd(int fd, const char *name, struct az_lines **ret, struct az_error *err);
void az_lines_free(struct az_lines *l);
AZ_FREEP(lines)

/* One of the outcomes above; AZ_EIO when reading fails or compressed data is
 * broken or cut off (the message says at which byte); AZ_EAGAIN (no message)
 * after az_lines_set_waiting(l, false) when it would have to wait. */
int az_lines_next(struct az_lines *l, struct az_line *line, struct az_error *err);

/* false: az_lines_next() answers AZ_EAGAIN instead of waiting for a pipe; then
 * poll az_lines_fd() for reading. The descriptor's own flags are not touched.
 * (A regular file is always ready, but epoll refuses it: just call again.) */
void az_lines_set_waiting(struct az_lines *l, bool waiting);
int az_lines_fd(const struct az_lines *l);

/* The file's name for messages: its path, or "stdin". */
const char *az_lines_name(const struct az_lines *l);

/* After the end: 0, or AZ_ENOENT "'x' is empty" when there was not one byte. */
int az_lines_check_any(const struct az_lines *l, struct az_error *err);

/* ---- a whole file in ---- */

/* Plain or compressed. *ret is NUL-terminated and the caller's (free()); *n may
 * be NULL. AZ_ELIMIT: more than `limit` bytes. Errors as above. */
int az_file_read(const char *path, size_t limit, char **ret, size_t *n, struct az_error *err);

/* ---- out ---- */

struct az_out;

enum az_out_mode {
    AZ_OUT_ATOMIC, /* a temporary file beside `path`, renamed by az_out_commit() */
    AZ_OUT_NEW,    /* the same, and AZ_EEXIST where something has that name already */
    AZ_OUT_STREAM, /* `path` itself, from the start, as it comes */
};

/* A `path` that is a pipe or device, and stdout, are streamed in any mode; a
 * link is followed. AZ_EOUTPUT: cannot be made. */
int az_out_open(const char *path, enum az_out_mode mode, struct az_out **ret, struct az_error *err);
/* Without az_out_commit() before it, an atomic file never appears. */
void az_out_free(struct az_out *o);
AZ_FREEP(out)

/* Buffered; AZ_EOUTPUT: full disk, closed pipe. After a failure all calls fail
 * with the same code. */
int az_out_write(struct az_out *o, struct az_str bytes, struct az_error *err);
int az_out_flush(struct az_out *o, struct az_error *err);
/* Flush, make it durable, and let it appear under its name. */
int az_out_commit(struct az_out *o, struct az_error *err);

/* Could `path` be written now? AZ_EOUTPUT: no. Leaves a file as it is; a pipe
 * is not opened. */
int az_out_check(const char *path, struct az_error *err);

/* The whole of a file at once, as `mode` says; az_file_write() is AZ_OUT_ATOMIC. */
int az_file_put(const char *path, enum az_out_mode mode, struct az_str bytes, struct az_error *err);
int az_file_write(const char *path, struct az_str bytes, struct az_error *err);
