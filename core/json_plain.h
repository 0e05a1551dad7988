/* core/json_plain.h: where a text's next byte lies that JSON writes or reads in
 * a way of its own: most text is long runs of others. Pure. */
#pragma once
#include <endian.h>

#include "core/str.h"

#define AZ_EACH_BYTE(b) (UINT64_C(0x0101010101010101) * (b))

/* The high bit of each byte that is below 0x20, a quote, a backslash or 0x7f;
 * bytes above such a one may be marked too ("Bit Twiddling Hacks", Anderson). */
static inline uint64_t az_json_marks(uint64_t x)
{
    uint64_t quotes = x ^ AZ_EACH_BYTE('"'), slashes = x ^ AZ_EACH_BYTE('\\');
    uint64_t deletes = x ^ AZ_EACH_BYTE(0x7f);
    return (((x - AZ_EACH_BYTE(0x20)) & ~x) | ((quotes - AZ_EACH_BYTE(1)) & ~quotes) |
            ((slashes - AZ_EACH_BYTE(1)) & ~slashes) | ((deletes - AZ_EACH_BYTE(1)) & ~deletes)) &
           AZ_EACH_BYTE(0x80);
}

/* The first such byte from `i` on; s.n when there is none. */
static inline size_t az_json_plain(struct az_str s, size_t i)
{
    for (uint64_t x; s.n - i >= sizeof(x); i += sizeof(x)) {
        memcpy(&x, s.p + i, sizeof(x));
        uint64_t marks = az_json_marks(le64toh(x));
        if (marks)
            return i + (size_t)__builtin_ctzll(marks) / 8;
    }
    for (; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c < 0x20 || c == '"' || c == '\\' || c == 0x7f)
            break;
    }
    return i;
}
