#include "core/io_disk.h"

#include <errno.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "core/mem.h"

bool az_disk_is_network(const char *dir)
{
    static const uint32_t magics[] = {
        0x6969,     /* NFS */
        0x0BD00BD0, /* Lustre */
        0x47504653, /* GPFS */
        0x19830326, /* BeeGFS */
        0x00C36400, /* Ceph */
        0xFF534D42, /* CIFS */
        0xFE534D42, /* SMB2 */
        0x517B,     /* SMB */
        0x5346414F, /* AFS */
        0x01021997, /* 9p */
        0x65735546, /* FUSE: sshfs and its like */
    };
    struct statfs fs;
    if (statfs(dir, &fs) < 0)
        return false;
    for (size_t i = 0; i < AZ_LEN(magics); i++) {
        if ((uint32_t)fs.f_type == magics[i])
            return true;
    }
    return false;
}

static int make_dir(const char *dir, unsigned mode)
{
    struct stat st;
    if (mkdir(dir, mode) == 0)
        return 0;
    if (errno != EEXIST)
        return -1;
    if (stat(dir, &st) == 0 && S_ISDIR(st.st_mode))
        return 0;
    errno = ENOTDIR;
    return -1;
}

int az_disk_make_dirs(const char *dir, unsigned mode)
{
    AZ_AUTO_MEM char *path = az_strdup(dir);
    if (!path) {
        errno = ENOMEM;
        return -1;
    }
    for (char *slash = path; (slash = strchr(slash + 1, '/'));) {
        *slash = '\0';
        if (make_dir(path, mode) < 0)
            return -1;
        *slash = '/';
    }
    return make_dir(path, mode);
}
