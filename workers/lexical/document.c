#include "workers/lexical/document.h"

#include "core/error.h"
#include "core/mem.h"
#include "workers/lexical/normal.h"

static int add_word(struct az_document *d, const char *from, const char *to)
{
    struct az_word w = {.text = {from, (size_t)(to - from)}, .symbol = true};
    for (const char *p = from; p < to; w.chars++) {
        uint32_t cp = az_utf8_next(&p);
        w.symbol &= az_is_symbol(cp);
        w.letter |= az_is_letter(cp);
    }
    w.name = az_names_add(&d->names, w.text);
    if (w.name == AZ_NAME_NONE || az_grow(&d->words, &d->cap_words, d->n_words + 1, sizeof(w)) < 0)
        return AZ_ENOMEM;
    d->n_symbols += w.symbol;
    d->words[d->n_words++] = w;
    return 0;
}

/* The end of the symbol that starts at `p`: one character, or a run of dots. */
static const char *symbol_end(const char *p, const char *to)
{
    if (*p != '.') {
        az_utf8_next(&p);
        return p;
    }
    while (p < to && *p == '.')
        p++;
    return p;
}

/* What stands between two white spaces: symbols, a word, symbols. */
static int add_chunk(struct az_document *d, const char *from, const char *to)
{
    const char *core = NULL, *core_end = to;
    for (const char *p = from; p < to;) {
        const char *start = p;
        if (az_is_symbol(az_utf8_next(&p)))
            continue;
        core = core ? core : start;
        core_end = p;
    }
    if (!core)
        core = core_end = to;

    int r = 0;
    for (const char *p = from, *end; r == 0 && p < core; p = end) {
        end = symbol_end(p, core);
        r = add_word(d, p, end);
    }
    if (r == 0 && core < core_end)
        r = add_word(d, core, core_end);
    for (const char *p = core_end, *end; r == 0 && p < to; p = end) {
        end = symbol_end(p, to);
        r = add_word(d, p, end);
    }
    return r;
}

static int add_words(struct az_document *d)
{
    const char *end = d->text.p + d->text.n, *from = d->text.p;
    for (const char *p = from; p < end;) {
        const char *start = p;
        if (!az_is_space(az_utf8_next(&p)))
            continue;
        if (start > from && add_chunk(d, from, start) < 0)
            return AZ_ENOMEM;
        from = p;
    }
    return from < end ? add_chunk(d, from, end) : 0;
}

int az_document_init(struct az_document *d, struct az_str text)
{
    *d = (struct az_document){.text = text, .chars = az_utf8_count(text)};
    struct az_str rest = text, line;
    while (az_str_line(&rest, &line)) {
        if (az_grow(&d->lines, &d->cap_lines, d->n_lines + 1, sizeof(line)) < 0)
            return AZ_ENOMEM;
        d->lines[d->n_lines++] = line;
    }
    return add_words(d);
}

void az_document_release(struct az_document *d)
{
    free(d->lines);
    free(d->words);
    az_names_release(&d->names);
    *d = (struct az_document){0};
}

int az_rule_at_most(struct az_broken *b, const char *rule, double measured, double bound)
{
    if (measured <= bound)
        return 1;
    *b = (struct az_broken){rule, measured, bound, false};
    return 0;
}

int az_rule_at_least(struct az_broken *b, const char *rule, double measured, double bound)
{
    if (measured >= bound)
        return 1;
    *b = (struct az_broken){rule, measured, bound, true};
    return 0;
}

double az_share(size_t part, size_t whole)
{
    return whole ? (double)part / (double)whole : 0;
}

int az_document_rules(const struct az_document *d, struct az_broken *broken)
{
    static az_rules_fn *const road[] = {az_gopher_repetition, az_gopher_quality, az_c4_loose,
                                        az_fineweb};
    int r = 1;
    for (size_t i = 0; r == 1 && i < AZ_LEN(road); i++)
        r = road[i](d, broken);
    return r;
}
