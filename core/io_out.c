/* The writer of io_file.h. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/io_file.h"
#include "core/mem.h"

enum { CHUNK = 64 << 10, TRIES = 100 };

struct az_out {
    int fd;
    bool own_fd;
    bool only_new; /* replaces nothing */
    char *path;    /* where it will stand, links followed; for stdout its name */
    char *temp;    /* until it stands there; NULL = written in place */
    int failed;    /* sticky */
    size_t n;
    char bytes[CHUNK];
};

static int fail(struct az_out *o, const char *doing, struct az_error *err)
{
    int error = errno;
    o->failed = AZ_EOUTPUT;
    az_fail(err, AZ_EOUTPUT, "cannot %s '%s': %s", doing, o->path, strerror(error));
    if (error == EPIPE)
        az_fail(err, AZ_EOUTPUT, "cannot write '%s': its reader has gone", o->path);
    else if (error == ENOSPC || error == EDQUOT)
        az_hint(err, "Make room and run the same command again.");
    return AZ_EOUTPUT;
}

/* Beside the target, so that a rename is enough. The name is new by O_EXCL; the
 * pid only makes that likely at the first try. */
static int open_temp(struct az_out *o)
{
    size_t size = strlen(o->path) + 48;
    o->temp = az_alloc(size);
    if (!o->temp) {
        errno = ENOMEM;
        return -1;
    }
    for (int i = 0; i < TRIES; i++) {
        snprintf(o->temp, size, "%s.%ld-%d.tmp", o->path, (long)getpid(), i);
        int fd = open(o->temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd >= 0)
            return fd;
        if (errno != EEXIST)
            break;
    }
    int error = errno;
    free(AZ_TAKE(o->temp));
    errno = error;
    return -1;
}

static int open_target(struct az_out *o, enum az_out_mode mode, struct az_error *err)
{
    struct stat st;
    bool there = stat(o->path, &st) == 0;
    if (there && S_ISDIR(st.st_mode)) {
        errno = EISDIR;
        return fail(o, "write", err);
    }
    o->only_new = mode == AZ_OUT_NEW;
    if (o->only_new && there)
        return az_fail(err, AZ_EEXIST, "'%s' is there already", o->path);
    if (mode != AZ_OUT_STREAM && (!there || S_ISREG(st.st_mode)))
        o->fd = open_temp(o);
    else
        o->fd = open(o->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (o->fd < 0)
        return fail(o, "write", err);
    o->own_fd = true;
    if (o->temp && there)
        (void)!fchmod(o->fd, st.st_mode & 0777); /* not ours to chmod: as a new file */
    return 0;
}

int az_out_open(const char *path, enum az_out_mode mode, struct az_out **ret, struct az_error *err)
{
    AZ_AUTO(out) o = az_alloc(sizeof(*o));
    if (!o)
        return az_oom(err);
    memset(o, 0, offsetof(struct az_out, bytes));
    o->fd = STDOUT_FILENO;
    bool is_stdout = strcmp(path, "-") == 0;
    AZ_AUTO_MEM char *real = is_stdout ? NULL : realpath(path, NULL);
    o->path = az_strdup(is_stdout ? "stdout" : real ? real : path);
    if (!o->path)
        return az_oom(err);
    int r = is_stdout ? 0 : open_target(o, mode, err);
    if (r == 0)
        *ret = AZ_TAKE(o);
    return r;
}

void az_out_free(struct az_out *o)
{
    if (!o)
        return;
    if (o->own_fd)
        close(o->fd);
    if (o->temp)
        unlink(o->temp);
    free(o->temp);
    free(o->path);
    free(o);
}

static int write_all(struct az_out *o, const char *p, size_t n, struct az_error *err)
{
    while (n) {
        ssize_t done = write(o->fd, p, n);
        if (done >= 0) {
            p += done;
            n -= (size_t)done;
        } else if (errno == EAGAIN) { /* somebody made the pipe so: wait for room */
            struct pollfd room = {.fd = o->fd, .events = POLLOUT};
            poll(&room, 1, -1);
        } else if (errno != EINTR) {
            return fail(o, "write", err);
        }
    }
    return 0;
}

static int check(const struct az_out *o, struct az_error *err)
{
    return o->failed ? az_fail(err, o->failed, "writing '%s' has failed before", o->path) : 0;
}

int az_out_flush(struct az_out *o, struct az_error *err)
{
    int r = check(o, err);
    if (r == 0)
        r = write_all(o, o->bytes, o->n, err);
    o->n = 0;
    return r;
}

int az_out_write(struct az_out *o, struct az_str bytes, struct az_error *err)
{
    int r = check(o, err);
    if (r == 0 && bytes.n > CHUNK - o->n)
        r = az_out_flush(o, err);
    if (r < 0)
        return r;
    if (bytes.n > CHUNK)
        return write_all(o, bytes.p, bytes.n, err);
    if (bytes.n)
        memcpy(o->bytes + o->n, bytes.p, bytes.n);
    o->n += bytes.n;
    return 0;
}

/* So that the rename itself survives a power cut. Some file systems refuse it. */
static void sync_folder(const char *path)
{
    AZ_AUTO_MEM char *copy = az_strdup(path);
    int fd = copy ? open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (fd < 0)
        return;
    (void)!fsync(fd);
    close(fd);
}

/* A link replaces nothing, whatever came in between; where there are no links
 * what was seen at the start has to do. */
static int appear(struct az_out *o, struct az_error *err)
{
    bool linked = o->only_new && link(o->temp, o->path) == 0;
    if (o->only_new && !linked && errno == EEXIST)
        return az_fail(err, AZ_EEXIST, "'%s' is there already", o->path);
    int r = linked ? unlink(o->temp) : rename(o->temp, o->path);
    return r < 0 ? fail(o, "write", err) : 0;
}

int az_out_commit(struct az_out *o, struct az_error *err)
{
    int r = az_out_flush(o, err);
    if (r < 0 || !o->own_fd)
        return r;
    if (fsync(o->fd) < 0 && errno != EINVAL && errno != EROFS) /* EINVAL: a pipe or device */
        return fail(o, "write", err);
    r = o->temp ? appear(o, err) : 0;
    if (r < 0)
        return r;
    if (o->temp)
        sync_folder(o->path);
    free(AZ_TAKE(o->temp));
    o->own_fd = false;
    return close(o->fd) < 0 ? fail(o, "write", err) : 0;
}

int az_out_check(const char *path, struct az_error *err)
{
    struct stat st;
    if (!strcmp(path, "-") ||
        (stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)))
        return 0;
    AZ_AUTO(out) o = NULL;
    return az_out_open(path, AZ_OUT_ATOMIC, &o, err);
}

int az_file_put(const char *path, enum az_out_mode mode, struct az_str bytes, struct az_error *err)
{
    AZ_AUTO(out) o = NULL;
    int r = az_out_open(path, mode, &o, err);
    if (r == 0)
        r = az_out_write(o, bytes, err);
    return r < 0 ? r : az_out_commit(o, err);
}

int az_file_write(const char *path, struct az_str bytes, struct az_error *err)
{
    return az_file_put(path, AZ_OUT_ATOMIC, bytes, err);
}
