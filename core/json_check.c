#include "core/json_check.h"

#include "core/json.h"
#include "core/json_plain.h"

struct scan {
    const char *p;
    size_t at, n;
    struct az_error *err;
};

static char peek(const struct scan *s)
{
    return s->at < s->n ? s->p[s->at] : '\0';
}

static int fail(struct scan *s)
{
    bool ends = s->at >= s->n;
    az_fail(s->err, AZ_EINVAL, "not JSON at byte %zu", ends ? s->n - 1 : s->at);
    if (ends)
        az_hint(s->err, "It ends there, too early: it may have been cut off.");
    return AZ_EINVAL;
}

static void skip_space(struct scan *s)
{
    while (s->at < s->n && strchr(" \t\r\n", s->p[s->at]) && s->p[s->at])
        s->at++;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool skip_digits(struct scan *s)
{
    size_t from = s->at;
    while (is_digit(peek(s)))
        s->at++;
    return s->at > from;
}

static int scan_number(struct scan *s)
{
    s->at += peek(s) == '-';
    if (peek(s) == '0')
        s->at++;
    else if (!skip_digits(s))
        return fail(s);
    if (peek(s) == '.') {
        s->at++;
        if (!skip_digits(s))
            return fail(s);
    }
    if (peek(s) == 'e' || peek(s) == 'E') {
        s->at++;
        s->at += peek(s) == '-' || peek(s) == '+';
        if (!skip_digits(s))
            return fail(s);
    }
    return 0;
}

/* Four hex digits at `at`; -1: not there. */
static int hex4(const struct scan *s, size_t at)
{
    int value = 0;
    for (size_t i = 0; i < 4; i++) {
        char c = at + i < s->n ? s->p[at + i] : '\0';
        int digit = is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c - 'A' + 10;
        if (!is_digit(c) && !(c >= 'a' && c <= 'f') && !(c >= 'A' && c <= 'F'))
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

/* At the 'u' of an escape. */
static int scan_unicode(struct scan *s)
{
    size_t start = s->at - 1;
    int unit = hex4(s, s->at + 1), low = -1;
    if (unit < 0) {
        s->at = s->at + 5 > s->n ? s->n : start;
        return fail(s);
    }
    if (unit == 0)
        return az_fail(s->err, AZ_EINVAL, "a NUL character at byte %zu", start);
    s->at += 5;
    if (unit < 0xd800 || unit > 0xdfff)
        return 0;
    if (unit < 0xdc00 && s->at + 1 < s->n && s->p[s->at] == '\\' && s->p[s->at + 1] == 'u')
        low = hex4(s, s->at + 2);
    if (low < 0xdc00 || low > 0xdfff)
        return az_fail(s->err, AZ_EINVAL, "half a character (\\u%04x) at byte %zu", (unsigned)unit,
                       start);
    s->at += 6;
    return 0;
}

/* At the opening quote. */
static int scan_string(struct scan *s)
{
    for (s->at++;;) {
        s->at = az_json_plain((struct az_str){s->p, s->n}, s->at);
        if (s->at >= s->n || s->p[s->at] == '"')
            break;
        if (s->p[s->at] == '\0')
            return az_fail(s->err, AZ_EINVAL, "a NUL character at byte %zu", s->at);
        if (s->p[s->at++] != '\\')
            continue;
        int r = 0;
        if (peek(s) == 'u')
            r = scan_unicode(s);
        else if (peek(s) && strchr("\"\\/bfnrt", peek(s)))
            s->at++;
        else
            return fail(s);
        if (r < 0)
            return r;
    }
    if (s->at >= s->n)
        return fail(s);
    s->at++;
    return 0;
}

static int scan_word(struct scan *s, const char *word)
{
    for (; *word; word++, s->at++) {
        if (peek(s) != *word)
            return fail(s);
    }
    return 0;
}

static int scan_scalar(struct scan *s)
{
    switch (peek(s)) {
    case '"':
        return scan_string(s);
    case 't':
        return scan_word(s, "true");
    case 'f':
        return scan_word(s, "false");
    case 'n':
        return scan_word(s, "null");
    default:
        return scan_number(s);
    }
}

/* A member's name and colon. */
static int scan_key(struct scan *s)
{
    skip_space(s);
    int r = peek(s) == '"' ? scan_string(s) : fail(s);
    if (r < 0)
        return r;
    skip_space(s);
    if (peek(s) != ':')
        return fail(s);
    s->at++;
    return 0;
}

/* After a value: closes what ends here. 1: the outermost ended; 0: a value
 * follows (its key is read). */
static int scan_after(struct scan *s, const char *closers, int *depth)
{
    for (;;) {
        skip_space(s);
        if (!*depth)
            return 1;
        char closer = closers[*depth - 1];
        if (peek(s) == ',') {
            s->at++;
            return closer == '}' ? scan_key(s) : 0;
        }
        if (peek(s) != closer)
            return fail(s);
        s->at++;
        --*depth;
    }
}

/* At a value. 1: an empty list or object, or a scalar, is behind us; 0: a value
 * inside follows. */
static int scan_value(struct scan *s, char *closers, int *depth)
{
    skip_space(s);
    char open = peek(s);
    if (open != '[' && open != '{') {
        int r = scan_scalar(s);
        return r < 0 ? r : 1;
    }
    if (*depth == AZ_JSON_DEPTH)
        return az_fail(s->err, AZ_ELIMIT, "JSON nested more than %d deep", AZ_JSON_DEPTH);
    char closer = open == '[' ? ']' : '}';
    s->at++;
    skip_space(s);
    if (peek(s) == closer) {
        s->at++;
        return 1;
    }
    closers[(*depth)++] = closer;
    return open == '{' ? scan_key(s) : 0;
}

int az_json_check(struct az_str text, struct az_error *err)
{
    struct scan s = {.p = text.p, .n = text.n, .err = err};
    char closers[AZ_JSON_DEPTH];
    int depth = 0, r = 0;
    skip_space(&s);
    if (s.at == s.n)
        return az_fail(err, AZ_EINVAL, "not JSON: empty");
    while (r == 0) {
        r = scan_value(&s, closers, &depth);
        if (r == 1)
            r = scan_after(&s, closers, &depth);
    }
    if (r < 0)
        return r;
    if (s.at == s.n)
        return 0;
    if (s.p[s.at] == '\0')
        return az_fail(err, AZ_EINVAL, "a NUL character at byte %zu", s.at);
    return az_fail(err, AZ_EINVAL, "text after the JSON at byte %zu", s.at);
}
