#include "client/cli/io_spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/io_source.h"

/* Plain, seekable and the file's own bytes. */
static bool is_plain(int fd)
{
    static const unsigned char gzip[] = {0x1f, 0x8b}, zstd[] = {0x28, 0xb5, 0x2f, 0xfd};
    unsigned char head[4] = {0};
    struct stat st;
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || pread(fd, head, sizeof(head), 0) < 0)
        return false;
    return memcmp(head, gzip, sizeof(gzip)) != 0 && memcmp(head, zstd, sizeof(zstd)) != 0;
}

static int open_unnamed(struct az_error *err)
{
    const char *folder = getenv("TMPDIR");
    AZ_AUTO_BUF path = az_buf(1 << 16);
    az_buf_fmt(&path, "%s/assize-XXXXXX", folder && *folder ? folder : "/tmp");
    int r = az_buf_check(&path, err);
    if (r < 0)
        return r;
    int fd = mkostemp(path.p, O_CLOEXEC);
    if (fd < 0) {
        az_fail(err, AZ_EOUTPUT, "no temporary file '%s': %s", path.p, strerror(errno));
        az_hint(err, "Set TMPDIR to a folder with room.");
        return AZ_EOUTPUT;
    }
    unlink(path.p);
    return fd;
}

static int write_all(int fd, struct az_str bytes, struct az_error *err)
{
    while (bytes.n) {
        ssize_t n = write(fd, bytes.p, bytes.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            az_fail(err, AZ_EOUTPUT, "no room for a copy of the input: %s", strerror(errno));
            az_hint(err, "Set TMPDIR to a folder with room.");
            return AZ_EOUTPUT;
        }
        bytes.p += n;
        bytes.n -= (size_t)n;
    }
    return 0;
}

static int copy_from(struct az_source *source, int to, struct az_error *err)
{
    struct az_str bytes;
    int r;
    while ((r = az_source_next(source, &bytes, err)) > 0) {
        r = write_all(to, bytes, err);
        if (r < 0)
            return r;
    }
    if (r == 0 && lseek(to, 0, SEEK_SET) < 0)
        return az_fail(err, AZ_EIO, "the copy can't be read: %s", strerror(errno));
    return r;
}

/* A descriptor that may be a pipe: it is opened once only. */
static int open_any(const char *path, int *ret, struct az_error *err)
{
    struct stat st;
    if (strcmp(path, "-") == 0) {
        *ret = dup(STDIN_FILENO);
        return *ret < 0 ? az_fail(err, AZ_EIO, "stdin: %s", strerror(errno)) : 0;
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        return az_fail(err, AZ_ENOENT, "no such file '%s'", path);
    if (fd < 0)
        return az_fail(err, AZ_EIO, "cannot read '%s': %s", path, strerror(errno));
    if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
        close(fd);
        return az_fail(err, AZ_ENOENT, "'%s' is a directory", path);
    }
    *ret = fd;
    return 0;
}

int az_spool_open(const char *path, int *ret, struct az_error *err)
{
    int fd = -1, r = open_any(path, &fd, err);
    if (r < 0)
        return r;
    if (is_plain(fd)) {
        *ret = fd;
        return 0;
    }
    AZ_AUTO(source) source = NULL;
    r = az_source_open_fd(fd, strcmp(path, "-") ? path : "stdin", &source, err);
    int copy = r < 0 ? r : open_unnamed(err);
    if (copy >= 0)
        r = copy_from(source, copy, err);
    if (copy >= 0 && r < 0)
        close(copy);
    close(fd);
    if (copy < 0 || r < 0)
        return copy < 0 ? copy : r;
    *ret = copy;
    return 0;
}

int az_spool_read(int fd, uint64_t at, size_t n, struct az_buf *b, struct az_error *err)
{
    char *room = az_buf_room(b, n);
    if (!room)
        return az_buf_check(b, err);
    for (size_t got = 0; got < n;) {
        ssize_t k = pread(fd, room + got, n - got, (off_t)(at + got));
        if (k < 0 && errno == EINTR)
            continue;
        if (k < 0)
            return az_fail(err, AZ_EIO, "can't be read: %s", strerror(errno));
        if (k == 0)
            return az_fail(err, AZ_EIO, "became shorter while it was read");
        got += (size_t)k;
    }
    b->n += n;
    b->p[b->n] = '\0';
    return 0;
}
