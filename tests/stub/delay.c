#include "tests/stub/delay.h"

#include <math.h>

#include "core/str.h"

/* "A:B" to two numbers. */
static bool two(struct az_str s, double *a, double *b)
{
    const char *colon = memchr(s.p, ':', s.n);
    if (!colon)
        return false;
    size_t n = (size_t)(colon - s.p);
    return az_str_double((struct az_str){s.p, n}, a) &&
           az_str_double((struct az_str){colon + 1, s.n - n - 1}, b);
}

int delay_parse(const char *spec, struct delay *ret, struct az_error *err)
{
    static const struct {
        const char *prefix;
        int kind;
    } rows[] = {{"uniform:", DELAY_UNIFORM}, {"lognormal:", DELAY_LOGNORMAL}};

    struct az_str s = az_str(spec);
    struct delay d = {0};
    bool read = az_str_double(s, &d.a);
    for (size_t i = 0; i < AZ_LEN(rows); i++) {
        size_t n = strlen(rows[i].prefix);
        if (az_str_starts(s, rows[i].prefix)) {
            d.kind = rows[i].kind;
            read = two((struct az_str){s.p + n, s.n - n}, &d.a, &d.b);
        }
    }
    if (!read || d.a < 0 || d.b < 0 || (d.kind == DELAY_UNIFORM && d.b < d.a))
        return az_fail(err, AZ_EINVAL, "no delay: '%s' (say 50, uniform:20:80, lognormal:50:0.5)",
                       spec);
    *ret = d;
    return 0;
}

/* Standard normal, Box and Muller 1958. */
static double normal(struct az_rng *rng)
{
    double u = 1 - az_rng_unit(rng);
    return sqrt(-2 * log(u)) * cos(2 * M_PI * az_rng_unit(rng));
}

int64_t delay_draw_ns(const struct delay *d, struct az_rng *rng)
{
    double ms = d->a;
    if (d->kind == DELAY_UNIFORM)
        ms = d->a + (d->b - d->a) * az_rng_unit(rng);
    else if (d->kind == DELAY_LOGNORMAL)
        ms = d->a * exp(d->b * normal(rng));
    return (int64_t)(ms * 1e6);
}
