#include "statistics/figure.h"

#include <math.h>

struct az_figure az_figure_none(const char *reason, int64_t n)
{
    return (struct az_figure){.reason = reason, .n = n};
}

struct az_figure az_figure_of(double value, int64_t n)
{
    if (!isfinite(value))
        return az_figure_none("not a finite number", n);
    return (struct az_figure){.defined = true, .value = value, .n = n};
}

struct az_figure az_figure_ratio(double part, int64_t n, const char *reason)
{
    if (n <= 0)
        return az_figure_none(reason, 0);
    return az_figure_of(part / (double)n, n);
}

struct az_figure az_figure_between(struct az_figure f, double low, double high, const char *method)
{
    if (!f.defined || !isfinite(low) || !isfinite(high))
        return f;
    f.low = low;
    f.high = high;
    f.has_interval = true;
    f.method = method;
    return f;
}

bool az_figure_beyond_error(const struct az_figure *f)
{
    static const double errors = 2 * 1.96; /* in a 95 % interval */
    return f->defined && f->has_interval && f->value > (f->high - f->low) / errors;
}
