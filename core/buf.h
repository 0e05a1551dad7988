/* core/buf.h: growing bytes with a ceiling given at birth. Pure.
 *
 * Putting never fails at the call: the first failure (memory, ceiling) sticks,
 * later puts do nothing, and az_buf_check() tells once at the end. */
#pragma once
#include "core/base.h"
#include "core/error.h"
#include "core/str.h"

struct az_buf {
    char *p;  /* NUL-terminated after any put */
    size_t n; /* bytes, without that NUL */
    size_t cap, max;
    int failed; /* 0, AZ_ENOMEM or AZ_ELIMIT */
};

#define AZ_BUF_MAX ((size_t)64 << 20) /* a ceiling for what has none of its own */

/* AZ_AUTO_BUF b = az_buf(max): released on every way out. */
#define AZ_AUTO_BUF __attribute__((cleanup(az_buf_release))) struct az_buf

struct az_buf az_buf(size_t max);
void az_buf_release(struct az_buf *b);
void az_buf_clear(struct az_buf *b); /* empty, memory and ceiling kept */

void az_buf_put(struct az_buf *b, const void *bytes, size_t n);
void az_buf_str(struct az_buf *b, struct az_str s);
void az_buf_z(struct az_buf *b, const char *z);
void az_buf_char(struct az_buf *b, char c);
void az_buf_fmt(struct az_buf *b, const char *fmt, ...) AZ_PRINTF(2, 3);

/* Room for n more bytes at b->p + b->n, for a caller that writes there and
 * then adds to b->n. NULL: failed. */
char *az_buf_room(struct az_buf *b, size_t n);

/* 0, or the sticky failure with *err filled. */
int az_buf_check(const struct az_buf *b, struct az_error *err);

/* Borrowed until the next put. */
struct az_str az_buf_view(const struct az_buf *b);

/* The bytes, owned by the caller; the buffer is empty after. NULL: failed. */
char *az_buf_take(struct az_buf *b);
