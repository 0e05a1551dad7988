#include "core/io_unzip.h"

#include <zlib.h>
#include <zstd.h>

#include "core/mem.h"

enum {
    LOCAL = 0x04034b50, /* signatures, as little-endian numbers */
    DIRECTORY = 0x02014b50,
    DIRECTORY_END = 0x06054b50,
    DESCRIPTOR = 0x08074b50,
    HEADER = 30, /* bytes of a local header before name and extra field */
    NAME_MAX_BYTES = 65535,
    STORED = 0,
    DEFLATED = 8,
    ZSTD_METHOD = 93,
    ENCRYPTED = 1, /* flags */
    SIZES_LATER = 8,
    ZIP64_EXTRA = 1,
    OUT = 64 << 10,
};

struct az_unzip {
    struct az_source *source;
    struct az_str in; /* read from the source, not consumed */
    int64_t at;       /* bytes consumed */
    unsigned char header[HEADER];
    struct az_buf name, extra;
    /* the entry */
    bool open, ended;
    unsigned method, flags;
    uint32_t crc, crc_want;
    uint64_t packed_left, unpacked, unpacked_want;
    bool wide; /* its sizes have eight bytes */
    z_stream gz;
    bool gz_ready;
    ZSTD_DStream *zs;
    unsigned char out[OUT];
};

bool az_unzip_is(struct az_str first)
{
    return first.n >= 4 && !memcmp(first.p, "PK\3\4", 4);
}

struct az_unzip *az_unzip_new(struct az_source *source, struct az_str first)
{
    struct az_unzip *u = az_alloc(sizeof(*u));
    if (!u)
        return NULL;
    memset(u, 0, offsetof(struct az_unzip, out));
    u->source = source;
    u->in = first;
    u->name = az_buf(NAME_MAX_BYTES + 1);
    u->extra = az_buf(NAME_MAX_BYTES + 1);
    return u;
}

void az_unzip_free(struct az_unzip *u)
{
    if (!u)
        return;
    az_buf_release(&u->name);
    az_buf_release(&u->extra);
    if (u->gz_ready)
        inflateEnd(&u->gz);
    ZSTD_freeDStream(u->zs);
    free(u);
}

/* ---- bytes in ---- */

static int broken(const struct az_unzip *u, const char *what, struct az_error *err)
{
    return az_fail(err, AZ_EIO, "'%s': zip data %s at byte %lld", az_source_name(u->source), what,
                   (long long)u->at);
}

static void consume(struct az_unzip *u, size_t n)
{
    u->in = (struct az_str){u->in.p + n, u->in.n - n};
    u->at += (int64_t)n;
}

/* Something in u->in: 1; 0 at the end of the source. */
static int more(struct az_unzip *u, struct az_error *err)
{
    return u->in.n ? 1 : az_source_next(u->source, &u->in, err);
}

/* Exactly n bytes; AZ_EIO when they are not there. */
static int take(struct az_unzip *u, void *to, size_t n, struct az_error *err)
{
    for (char *p = to; n;) {
        int r = more(u, err);
        if (r <= 0)
            return r < 0 ? r : broken(u, "is cut off", err);
        size_t some = AZ_MIN(n, u->in.n);
        memcpy(p, u->in.p, some);
        consume(u, some);
        p += some;
        n -= some;
    }
    return 0;
}

static int take_buf(struct az_unzip *u, struct az_buf *to, size_t n, struct az_error *err)
{
    az_buf_clear(to);
    char *p = az_buf_room(to, n);
    if (!p)
        return az_oom(err);
    int r = take(u, p, n, err);
    to->n = r == 0 ? n : 0;
    p[to->n] = '\0';
    return r;
}

static unsigned get16(const unsigned char *p)
{
    return p[0] | (unsigned)p[1] << 8;
}

static uint32_t get32(const unsigned char *p)
{
    return get16(p) | (uint32_t)get16(p + 2) << 16;
}

static uint64_t get64(const unsigned char *p)
{
    return get32(p) | (uint64_t)get32(p + 4) << 32;
}

/* ---- an entry's header ---- */

/* Sizes that do not fit in four bytes stand in an extra field. */
static void read_zip64(struct az_unzip *u)
{
    const unsigned char *p = (const unsigned char *)u->extra.p;
    for (size_t left = u->extra.n; left >= 4;) {
        size_t n = get16(p + 2);
        if (n > left - 4)
            return;
        if (get16(p) == ZIP64_EXTRA && n >= 16) {
            u->unpacked_want = get64(p + 4);
            u->packed_left = get64(p + 12);
            u->wide = true;
        }
        p += 4 + n;
        left -= 4 + n;
    }
}

static int start_method(struct az_unzip *u, struct az_error *err)
{
    if (u->flags & ENCRYPTED)
        return broken(u, "is encrypted", err);
    if (u->method == STORED)
        return u->flags & SIZES_LATER ? broken(u, "is stored without its size", err) : 0;
    if (u->method == DEFLATED && !u->gz_ready) {
        if (inflateInit2(&u->gz, -15) != Z_OK) /* no header of its own */
            return az_oom(err);
        u->gz_ready = true;
    } else if (u->method == DEFLATED) {
        inflateReset(&u->gz);
    } else if (u->method == ZSTD_METHOD) {
        u->zs = u->zs ? u->zs : ZSTD_createDStream();
        if (!u->zs || ZSTD_isError(ZSTD_initDStream(u->zs)))
            return az_oom(err);
    } else {
        return broken(u, "is packed in a way that is not known", err);
    }
    return 0;
}

