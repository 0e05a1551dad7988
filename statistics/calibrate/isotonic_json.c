#include "statistics/calibrate/isotonic_json.h"

#include "core/mem.h"

enum { KNOTS_MAX = 1 << 24 };

void az_isotonic_write(struct az_jw *w, const struct az_isotonic *c)
{
    az_fitted_put(w, "x", c->x, c->n);
    az_fitted_put(w, "y", c->y, c->n);
}

int az_isotonic_read(az_jv object, struct az_isotonic *ret, struct az_error *err)
{
    size_t n = az_jv_len(az_jv_get(object, "x"));
    if (n > KNOTS_MAX)
        return az_fitted_bad(err, "x");
    ret->n = n;
    ret->x = az_alloc((n + 1) * sizeof(*ret->x));
    ret->y = az_alloc((n + 1) * sizeof(*ret->y));
    if (!ret->x || !ret->y)
        return az_oom(err);
    int r = az_fitted_list(object, "x", n, ret->x, err);
    if (r == 0)
        r = az_fitted_list(object, "y", n, ret->y, err);
    for (size_t i = 1; r == 0 && i < n; i++) {
        if (!(ret->x[i] > ret->x[i - 1]))
            return az_fitted_bad(err, "x");
        if (!(ret->y[i] >= ret->y[i - 1]))
            return az_fitted_bad(err, "y");
    }
    return r;
}
