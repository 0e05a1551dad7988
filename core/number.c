#include "core/number.h"

#include <math.h>

const char *az_number_print(double v, char text[AZ_NUMBER_MAX])
{
    if (v == floor(v) && fabs(v) < 1e15 && !(v == 0 && signbit(v))) {
        snprintf(text, AZ_NUMBER_MAX, "%lld", (long long)v);
        return text;
    }
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, AZ_NUMBER_MAX, "%.*g", digits, v);
        if (strtod(text, NULL) == v)
            break;
    }
    return text;
}

const char *az_number_usd(az_nusd v, char text[AZ_NUMBER_MAX])
{
    uint64_t abs = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    int n = snprintf(text, AZ_NUMBER_MAX, "%s%llu.%09llu", v < 0 ? "-" : "",
                     (unsigned long long)(abs / (uint64_t)AZ_NUSD_PER_USD),
                     (unsigned long long)(abs % (uint64_t)AZ_NUSD_PER_USD));
    while (text[n - 1] == '0')
        n--;
    if (text[n - 1] == '.')
        n--;
    text[n] = '\0';
    return text;
}

bool az_number_nusd(double usd, az_nusd *ret)
{
    if (!(usd >= 0) || usd > 9e9)
        return false;
    *ret = (az_nusd)ceil(usd * (double)AZ_NUSD_PER_USD - 1e-6);
    return true;
}
