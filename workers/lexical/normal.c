#include "workers/lexical/normal.h"

#include <utf8proc.h>

#include "core/error.h"
#include "core/mem.h"

struct az_tokens az_tokens(void)
{
    return (struct az_tokens){.text = az_buf(AZ_BUF_MAX)};
}

void az_tokens_release(struct az_tokens *t)
{
    az_buf_release(&t->text);
    free(t->v);
    *t = az_tokens();
}

bool az_is_ascii(struct az_str s)
{
    size_t i = 0;
    for (; s.n - i >= 8; i += 8) {
        uint64_t eight;
        memcpy(&eight, s.p + i, 8);
        if (eight & UINT64_C(0x8080808080808080))
            return false;
    }
    for (; i < s.n; i++) {
        if ((unsigned char)s.p[i] & 0x80)
            return false;
    }
    return true;
}

uint32_t az_utf8_next_long(const char **p)
{
    const unsigned char *s = (const unsigned char *)*p;
    uint32_t cp = s[0];
    int more = cp < 0xe0 ? 1 : cp < 0xf0 ? 2 : 3;
    cp &= 0x3fu >> more;
    for (int i = 1; i <= more; i++)
        cp = cp << 6 | (s[i] & 0x3fu);
    *p += more + 1;
    return cp;
}

static bool ascii_space(uint32_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r') || (c >= 0x1c && c <= 0x1f);
}

