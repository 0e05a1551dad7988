#include "core/number.h"

#include <float.h>
#include <locale.h>
#include <math.h>

#include "core/str.h"

/* A host program may have set a locale that writes 1,5. */
static void point(char *text)
{
    const char *sign = localeconv()->decimal_point;
    char *at = strcmp(sign, ".") == 0 ? NULL : strstr(text, sign);
    if (!at)
        return;
    size_t n = strlen(sign);
    *at = '.';
    memmove(at + 1, at + n, strlen(at + n) + 1);
}

/* By hand: most numbers that are printed are whole, and printf takes ten times as long. */
static void print_whole(int64_t v, char text[AZ_NUMBER_MAX])
{
    char digits[20];
    size_t n = 0;
    uint64_t left = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    do
        digits[n++] = (char)('0' + left % 10);
    while ((left /= 10));
    *text = '-';
    text += v < 0;
    while (n)
        *text++ = digits[--n];
    *text = '\0';
}

const char *az_number_print(double v, char text[AZ_NUMBER_MAX])
{
    if (fabs(v) < 1e15 && v == (double)(int64_t)v && !(v == 0 && signbit(v))) {
        print_whole((int64_t)v, text);
        return text;
    }
    /* A normal double keeps any 15 digits, so fewer than that are those with
     * zeros at the end, which %g drops; a denormal one keeps less. */
    for (int digits = fabs(v) < DBL_MIN ? 1 : 15; digits <= 17; digits++) {
        snprintf(text, AZ_NUMBER_MAX, "%.*g", digits, v);
        if (strtod(text, NULL) == v)
            break;
    }
    point(text);
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

bool az_number_usd_read(const char *text, az_nusd *ret)
{
    static const char digits[] = "0123456789";
    size_t whole = strspn(text, digits);
    const char *part = text + whole + (text[whole] == '.');
    size_t n = strspn(part, digits);
    if (part[n] || whole + n == 0) { /* an exponent, a sign */
        double usd;
        return az_str_double(az_str(text), &usd) && az_number_nusd(usd, ret);
    }

    az_nusd v = 0;
    for (size_t i = 0; i < whole; i++) {
        v = v * 10 + (text[i] - '0');
        if (v > INT64_C(9000000000))
            return false;
    }
    for (size_t i = 0; i < 9; i++)
        v = v * 10 + (i < n ? part[i] - '0' : 0);
    bool more = n > 9 && strspn(part + 9, "0") < n - 9;
    *ret = v + more;
    return true;
}
