#include "client/cli/span.h"

#include "core/str.h"

int az_span_parse(const char *option, const char *text, int64_t *seconds, struct az_error *err)
{
    static const struct {
        char letter;
        int64_t seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
    struct az_str s = az_str(text);
    int64_t unit = 0, n;
    for (size_t i = 0; s.n && i < AZ_LEN(units); i++) {
        if (text[s.n - 1] != units[i].letter)
            continue;
        unit = units[i].seconds;
        s.n--;
        break;
    }
    if (unit && az_str_int(s, &n) && n >= 0 && n <= INT64_MAX / 1000 / unit) {
        *seconds = n * unit;
        return 0;
    }
    az_fail(err, AZ_EUSAGE, "'%s %s': expected a number and a unit", option, text);
    az_hint(err, "For example 90s, 15m, 12h or 30d.");
    return AZ_EUSAGE;
}
