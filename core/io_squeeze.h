/* core/io_squeeze.h: bodies in databases, compressed where that makes them
 * smaller (zstd, level 1). One thread at a time.
 *
 * A body starts with a byte that says how the rest is to be read. Whoever
 * makes one writes AZ_BODY_PLAIN in front, so that a body that does not shrink
 * needs no copy. */
#pragma once
#include "core/base.h"
#include "core/buf.h"
#include "core/error.h"

enum { AZ_BODY_PLAIN = 0, AZ_BODY_ZSTD = 1 };

struct az_squeeze {
    void *pack, *unpack; /* zstd's contexts, made when first needed */
    struct az_buf out;
};

void az_squeeze_init(struct az_squeeze *z, size_t max); /* bytes of a body, at the most */
void az_squeeze_release(struct az_squeeze *z);

/* `body` is plain. *ret is `body` itself, or a smaller one that is borrowed
 * until the next call; bodies under `from` bytes are not tried. Never fails:
 * without memory the body stays plain. */
struct az_str az_squeeze(struct az_squeeze *z, struct az_str body, size_t from);
/* What follows the first byte of the plain body. Borrowed from `body` or until
 * the next call. AZ_EPROTO: not a body; AZ_ELIMIT: larger than `max`. */
int az_unsqueeze(struct az_squeeze *z, struct az_str body, struct az_str *ret,
                 struct az_error *err);
