#include "core/io_source.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "core/mem.h"

enum { CHUNK = 128 << 10, MAGIC = 4 };
enum form { UNKNOWN, PLAIN, GZIP, ZSTD };

struct az_source {
    int fd;
    bool own_fd, waiting, eof;
    char *name;
    enum form form;
    int64_t read;   /* bytes of the file so far */
    size_t from, n; /* in[from … n) is not consumed yet */
    z_stream gz;
    bool gz_ready, in_frame; /* a gzip member or zstd frame is under way */
    ZSTD_DStream *zs;
    bool zs_full; /* the last output was full: there may be more inside */
    unsigned char in[CHUNK], out[CHUNK];
};

int az_source_open_fd(int fd, const char *name, struct az_source **ret, struct az_error *err)
{
    AZ_AUTO(source) s = az_alloc(sizeof(*s));
    if (!s)
        return az_oom(err);
    memset(s, 0, offsetof(struct az_source, in));
    s->fd = fd;
    s->waiting = true;
    s->name = az_strdup(name);
    if (!s->name)
        return az_oom(err);
    *ret = AZ_TAKE(s);
    return 0;
}

static int fail_open(const char *path, int error, struct az_error *err)
{
    if (error == ENOENT)
        return az_fail(err, AZ_ENOENT, "no such file '%s'", path);
    return az_fail(err, AZ_EIO, "cannot read '%s': %s", path, strerror(error));
}

int az_source_open(const char *path, struct az_source **ret, struct az_error *err)
{
    if (strcmp(path, "-") == 0)
        return az_source_open_fd(STDIN_FILENO, "stdin", ret, err);

    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return fail_open(path, errno, err);
    struct stat st;
    int r = 0;
    if (fstat(fd, &st) < 0)
        r = fail_open(path, errno, err);
    else if (S_ISDIR(st.st_mode))
        r = az_fail(err, AZ_EINVAL, "'%s' is a directory", path);
    else
        r = az_source_open_fd(fd, path, ret, err);
    if (r < 0)
        close(fd);
    else
        (*ret)->own_fd = true;
    return r;
}

void az_source_free(struct az_source *s)
{
    if (!s)
        return;
    if (s->own_fd)
        close(s->fd);
    if (s->gz_ready)
        inflateEnd(&s->gz);
    ZSTD_freeDStream(s->zs);
    free(s->name);
    free(s);
}

void az_source_set_waiting(struct az_source *s, bool waiting)
{
    s->waiting = waiting;
}

int az_source_fd(const struct az_source *s)
{
    return s->fd;
}

const char *az_source_name(const struct az_source *s)
{
    return s->name;
}

/* Is there something to read, or the end? Waits for it, or says AZ_EAGAIN. */
static int await(struct az_source *s)
{
    struct pollfd p = {.fd = s->fd, .events = POLLIN};
    int n;
    do {
        n = poll(&p, 1, s->waiting ? -1 : 0);
    } while (n < 0 && errno == EINTR);
    return n == 0 ? AZ_EAGAIN : 0;
}

/* More bytes behind those in `in`; at the end sets s->eof. */
static int fill(struct az_source *s, struct az_error *err)
{
    if (s->from) {
        memmove(s->in, s->in + s->from, s->n - s->from);
        s->n -= s->from;
        s->from = 0;
    }
    while (s->n < CHUNK) {
        if (!s->waiting && await(s) == AZ_EAGAIN)
            return AZ_EAGAIN;
        ssize_t n = read(s->fd, s->in + s->n, CHUNK - s->n);
        if (n >= 0) {
            s->n += (size_t)n;
            s->read += n;
            s->eof = n == 0;
            return 0;
        }
        if (errno == EAGAIN || errno == EWOULDBLOCK) { /* somebody made it so */
            if (await(s) == AZ_EAGAIN)
                return AZ_EAGAIN;
        } else if (errno == EISDIR) {
            return az_fail(err, AZ_EINVAL, "'%s' is a directory", s->name);
        } else if (errno != EINTR) {
            return az_fail(err, AZ_EIO, "cannot read '%s': %s", s->name, strerror(errno));
        }
    }
    return 0;
}

static bool is_gzip(const unsigned char *p, size_t n)
{
    return n >= 2 && p[0] == 0x1f && p[1] == 0x8b;
}

/* A frame, or one of those to be skipped (RFC 8878, 3.1). */
static bool is_zstd(const unsigned char *p, size_t n)
{
    static const unsigned char frame[] = {0x28, 0xb5, 0x2f, 0xfd}, skip[] = {0x2a, 0x4d, 0x18};
    return n >= MAGIC && (memcmp(p, frame, sizeof(frame)) == 0 ||
                          ((p[0] & 0xf0) == 0x50 && memcmp(p + 1, skip, sizeof(skip)) == 0));
}