static int read_header(struct az_unzip *u, struct az_error *err)
{
    const unsigned char *h = u->header;
    int r = take(u, u->header + 4, HEADER - 4, err);
    if (r < 0)
        return r;
    u->flags = get16(h + 6);
    u->method = get16(h + 8);
    u->crc_want = get32(h + 14);
    u->packed_left = get32(h + 18);
    u->unpacked_want = get32(h + 22);
    u->wide = false;
    r = take_buf(u, &u->name, get16(h + 26), err);
    if (r == 0)
        r = take_buf(u, &u->extra, get16(h + 28), err);
    if (r < 0)
        return r;
    read_zip64(u);
    u->crc = (uint32_t)crc32(0, NULL, 0);
    u->unpacked = 0;
    u->open = true;
    u->ended = false;
    return start_method(u, err);
}

/* ---- an entry's contents ---- */

/* Behind an entry whose sizes were not known before; its mark may be left out. */
static int read_descriptor(struct az_unzip *u, struct az_error *err)
{
    unsigned char d[24];
    size_t sizes = u->wide ? 16 : 8;
    int r = take(u, d, 4, err);
    bool marked = r == 0 && get32(d) == DESCRIPTOR;
    if (marked)
        r = take(u, d, 4, err);
    u->crc_want = get32(d);
    if (r == 0)
        r = take(u, d, sizes, err);
    u->unpacked_want = u->wide ? get64(d + 8) : get32(d + 4);
    return r;
}

static int end_entry(struct az_unzip *u, struct az_error *err)
{
    u->ended = true;
    u->open = false;
    if (u->flags & SIZES_LATER) {
        int r = read_descriptor(u, err);
        if (r < 0)
            return r;
    } else if (u->packed_left) {
        return broken(u, "does not end where it says", err);
    }
    if (u->crc != u->crc_want || u->unpacked != u->unpacked_want)
        return broken(u, "is broken: it is not what its check sum says", err);
    return 0;
}

/* One step: consumes input, gives *n bytes in u->out or in place. Sets *last at
 * the end of the packed data. */
static int inflate_step(struct az_unzip *u, struct az_str in, size_t *used, size_t *n, bool *last)
{
    u->gz.next_in = (unsigned char *)in.p;
    u->gz.avail_in = (uInt)in.n;
    u->gz.next_out = u->out;
    u->gz.avail_out = OUT;
    int r = inflate(&u->gz, Z_NO_FLUSH);
    *used = in.n - u->gz.avail_in;
    *n = OUT - u->gz.avail_out;
    *last = r == Z_STREAM_END;
    return r == Z_OK || r == Z_STREAM_END || r == Z_BUF_ERROR ? 0 : AZ_EIO;
}

static int zstd_step(struct az_unzip *u, struct az_str in, size_t *used, size_t *n, bool *last)
{
    ZSTD_inBuffer from = {in.p, in.n, 0};
    ZSTD_outBuffer to = {u->out, OUT, 0};
    size_t left = ZSTD_decompressStream(u->zs, &to, &from);
    *used = from.pos;
    *n = to.pos;
    *last = left == 0;
    return ZSTD_isError(left) ? AZ_EIO : 0;
}

static int unpack(struct az_unzip *u, struct az_str *bytes, bool *last, struct az_error *err)
{
    bool known = !(u->flags & SIZES_LATER);
    struct az_str in = u->in;
    size_t used, n;
    if (known && in.n > u->packed_left)
        in.n = (size_t)u->packed_left;
    if (u->method == STORED) {
        *bytes = in;
        used = in.n;
        *last = used == u->packed_left;
    } else {
        int r = u->method == DEFLATED ? inflate_step(u, in, &used, &n, last)
                                      : zstd_step(u, in, &used, &n, last);
        *bytes = (struct az_str){(char *)u->out, n};
        if (r < 0 || (!used && !n && !*last))
            return broken(u, "is broken", err);
    }
    u->packed_left -= known ? used : 0;
    consume(u, used);
    u->crc = (uint32_t)crc32(u->crc, (const unsigned char *)bytes->p, (uInt)bytes->n);
    u->unpacked += bytes->n;
    return 0;
}

int az_unzip_read(struct az_unzip *u, struct az_str *bytes, struct az_error *err)
{
    while (u->open) {
        bool last = u->method == STORED && !u->packed_left;
        *bytes = (struct az_str){"", 0};
        int r = last ? 1 : more(u, err);
        if (r <= 0)
            return r < 0 ? r : broken(u, "is cut off", err);
        r = last ? 0 : unpack(u, bytes, &last, err);
        if (r == 0 && last)
            r = end_entry(u, err);
        if (r < 0 || bytes->n)
            return r < 0 ? r : 1;
    }
    return 0;
}

int az_unzip_next(struct az_unzip *u, struct az_str *name, struct az_error *err)
{
    struct az_str rest;
    int r = 1;
    while (r > 0)
        r = az_unzip_read(u, &rest, err);
    if (r == 0)
        r = take(u, u->header, 4, err);
    if (r < 0)
        return r;
    uint32_t mark = get32(u->header);
    if (mark == DIRECTORY || mark == DIRECTORY_END)
        return 0;
    if (mark != LOCAL)
        return broken(u, "is broken", err);
    r = read_header(u, err);
    if (r < 0)
        return r;
    *name = az_buf_view(&u->name);
    return 1;
}
