/* tests/stub/delay.h: how long an answer takes, drawn from a distribution. */
#pragma once
#include "core/base.h"
#include "core/error.h"
#include "core/rng.h"

struct delay {
    enum { DELAY_FIXED, DELAY_UNIFORM, DELAY_LOGNORMAL } kind;
    double a, b; /* ms | from, to in ms | median in ms, sigma of the logarithm */
};

/* "50", "uniform:20:80", "lognormal:50:0.5". AZ_EINVAL. */
int delay_parse(const char *spec, struct delay *ret, struct az_error *err);
int64_t delay_draw_ns(const struct delay *d, struct az_rng *rng);
