#include "core/z85.h"

#include <string.h>

static const char alphabet[] = "0123456789abcdefghijklmnopqrstuvwxyz"
                               "ABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

bool az_z85_is_key(struct az_str s)
{
    if (s.n != AZ_Z85_KEY)
        return false;
    uint64_t group = 0; /* five characters are 32 bits */
    for (size_t i = 0; i < s.n; i++) {
        const char *at = s.p[i] ? strchr(alphabet, s.p[i]) : NULL;
        if (!at)
            return false;
        group = group * 85 + (uint64_t)(at - alphabet);
        if (i % 5 < 4)
            continue;
        if (group > UINT32_MAX)
            return false;
        group = 0;
    }
    return true;
}
