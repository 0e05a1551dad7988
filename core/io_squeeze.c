#include "core/io_squeeze.h"

#include <zstd.h>

void az_squeeze_init(struct az_squeeze *z, size_t max)
{
    *z = (struct az_squeeze){.out = az_buf(max)};
}

void az_squeeze_release(struct az_squeeze *z)
{
    ZSTD_freeCCtx(z->pack);
    ZSTD_freeDCtx(z->unpack);
    az_buf_release(&z->out);
    z->pack = z->unpack = NULL;
}

struct az_str az_squeeze(struct az_squeeze *z, struct az_str body, size_t from)
{
    az_assert(body.n && body.p[0] == AZ_BODY_PLAIN);
    if (body.n < from || body.n < 2)
        return body;
    if (!z->pack && !(z->pack = ZSTD_createCCtx()))
        return body;

    az_buf_clear(&z->out);
    char *to = az_buf_room(&z->out, body.n);
    if (!to)
        return body;
    /* One byte less than the plain body's text: else it has not shrunk. */
    size_t n = ZSTD_compressCCtx(z->pack, to + 1, body.n - 2, body.p + 1, body.n - 1, 1);
    if (ZSTD_isError(n))
        return body;
    to[0] = AZ_BODY_ZSTD;
    return (struct az_str){to, n + 1};
}

int az_unsqueeze(struct az_squeeze *z, struct az_str body, struct az_str *ret, struct az_error *err)
{
    if (!body.n || (body.p[0] != AZ_BODY_PLAIN && body.p[0] != AZ_BODY_ZSTD))
        return az_fail(err, AZ_EPROTO, "a body of an unknown form");
    struct az_str text = {body.p + 1, body.n - 1};
    if (body.p[0] == AZ_BODY_PLAIN) {
        *ret = text;
        return 0;
    }

    if (!z->unpack && !(z->unpack = ZSTD_createDCtx()))
        return az_oom(err);
    unsigned long long size = ZSTD_getFrameContentSize(text.p, text.n);
    if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN)
        return az_fail(err, AZ_EPROTO, "a damaged body");
    if (size > z->out.max)
        return az_fail(err, AZ_ELIMIT, "a body larger than %zu bytes", z->out.max);
    az_buf_clear(&z->out);
    char *to = az_buf_room(&z->out, (size_t)size);
    if (!to)
        return az_buf_check(&z->out, err);
    size_t n = ZSTD_decompressDCtx(z->unpack, to, (size_t)size, text.p, text.n);
    if (n != size) /* zstd's error codes are larger than any size */
        return az_fail(err, AZ_EPROTO, "a damaged body");
    *ret = (struct az_str){to, n};
    return 0;
}
