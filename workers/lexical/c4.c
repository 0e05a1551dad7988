#include "workers/lexical/document.h"
#include "workers/lexical/normal.h"

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* ASCII case aside; `needle` is lower case and starts with a letter. */
static bool has(struct az_str s, const char *needle)
{
    size_t n = strlen(needle);
    char small = needle[0], large = (char)(small - 0x20);
    for (size_t i = 0; i + n <= s.n; i++) {
        if (s.p[i] != small && s.p[i] != large)
            continue;
        size_t k = 1;
        while (k < n && lower(s.p[i + k]) == needle[k])
            k++;
        if (k == n)
            return true;
    }
    return false;
}

static bool has_policy(struct az_str line)
{
    static const char *const phrases[] = {"terms of use", "privacy policy", "cookie policy",
                                          "uses cookies", "use of cookies", "use cookies"};
    for (size_t i = 0; i < AZ_LEN(phrases); i++) {
        if (has(line, phrases[i]))
            return true;
    }
    return false;
}

static void count_words(struct az_str line, size_t *words, size_t *longest)
{
    size_t chars = 0;
    *words = *longest = 0;
    for (const char *p = line.p, *end = p + line.n; p < end;) {
        if (az_is_space(az_utf8_next(&p))) {
            chars = 0;
            continue;
        }
        *words += chars == 0;
        chars++;
        *longest = AZ_MAX(*longest, chars);
    }
}

/* [edit], [citation needed], [12], [] at `s`: its length, or 0. */
static size_t citation(struct az_str s)
{
    static const char *const marks[] = {"[edit]", "[citation needed]"};
    for (size_t i = 0; i < AZ_LEN(marks); i++) {
        if (az_str_starts(s, marks[i]))
            return strlen(marks[i]);
    }
    size_t n = 1;
    while (n < s.n && s.p[n] >= '0' && s.p[n] <= '9')
        n++;
    return n < s.n && s.p[n] == ']' ? n + 1 : 0;
}

/* The line as it ends once citations at its end are gone: that is all that the
 * tests below can tell from a line without any. */
static struct az_str without_citations(struct az_str line)
{
    for (size_t i = line.n; i-- > 0;) {
        struct az_str tail = {line.p + i, line.n - i};
        if (line.p[i] == '[' && citation(tail) == tail.n)
            line.n = i;
        else if (line.p[i] == '[')
            break;
    }
    return line;
}

static bool ends_well(struct az_str line)
{
    if (!line.n || az_str_ends(line, "..."))
        return false;
    return strchr(".?!\"'", line.p[line.n - 1]) != NULL;
}

static bool closes(char c)
{
    return c && strchr("\"')]", c) != NULL;
}

static bool stops(char c)
{
    return c && strchr(".?!", c) != NULL;
}

/* A line is one sentence at the least. */
static size_t sentences(struct az_str line)
{
    size_t n = 0, i = 0;
    while (i < line.n) {
        if (!stops(line.p[i++]))
            continue;
        while (i < line.n && stops(line.p[i]))
            i++;
        while (i < line.n && closes(line.p[i]))
            i++;
        if (i == line.n || line.p[i] == ' ' || line.p[i] == '\t')
            n++;
        else
            continue;
        if (i == line.n)
            return n;
    }
    return n + 1; /* what stands after the last stop */
}

/* 0: the document is dropped; 1: go on, with *kept sentences more. */
static int line_rules(struct az_str line, bool loose, size_t *kept, struct az_broken *b)
{
    size_t words, longest;
    line = az_str_trim(line);
    count_words(line, &words, &longest);
    if (longest > 1000)
        return 1;
    line = without_citations(line);
    if ((!loose && !ends_well(line)) || words < 3)
        return 1;
    if (has(line, "lorem ipsum"))
        return az_rule_at_most(b, "lines with 'lorem ipsum'", 1, 0);
    if (has(line, "javascript"))
        return 1;
    if (line.n && memchr(line.p, '{', line.n))
        return az_rule_at_most(b, "lines with '{'", 1, 0);
    if (!has_policy(line))
        *kept += sentences(line);
    return 1;
}

static int rules(const struct az_document *d, bool loose, struct az_broken *b)
{
    size_t kept = 0;
    for (size_t i = 0; i < d->n_lines; i++) {
        if (line_rules(d->lines[i], loose, &kept, b) == 0)
            return 0;
    }
    return az_rule_at_least(b, "sentences in kept lines", (double)kept, 5);
}

int az_c4(const struct az_document *d, struct az_broken *b)
{
    return rules(d, false, b);
}

int az_c4_loose(const struct az_document *d, struct az_broken *b)
{
    return rules(d, true, b);
}
