#include "core/glyph.h"

#include <utf8proc.h>

/* Changes of writing direction can make a line read as something else. */
static bool turns_text(utf8proc_int32_t c)
{
    return (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0x200e ||
           c == 0x200f || c == 0x61c;
}

struct az_glyph az_glyph_first(struct az_str s)
{
    utf8proc_int32_t c;
    utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)s.p, (utf8proc_ssize_t)s.n, &c);
    bool control = n > 0 && (c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029);
    bool shown = n > 0 && !control && !turns_text(c);

    return (struct az_glyph){.bytes = n > 0 ? (size_t)n : 1,
                             .columns = shown ? (size_t)AZ_MAX(0, utf8proc_charwidth(c)) : 1,
                             .shown = shown};
}

size_t az_glyph_width(struct az_str s)
{
    size_t width = 0;

    while (s.n > 0) {
        struct az_glyph g = az_glyph_first(s);
        width += g.columns;
        s = (struct az_str){s.p + g.bytes, s.n - g.bytes};
    }
    return width;
}
