#include "client/cli/io_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/mem.h"

/* Whoever gave it up has removed the file: a lock on that one is none. */
static bool stands(int fd, const char *path)
{
    struct stat ours, theirs;
    return fstat(fd, &ours) == 0 && stat(path, &theirs) == 0 && ours.st_ino == theirs.st_ino &&
           ours.st_dev == theirs.st_dev;
}

static int take(const char *path, int *ret, struct az_error *err)
{
    for (;;) {
        int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
        if (fd < 0)
            return az_fail(err, AZ_EOUTPUT, "cannot open '%s': %s", path, strerror(errno));
        int r = flock(fd, LOCK_EX | LOCK_NB), e = errno;
        if (r == 0 && stands(fd, path)) {
            *ret = fd;
            return 0;
        }
        close(fd);
        if (r < 0 && e == EWOULDBLOCK)
            return AZ_EBUSY;
        if (r < 0)
            return az_fail(err, AZ_EOUTPUT, "cannot lock '%s': %s", path, strerror(e));
    }
}

int az_file_lock(const char *path, struct az_file_lock *ret, struct az_error *err)
{
    static const char ending[] = ".lock";
    size_t n = strlen(path);
    char *lock = az_alloc(n + sizeof(ending));
    if (!lock)
        return az_oom(err);
    memcpy(lock, path, n);
    memcpy(lock + n, ending, sizeof(ending));
    int fd = -1, r = take(lock, &fd, err);
    if (r < 0) {
        free(lock);
        return r;
    }
    *ret = (struct az_file_lock){fd, lock};
    return 0;
}

void az_file_unlock(struct az_file_lock *l)
{
    if (!l->path)
        return;
    unlink(l->path);
    close(l->fd);
    free(l->path);
    *l = (struct az_file_lock){0};
}
