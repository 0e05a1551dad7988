#include "core/io_ipc.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/mem.h"

static int check_folder(const char *path, struct az_error *err)
{
    AZ_AUTO_MEM char *folder = az_strdup(path);
    if (!folder)
        return az_oom(err);
    char *slash = strrchr(folder, '/');
    if (slash)
        slash[slash == folder] = '\0';
    const char *name = slash ? folder : ".";
    struct stat st;
    if (stat(name, &st) < 0)
        return az_fail(err, AZ_EIO, "folder '%s' of socket '%s': %s", name, path, strerror(errno));
    if (!(st.st_mode & S_IWOTH))
        return 0;
    /* Whoever can put a file there can put a socket of theirs in its place. */
    az_fail(err, AZ_EINVAL, "socket '%s' would stand in a folder that everybody can write to",
            path);
    az_hint(err, "Give it a folder of its own, of mode 0700 or 0750.");
    return AZ_EINVAL;
}

/* Does somebody answer? */
static bool listens(const char *path)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return false;
    memcpy(at.sun_path, path, strlen(path) + 1);
    bool yes = connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0 || errno == EAGAIN;
    close(fd);
    return yes;
}

int az_ipc_prepare(const char *path, struct az_error *err)
{
    struct stat st;
    if (strlen(path) >= sizeof(((struct sockaddr_un *)NULL)->sun_path))
        return az_fail(err, AZ_EINVAL, "the path of socket '%s' has more than %zu bytes", path,
                       sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1);
    int r = check_folder(path, err);
    if (r < 0)
        return r;
    if (lstat(path, &st) < 0)
        return errno == ENOENT ? 0 : az_fail(err, AZ_EIO, "socket '%s': %s", path, strerror(errno));
    if (!S_ISSOCK(st.st_mode))
        return az_fail(err, AZ_EEXIST, "'%s' is there and is no socket", path);
    if (listens(path))
        return az_fail(err, AZ_EBUSY, "somebody listens on '%s'", path);
    if (unlink(path) < 0 && errno != ENOENT)
        return az_fail(err, AZ_EIO, "socket '%s' of an earlier run: %s", path, strerror(errno));
    return 0;
}

mode_t az_ipc_narrow(void)
{
    return umask(0077);
}

int az_ipc_made(const char *path, mode_t before, mode_t mode, struct az_ipc_file *ret,
                struct az_error *err)
{
    struct stat st;
    umask(before);
    if (chmod(path, mode ? mode : AZ_IPC_MODE) < 0 || lstat(path, &st) < 0)
        return az_fail(err, AZ_EIO, "mode of socket '%s': %s", path, strerror(errno));
    *ret = (struct az_ipc_file){st.st_dev, st.st_ino};
    return 0;
}

void az_ipc_remove(const char *path, const struct az_ipc_file *file)
{
    struct stat st;
    if (file->number && lstat(path, &st) == 0 && st.st_dev == file->device &&
        st.st_ino == file->number)
        unlink(path);
}