static int detect(struct az_source *s, struct az_error *err)
{
    while (s->n < MAGIC && !s->eof) {
        int r = fill(s, err);
        if (r < 0)
            return r;
    }
    s->form = is_gzip(s->in, s->n) ? GZIP : is_zstd(s->in, s->n) ? ZSTD : PLAIN;
    if (s->form == GZIP) {
        if (inflateInit2(&s->gz, 15 + 16) != Z_OK) /* + 16: gzip header and check sum */
            return az_oom(err);
        s->gz_ready = s->in_frame = true;
    } else if (s->form == ZSTD) {
        s->zs = ZSTD_createDStream();
        if (!s->zs)
            return az_oom(err);
    }
    return 0;
}

static int broken(const struct az_source *s, const char *what, struct az_error *err)
{
    const char *form = s->form == GZIP ? "gzip" : "zstd";
    return az_fail(err, AZ_EIO, "'%s': %s data %s at byte %lld", s->name, form, what,
                   (long long)(s->read - (int64_t)(s->n - s->from)));
}

static int plain_next(struct az_source *s, struct az_str *bytes)
{
    *bytes = (struct az_str){(char *)s->in + s->from, s->n - s->from};
    s->from = s->n;
    return bytes->n > 0;
}

/* After a member another may follow; what pads a tape with zeros is ignored. */
static int gzip_between(struct az_source *s, struct az_error *err)
{
    while (s->from < s->n && s->in[s->from] == 0)
        s->from++;
    if (s->n - s->from < 2 && !s->eof)
        return 0; /* not enough to tell */
    if (s->from == s->n)
        return 0;
    if (!is_gzip(s->in + s->from, s->n - s->from))
        return broken(s, "is followed by something else", err);
    inflateReset(&s->gz);
    s->in_frame = true;
    return 0;
}

/* 1 and bytes, 0 when more input is needed. */
static int gzip_step(struct az_source *s, struct az_str *bytes, struct az_error *err)
{
    if (!s->in_frame)
        return gzip_between(s, err);
    s->gz.next_in = s->in + s->from;
    s->gz.avail_in = (uInt)(s->n - s->from);
    s->gz.next_out = s->out;
    s->gz.avail_out = CHUNK;
    int r = inflate(&s->gz, Z_NO_FLUSH);
    s->from = s->n - s->gz.avail_in;
    if (r == Z_MEM_ERROR)
        return az_oom(err);
    if (r != Z_OK && r != Z_STREAM_END && r != Z_BUF_ERROR)
        return broken(s, "is broken", err);
    s->in_frame = r != Z_STREAM_END;
    *bytes = (struct az_str){(char *)s->out, CHUNK - s->gz.avail_out};
    return bytes->n > 0;
}

static int zstd_step(struct az_source *s, struct az_str *bytes, struct az_error *err)
{
    if (s->from == s->n && !s->zs_full)
        return 0;
    ZSTD_inBuffer in = {s->in, s->n, s->from};
    ZSTD_outBuffer out = {s->out, CHUNK, 0};
    size_t left = ZSTD_decompressStream(s->zs, &out, &in);
    s->from = in.pos;
    if (ZSTD_isError(left))
        return broken(s, ZSTD_getErrorName(left), err);
    s->in_frame = left != 0;
    s->zs_full = out.pos == CHUNK;
    *bytes = (struct az_str){(char *)s->out, out.pos};
    return out.pos > 0;
}

static int packed_next(struct az_source *s, struct az_str *bytes, struct az_error *err)
{
    for (;;) {
        size_t from = s->from;
        bool was_in_frame = s->in_frame;
        int r = s->form == GZIP ? gzip_step(s, bytes, err) : zstd_step(s, bytes, err);
        if (r != 0)
            return r;
        if (s->from != from || s->in_frame != was_in_frame)
            continue; /* it moved without output, as at the end of a frame */
        if (s->eof)
            return s->in_frame || s->from < s->n ? broken(s, "is cut off", err) : 0;
        r = fill(s, err);
        if (r < 0)
            return r;
    }
}

int az_source_next(struct az_source *s, struct az_str *bytes, struct az_error *err)
{
    int r = s->form == UNKNOWN ? detect(s, err) : 0;
    if (r == 0 && s->form == PLAIN && s->from == s->n && !s->eof)
        r = fill(s, err);
    if (r < 0)
        return r;
    return s->form == PLAIN ? plain_next(s, bytes) : packed_next(s, bytes, err);
}