static bool ascii_alnum(uint32_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static utf8proc_category_t category(uint32_t cp)
{
    return utf8proc_category((utf8proc_int32_t)cp);
}

bool az_is_space(uint32_t cp)
{
    if (cp < 0x80)
        return ascii_space(cp);
    utf8proc_category_t c = category(cp);
    return cp == 0x85 || c == UTF8PROC_CATEGORY_ZS || c == UTF8PROC_CATEGORY_ZL ||
           c == UTF8PROC_CATEGORY_ZP;
}

bool az_is_punct(uint32_t cp)
{
    if (cp < 0x80)
        return cp > ' ' && cp < 0x7f && !ascii_alnum(cp);
    utf8proc_category_t c = category(cp);
    return c >= UTF8PROC_CATEGORY_PC && c <= UTF8PROC_CATEGORY_PO;
}

bool az_is_symbol(uint32_t cp)
{
    if (cp < 0x80)
        return az_is_punct(cp);
    utf8proc_category_t c = category(cp);
    return c >= UTF8PROC_CATEGORY_PC && c <= UTF8PROC_CATEGORY_SO;
}

bool az_is_letter(uint32_t cp)
{
    if (cp < 0x80)
        return (cp | 0x20) >= 'a' && (cp | 0x20) <= 'z';
    utf8proc_category_t c = category(cp);
    return c >= UTF8PROC_CATEGORY_LU && c <= UTF8PROC_CATEGORY_LO;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static int fold_ascii(struct az_buf *out, struct az_str s)
{
    char *at = az_buf_room(out, s.n);
    if (!at)
        return AZ_ENOMEM;
    for (size_t i = 0; i < s.n; i++)
        at[i] = lower(s.p[i]);
    at[s.n] = '\0';
    out->n += s.n;
    return 0;
}

static int fold_unicode(struct az_buf *out, struct az_str s)
{
    const utf8proc_option_t options = (utf8proc_option_t)(UTF8PROC_STABLE | UTF8PROC_COMPOSE |
                                                          UTF8PROC_COMPAT | UTF8PROC_CASEFOLD);
    const utf8proc_uint8_t *p = (const utf8proc_uint8_t *)s.p;
    utf8proc_ssize_t n = utf8proc_decompose(p, (utf8proc_ssize_t)s.n, NULL, 0, options);
    az_assert(n >= 0); /* negative: not UTF-8, which an item is */

    /* One more: utf8proc_reencode() ends the text with NUL. */
    AZ_AUTO_MEM utf8proc_int32_t *wide = az_alloc(((size_t)n + 1) * sizeof(*wide));
    if (!wide)
        return AZ_ENOMEM;
    n = utf8proc_decompose(p, (utf8proc_ssize_t)s.n, wide, n, options);
    n = utf8proc_reencode(wide, n, options);
    az_assert(n >= 0);
    az_buf_put(out, wide, (size_t)n);
    return out->failed ? AZ_ENOMEM : 0;
}

int az_fold(struct az_buf *out, struct az_str s)
{
    return az_is_ascii(s) ? fold_ascii(out, s) : fold_unicode(out, s);
}

/* One character to the front; returns its bytes. Most are one byte. */
static size_t move(char *to, const char *from, const char *end)
{
    size_t n = 0;
    for (; from < end; n++)
        to[n] = *from++;
    return n;
}

int az_fold_spaces(struct az_buf *out, struct az_str s)
{
    size_t from = out->n;
    int r = az_fold(out, s);
    if (r < 0)
        return r;
    size_t to = from;
    bool due = false;
    for (const char *p = out->p + from, *end = out->p + out->n; p < end;) {
        const char *start = p;
        if (az_is_space(az_utf8_next(&p))) {
            due = to > from;
            continue;
        }
        if (due)
            out->p[to++] = ' ';
        due = false;
        to += move(out->p + to, start, p);
    }
    out->n = to;
    out->p[to] = '\0';
    return 0;
}

static int add_token(struct az_tokens *t, size_t from, size_t to)
{
    if (az_grow(&t->v, &t->cap, t->n + 1, sizeof(*t->v)) < 0)
        return AZ_ENOMEM;
    t->v[t->n++] = (struct az_str){t->text.p + from, to - from};
    return 0;
}

static bool is_article(const char *p, size_t n)
{
    return (n == 1 && p[0] == 'a') || (n == 2 && !memcmp(p, "an", 2)) ||
           (n == 3 && !memcmp(p, "the", 3));
}

static int end_word(struct az_tokens *t, size_t *word, size_t to)
{
    size_t from = *word;
    *word = to;
    if (to == from || is_article(t->text.p + from, to - from))
        return 0;
    return add_token(t, from, to);
}

/* Punctuation goes first, so that "u.s." is the one word "us"; bytes move to
 * the front in place. */
int az_tokens_squad(struct az_tokens *t, struct az_str s)
{
    az_buf_clear(&t->text);
    t->n = 0;
    int r = az_fold(&t->text, s);
    if (r < 0)
        return r;
    size_t word = 0, to = 0;
    const char *p = t->text.p, *end = p + t->text.n;
    while (p < end) {
        const char *start = p;
        uint32_t cp = az_utf8_next(&p);
        if (az_is_space(cp)) {
            r = end_word(t, &word, to);
            if (r < 0)
                return r;
        } else if (!az_is_punct(cp)) {
            to += move(t->text.p + to, start, p);
        }
    }
    return end_word(t, &word, to);
}

/* Lower-casing, as Python does it, brings two letters from beyond ASCII into
 * [a-z]: the Kelvin sign, and I with a dot above (whose dot then parts words). */
static size_t rouge_char(const char *p, size_t left, char *c)
{
    unsigned char first = (unsigned char)p[0];
    *c = lower(p[0]);
    if (first < 0x80)
        return 1;
    if (left >= 3 && !memcmp(p, "\xe2\x84\xaa", 3)) {
        *c = 'k';
        return 3;
    }
    if (left >= 2 && !memcmp(p, "\xc4\xb0", 2)) {
        *c = 'i';
        return 2;
    }
    return 1;
}

int az_tokens_rouge(struct az_tokens *t, struct az_str s)
{
    az_buf_clear(&t->text);
    t->n = 0;
    char *text = az_buf_room(&t->text, s.n);
    if (!text)
        return AZ_ENOMEM;
    size_t word = 0, to = 0;
    for (size_t i = 0; i < s.n;) {
        char c;
        size_t len = rouge_char(s.p + i, s.n - i, &c);
        bool dotted = len == 2;
        i += len;
        bool in = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (in)
            text[to++] = c;
        if ((!in || dotted || i == s.n) && to > word) {
            if (add_token(t, word, to) < 0)
                return AZ_ENOMEM;
            word = to;
        }
    }
    t->text.n = to;
    return 0;
}
