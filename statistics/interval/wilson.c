#include "statistics/interval/wilson.h"

#include <math.h>

bool az_wilson(double share, double n, double z, double *low, double *high)
{
    if (!(share >= 0 && share <= 1 && n > 0 && z >= 0) || !isfinite(n))
        return false;

    double grow = 1.0 + z * z / n;
    double middle = (share + z * z / (2.0 * n)) / grow;
    double half = z / grow * sqrt(share * (1.0 - share) / n + z * z / (4.0 * n * n));

    /* At the ends the exact bounds are 0 and 1; rounding may miss them. */
    *low = share == 0 ? 0 : AZ_MAX(0.0, middle - half);
    *high = share == 1 ? 1 : AZ_MIN(1.0, middle + half);
    return true;
}
