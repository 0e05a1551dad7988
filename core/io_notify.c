#include "core/io_notify.h"

#include <stdarg.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "core/str.h"

/* sd_notify(3): a datagram of VARIABLE=value lines to $NOTIFY_SOCKET. What can't be
 * told is not told: the work goes on. Only what a
 * start or a reload hangs on waits for a manager whose queue is full. */
static void tell(const char *state, bool waits)
{
    const char *to = getenv("NOTIFY_SOCKET");
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    size_t n = to ? strlen(to) : 0;
    if (n < 2 || n >= sizeof(at.sun_path) || (to[0] != '/' && to[0] != '@'))
        return;
    memcpy(at.sun_path, to, n);
    if (to[0] == '@') /* an abstract name */
        at.sun_path[0] = '\0';
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
    ssize_t sent = sendto(fd, state, strlen(state), MSG_NOSIGNAL | (waits ? 0 : MSG_DONTWAIT),
                          (struct sockaddr *)&at, size);
    (void)sent;
    close(fd);
}

/* systemd tells a reload from what was said before it by this clock. */
void az_notify_reloading(void)
{
    char state[64];
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    snprintf(state, sizeof(state), "RELOADING=1\nMONOTONIC_USEC=%lld",
             (long long)t.tv_sec * 1000000 + t.tv_nsec / 1000);
    tell(state, true);
}

az_ms az_notify_alive_ms(void)
{
    const char *us = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
    int64_t n, whose;
    if (!us || !az_str_int(az_str(us), &n) || n <= 0)
        return 0;
    if (pid && (!az_str_int(az_str(pid), &whose) || whose != getpid()))
        return 0; /* meant for another */
    return AZ_MAX(n / 2000, (int64_t)1);
}

void az_notify_ready(void)
{
    tell("READY=1", true);
}

void az_notify_stopping(void)
{
    tell("STOPPING=1", false);
}

void az_notify_alive(void)
{
    tell("WATCHDOG=1", false);
}

void az_notify_status(const char *fmt, ...)
{
    char state[512] = "STATUS=";
    size_t at = strlen(state);
    va_list args;
    va_start(args, fmt);
    vsnprintf(state + at, sizeof(state) - at, fmt, args);
    va_end(args);
    for (char *c = state + at; *c; c++)
        *c = *c == '\n' ? ' ' : *c; /* a line each is a variable */
    tell(state, false);
}
