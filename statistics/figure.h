/* statistics/figure.h: a number that is printed: its value or why there is
 * none, how many observations stand behind it, and its interval. Pure.
 *
 * No figure is ever NaN or infinite: what is undefined says so and why. All
 * text in a figure is static. */
#pragma once
#include "core/base.h"

struct az_figure {
    bool defined;
    double value;
    double low, high; /* a 95 % interval, when has_interval */
    bool has_interval;
    const char *method; /* of the interval; NULL without one */
    const char *reason; /* why it is undefined; NULL when it is defined */
    int64_t n;          /* observations behind it, 0 allowed */
};

/* A value without an interval; one that is not finite becomes undefined. */
struct az_figure az_figure_of(double value, int64_t n);
struct az_figure az_figure_none(const char *reason, int64_t n);

/* part / n; undefined for `reason` when n is 0. */
struct az_figure az_figure_ratio(double part, int64_t n, const char *reason);

/* With an interval; bounds that are not finite leave it without one. */
struct az_figure az_figure_between(struct az_figure f, double low, double high, const char *method);

/* Is it above 0 by more than its standard error, which is half of its interval by 1.96?
 * False without an interval. */
bool az_figure_beyond_error(const struct az_figure *f);
