#include "core/str.h"

#include <errno.h>
#include <locale.h>
#include <math.h>

struct az_str az_str(const char *z)
{
    return (struct az_str){z, z ? strlen(z) : 0};
}

bool az_str_eq(struct az_str a, struct az_str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool az_str_eqz(struct az_str a, const char *z)
{
    return az_str_eq(a, az_str(z));
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

bool az_str_eqz_nocase(struct az_str a, const char *z)
{
    size_t n = strlen(z);
    if (a.n != n)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (lower(a.p[i]) != lower(z[i]))
            return false;
    }
    return true;
}

bool az_str_starts(struct az_str s, const char *prefix)
{
    size_t n = strlen(prefix);
    return s.n >= n && (n == 0 || memcmp(s.p, prefix, n) == 0);
}

bool az_str_ends(struct az_str s, const char *suffix)
{
    size_t n = strlen(suffix);
    return s.n >= n && (n == 0 || memcmp(s.p + s.n - n, suffix, n) == 0);
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

struct az_str az_str_trim(struct az_str s)
{
    while (s.n && is_space(s.p[0])) {
        s.p++;
        s.n--;
    }
    while (s.n && is_space(s.p[s.n - 1]))
        s.n--;
    return s;
}

ptrdiff_t az_str_find(struct az_str s, struct az_str needle)
{
    if (!needle.n)
        return 0;
    const char *at = s.n ? memmem(s.p, s.n, needle.p, needle.n) : NULL;
    return at ? at - s.p : -1;
}

ptrdiff_t az_str_rfind(struct az_str s, struct az_str needle)
{
    if (needle.n > s.n)
        return -1;
    if (!needle.n)
        return (ptrdiff_t)s.n;
    for (size_t i = s.n - needle.n + 1; i-- > 0;) {
        if (memcmp(s.p + i, needle.p, needle.n) == 0)
            return (ptrdiff_t)i;
    }
    return -1;
}

bool az_str_line(struct az_str *rest, struct az_str *line)
{
    if (!rest->n)
        return false;
    const char *end = memchr(rest->p, '\n', rest->n);
    size_t n = end ? (size_t)(end - rest->p) : rest->n;
    *line = (struct az_str){rest->p, n};
    if (end && n && line->p[n - 1] == '\r')
        line->n--;
    n += end ? 1 : 0;
    *rest = (struct az_str){rest->p + n, rest->n - n};
    return true;
}

/* Length of the well-formed sequence at `p`, 0 when there is none
 * (Unicode 15, table 3-7). */
static size_t utf8_sequence(const unsigned char *p, size_t n)
{
    unsigned char c = p[0];
    if (c < 0x80)
        return 1;
    if (c < 0xc2 || c > 0xf4)
        return 0;
    size_t len = c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
    if (n < len)
        return 0;

    unsigned char low = 0x80, high = 0xbf;
    if (c == 0xe0)
        low = 0xa0;
    else if (c == 0xed)
        high = 0x9f;
    else if (c == 0xf0)
        low = 0x90;
    else if (c == 0xf4)
        high = 0x8f;
    if (p[1] < low || p[1] > high)
        return 0;
    for (size_t i = 2; i < len; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    }
    return len;
}

bool az_utf8_valid(struct az_str s, size_t *at)
{
    const unsigned char *p = (const unsigned char *)s.p;
    for (size_t i = 0; i < s.n;) {
        uint64_t eight;
        if (s.n - i >= 8 && (memcpy(&eight, p + i, 8), !(eight & UINT64_C(0x8080808080808080)))) {
            i += 8;
            continue;
        }
        size_t len = utf8_sequence(p + i, s.n - i);
        if (!len) {
            if (at)
                *at = i;
            return false;
        }
        i += len;
    }
    return true;
}

void az_utf8_mend(char *p, size_t n)
{
    for (char *nul; (nul = n ? memchr(p, '\0', n) : NULL);)
        *nul = '?';
    for (size_t from = 0, at; !az_utf8_valid((struct az_str){p + from, n - from}, &at);) {
        from += at;
        p[from++] = '?';
    }
}

/* Eight bytes at a time: each but those that go on with a character begins one. */
size_t az_utf8_count(struct az_str s)
{
    size_t count = 0, i = 0;
    for (uint64_t v; i + sizeof(v) <= s.n; i += sizeof(v)) {
        memcpy(&v, s.p + i, sizeof(v));
        uint64_t goes_on = v >> 7 & ~v >> 6 & UINT64_C(0x0101010101010101);
        count += sizeof(v) - (size_t)(goes_on * UINT64_C(0x0101010101010101) >> 56);
    }
    for (; i < s.n; i++)
        count += ((unsigned char)s.p[i] & 0xc0) != 0x80;
    return count;
}

struct az_str az_utf8_head(struct az_str s, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < s.n; i++) {
        count += ((unsigned char)s.p[i] & 0xc0) != 0x80;
        if (count > n)
            return (struct az_str){s.p, i};
    }
    return s;
}

/* Edit distance in which two letters that changed places count once (optimal
 * string alignment), three rows; words longer than MAX_WORD are far. */
enum { MAX_WORD = 63 };

static size_t edit_distance(struct az_str a, struct az_str b)
{
    size_t rows[3][MAX_WORD + 1];
    for (size_t j = 0; j <= b.n; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a.n; i++) {
        size_t *row = rows[i % 3];
        const size_t *above = rows[(i + 2) % 3], *above2 = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= b.n; j++) {
            char x = lower(a.p[i - 1]), y = lower(b.p[j - 1]);
            size_t change = above[j - 1] + (x != y);
            row[j] = AZ_MIN(change, AZ_MIN(above[j], row[j - 1]) + 1);
            bool swapped = i > 1 && j > 1 && x == lower(b.p[j - 2]) && lower(a.p[i - 2]) == y;
            if (swapped)
                row[j] = AZ_MIN(row[j], above2[j - 2] + 1);
        }
    }
    return rows[a.n % 3][b.n];
}

const char *az_nearest(struct az_str word, const char *const *names)
{
    const char *best = NULL;
    size_t best_distance = SIZE_MAX;
    if (word.n > MAX_WORD)
        return NULL;
    for (; *names; names++) {
        struct az_str name = az_str(*names);
        if (name.n > MAX_WORD)
            continue;
        size_t d = edit_distance(word, name);
        if (d < best_distance) {
            best_distance = d;
            best = *names;
        }
    }
    return best && best_distance * 3 <= AZ_MAX(word.n, strlen(best)) ? best : NULL;
}

bool az_str_double(struct az_str s, double *ret)
{
    char z[64];
    if (!s.n || s.n >= sizeof(z))
        return false;
    memcpy(z, s.p, s.n);
    z[s.n] = '\0';
    if (strspn(z, "0123456789+-.eE") < s.n)
        return false;
    char *point = strchr(z, '.'); /* strtod() wants that of the locale */
    if (point)
        *point = localeconv()->decimal_point[0];

    char *end;
    double value = strtod(z, &end);
    if (*end || end == z || !isfinite(value))
        return false;
    *ret = value;
    return true;
}

bool az_str_int(struct az_str s, int64_t *ret)
{
    char z[32];
    if (!s.n || s.n >= sizeof(z))
        return false;
    memcpy(z, s.p, s.n);
    z[s.n] = '\0';
    if (strspn(z, "0123456789+-") < s.n)
        return false;

    char *end;
    errno = 0;
    long long value = strtoll(z, &end, 10);
    if (*end || end == z || errno)
        return false;
    *ret = value;
    return true;
}
