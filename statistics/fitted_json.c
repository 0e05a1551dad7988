#include "statistics/fitted_json.h"

#include <math.h>

bool az_fitted_fits(double v)
{
    return fabs(v) <= 1e9;
}

void az_fitted_put(struct az_jw *w, const char *key, const double *v, size_t n)
{
    az_jw_key(w, key);
    az_jw_arr(w);
    for (size_t i = 0; i < n; i++)
        az_jw_num(w, v[i]);
    az_jw_arr_end(w);
}

int az_fitted_bad(struct az_error *err, const char *key)
{
    return az_fail(err, AZ_EINVAL, "'%s' is missing, or nothing that a fit makes", key);
}

int az_fitted_number(az_jv object, const char *key, double *ret, struct az_error *err)
{
    bool ok = az_jv_num(az_jv_get(object, key), ret) && az_fitted_fits(*ret);
    return ok ? 0 : az_fitted_bad(err, key);
}

int az_fitted_list(az_jv object, const char *key, size_t n, double *ret, struct az_error *err)
{
    az_jv list = az_jv_get(object, key);
    size_t i = 0;
    if (az_jv_type(list) != AZ_J_ARRAY)
        return az_fail(err, AZ_EINVAL, "'%s' is no list", key);
    if (az_jv_len(list) != n)
        return az_fail(err, AZ_EINVAL, "'%s' has %zu numbers, and %zu are needed", key,
                       az_jv_len(list), n);
    for (az_jv child = az_jv_first(list); child; child = az_jv_next(child), i++) {
        if (!az_jv_num(child, &ret[i]) || !az_fitted_fits(ret[i]))
            return az_fail(err, AZ_EINVAL, "'%s'[%zu] is no number that a fit makes", key, i);
    }
    return 0;
}
