/* core/str.h: slices of text that somebody else owns. Pure, thread-safe.
 *
 * A slice need not end in NUL. {NULL, 0} means "not there"; {"", 0} is the
 * empty text. */
#pragma once
#include "core/base.h"

struct az_str {
    const char *p;
    size_t n; /* bytes */
};

#define AZ_STR(literal) ((struct az_str){(literal), sizeof(literal) - 1})
#define AZ_STR_FMT "%.*s"
#define AZ_STR_ARG(s) (int)AZ_MIN((s).n, (size_t)INT32_MAX), ((s).p ? (s).p : "")

struct az_str az_str(const char *z); /* NULL gives {NULL, 0} */
bool az_str_eq(struct az_str a, struct az_str b);
bool az_str_eqz(struct az_str a, const char *z);
bool az_str_eqz_nocase(struct az_str a, const char *z); /* ASCII case only */
bool az_str_starts(struct az_str s, const char *prefix);
bool az_str_ends(struct az_str s, const char *suffix);
struct az_str az_str_trim(struct az_str s); /* ASCII white space */

/* First and last place of `needle`; -1 = none. */
ptrdiff_t az_str_find(struct az_str s, struct az_str needle);
ptrdiff_t az_str_rfind(struct az_str s, struct az_str needle);

/* Cut `line` from the front of *rest, without its "\n" or "\r\n". False at
 * the end. */
bool az_str_line(struct az_str *rest, struct az_str *line);

/* Strict UTF-8 (no surrogates, no overlong forms). False: *at, if given, is
 * the offset of the first bad byte. */
bool az_utf8_valid(struct az_str s, size_t *at);

/* A byte that is NUL or no UTF-8 becomes '?': a text that was cut in the middle
 * of a character must not spoil all else. */
void az_utf8_mend(char *p, size_t n);

/* Code points in valid UTF-8. */
size_t az_utf8_count(struct az_str s);

/* The first `n` code points; the whole when there are fewer. */
struct az_str az_utf8_head(struct az_str s, size_t n);

/* The name nearest to `word` by edit distance, for "did you mean"; NULL when
 * none is near (more than a third of the letters differ). `names` ends in
 * NULL. */
const char *az_nearest(struct az_str word, const char *const *names);

/* Numbers written out whole: "12", "-3.5e2"; no spaces, no hex, no inf or
 * nan. False: *ret is unchanged. */
bool az_str_double(struct az_str s, double *ret);
bool az_str_int(struct az_str s, int64_t *ret);
