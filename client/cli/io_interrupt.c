#include "client/cli/io_interrupt.h"

#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>

int az_interrupt_fd(int *ret, struct az_error *err)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    int fd = sigprocmask(SIG_BLOCK, &set, NULL) < 0 ? -1 : signalfd(-1, &set, SFD_CLOEXEC);
    if (fd < 0)
        return az_fail(err, AZ_EIO, "no descriptor for signals: %s", strerror(errno));
    *ret = fd;
    return 0;
}
