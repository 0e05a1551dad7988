#include "core/io_notify.h"

#include <stdarg.h>
#ifdef AZ_SYSTEMD
#include <systemd/sd-daemon.h>
#include <time.h>

static void tell(const char *state)
{
    sd_notify(0, state);
}

/* systemd tells a reload from what was said before it by this clock. */
void az_notify_reloading(void)
{
    char state[64];
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    snprintf(state, sizeof(state), "RELOADING=1\nMONOTONIC_USEC=%lld",
             (long long)t.tv_sec * 1000000 + t.tv_nsec / 1000);
    tell(state);
}

az_ms az_notify_alive_ms(void)
{
    uint64_t us;
    return sd_watchdog_enabled(0, &us) > 0 ? AZ_MAX((az_ms)1, (az_ms)(us / 2000)) : 0;
}
#else
static void tell(const char *state)
{
}

void az_notify_reloading(void)
{
}

az_ms az_notify_alive_ms(void)
{
    return 0;
}
#endif

void az_notify_ready(void)
{
    tell("READY=1");
}

void az_notify_stopping(void)
{
    tell("STOPPING=1");
}

void az_notify_alive(void)
{
    tell("WATCHDOG=1");
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
    tell(state);
}
