#include "core/io_clock.h"

#include <time.h>

static int64_t read_clock(clockid_t id, int64_t per_second)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * per_second + (int64_t)t.tv_nsec / (1000000000 / per_second);
}

az_ms az_clock_ms(void)
{
    return read_clock(CLOCK_MONOTONIC, 1000);
}

int64_t az_clock_wall_ms(void)
{
    return read_clock(CLOCK_REALTIME, 1000);
}

int64_t az_clock_cpu_us(void)
{
    return read_clock(CLOCK_PROCESS_CPUTIME_ID, 1000000);
}
