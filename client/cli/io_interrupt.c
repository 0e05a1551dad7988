#include "client/cli/io_interrupt.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/signalfd.h>

static pthread_t reader;
static const int heard[] = {SIGINT, SIGTERM};

static void pass_on(int which)
{
    pthread_kill(reader, which);
}

int az_interrupt_fd(int *ret, struct az_error *err)
{
    sigset_t set;
    sigemptyset(&set);
    /* A library may have threads of its own before main() (OpenBLAS does), which block
     * nothing: what comes to one of them is whose descriptor this is. */
    reader = pthread_self();
    struct sigaction pass = {.sa_handler = pass_on, .sa_flags = SA_RESTART};
    for (size_t i = 0; i < AZ_LEN(heard); i++) {
        sigaddset(&set, heard[i]);
        sigaction(heard[i], &pass, NULL);
    }
    int fd = sigprocmask(SIG_BLOCK, &set, NULL) < 0 ? -1 : signalfd(-1, &set, SFD_CLOEXEC);
    if (fd < 0)
        return az_fail(err, AZ_EIO, "no descriptor for signals: %s", strerror(errno));
    *ret = fd;
    return 0;
}
