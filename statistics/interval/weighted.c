#include "statistics/interval/weighted.h"

#include <math.h>

#include "core/error.h"
#include "statistics/interval/mean.h"

static const double rounding = 1e-9;

bool az_weights_equal(const double *w, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        if (fabs(w[i] - w[0]) > rounding * w[0])
            return false;
    }
    return true;
}

int az_weighted_mean(const double *x, const double *w, const uint64_t *cluster, size_t n, bool rate,
                     const char *reason, struct az_figure *ret)
{
    struct az_mean mean = {0};
    double sum = 0, total = 0;
    bool equal = az_weights_equal(w, n);
    int r = 0;
    for (size_t i = 0; i < n; i++) {
        sum += w[i] * x[i];
        total += w[i];
    }
    for (size_t i = 0; r == 0 && i < n; i++) {
        double at = sum / total, scaled = w[i] * (double)n / total;
        r = az_mean_add(&mean, cluster[i], equal ? x[i] : at + scaled * (x[i] - at));
    }
    if (r == 0)
        *ret = rate ? az_mean_rate(&mean, reason) : az_mean_figure(&mean, reason);
    az_mean_release(&mean);
    return r;
}
