/* core/error.h: one way to fail. Pure, thread-safe (no state).
 *
 * A call that can fail returns 0 or a negative AZ_E* and fills *err; positive
 * results are documented outcomes. `err` may be NULL where nobody will read. */
#pragma once
#include "core/base.h"

/* name, what it means to the caller */
#define AZ_ERROR_CODES(X)                                          \
    X(ENOMEM, 1, "out of memory")                                  \
    X(EINVAL, 2, "input or configuration that is wrong")           \
    X(ELIMIT, 3, "larger than a stated limit")                     \
    X(EEXIST, 4, "already there")                                  \
    X(ENOENT, 5, "not there")                                      \
    X(EAGAIN, 6, "nothing now; ask again after an event")          \
    X(EIO, 7, "reading failed")                                    \
    X(EOUTPUT, 8, "writing failed: full disk, closed pipe")        \
    X(EPROTO, 9, "a peer broke the protocol")                      \
    X(ECHANGED, 10, "what was asked is not what was asked before") \
    X(EUSAGE, 11, "the command line is wrong")                     \
    X(EBUSY, 12, "somebody else holds it")                         \
    X(EGONE, 13, "a peer is not there, or not any more")

enum {
#define X(name, number, text) AZ_##name = -(number),
    AZ_ERROR_CODES(X)
#undef X
};
enum {
#define X(name, number, text) +1
    AZ_ERROR_LAST = 0 AZ_ERROR_CODES(X) /* they are numbered from 1 on */
#undef X
};

struct az_error {
    int code;       /* negative AZ_E*; 0 = none */
    char what[384]; /* the fact: lower case, no full stop, 'names' quoted */
    char hint[256]; /* what to do, a whole sentence; may be empty */
};

/* Fill *err and return `code`. */
int az_fail(struct az_error *err, int code, const char *fmt, ...) AZ_PRINTF(3, 4);

/* Add what to do about it. */
void az_hint(struct az_error *err, const char *fmt, ...) AZ_PRINTF(2, 3);

/* Put context in front: "panel 'p.yaml': …". Returns err->code. */
int az_wrap(struct az_error *err, const char *fmt, ...) AZ_PRINTF(2, 3);

int az_oom(struct az_error *err);

/* "out of memory" for AZ_ENOMEM; never NULL. */
const char *az_error_name(int code);
