/* core/io_clock.h: what time it is. Edge; any thread. */
#pragma once
#include "core/base.h"

az_ms az_clock_ms(void);        /* monotonic */
int64_t az_clock_wall_ms(void); /* Unix time, milliseconds */
int64_t az_clock_cpu_us(void);  /* processor time of this process, microseconds */
