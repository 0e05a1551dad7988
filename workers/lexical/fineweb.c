#include "core/error.h"
#include "workers/lexical/document.h"
#include "workers/lexical/normal.h"

static bool ends_in_punctuation(struct az_str line)
{
    static const char *const marks[] = {".", "'", "\"", "!", "?", "…", "。", "！", "？"};
    for (size_t i = 0; i < AZ_LEN(marks); i++) {
        if (az_str_ends(line, marks[i]))
            return true;
    }
    return false;
}

/* What the rules count in lines that are not blank. */
struct tally {
    size_t lines, punctuated, brief, chars_again;
};

static int count(const struct az_document *d, struct tally *t)
{
    struct az_names seen = {0};
    int r = 0;
    for (size_t i = 0; r == 0 && i < d->n_lines; i++) {
        struct az_str line = d->lines[i];
        if (!az_str_trim(line).n)
            continue;
        size_t chars = az_utf8_count(line), before = seen.n;
        t->lines++;
        t->punctuated += ends_in_punctuation(line);
        t->brief += chars <= 30;
        if (az_names_add(&seen, line) == AZ_NAME_NONE)
            r = AZ_ENOMEM;
        else if (seen.n == before)
            t->chars_again += chars;
    }
    az_names_release(&seen);
    return r;
}

int az_fineweb(const struct az_document *d, struct az_broken *b)
{
    struct tally t = {0};
    int r = count(d, &t);
    if (r < 0)
        return r;
    size_t feeds = 0;
    for (size_t i = 0; i < d->text.n; i++)
        feeds += d->text.p[i] == '\n';

    r = az_rule_at_least(b, "lines", (double)t.lines, 1);
    if (r == 1)
        r = az_rule_at_least(b, "lines ending in punctuation", az_share(t.punctuated, t.lines),
                             0.12);
    if (r == 1)
        r = az_rule_at_most(b, "lines of at most 30 characters", az_share(t.brief, t.lines), 0.67);
    if (r == 1)
        r = az_rule_at_most(b, "characters in repeated lines",
                            az_share(t.chars_again, d->chars - feeds), 0.01);
    if (r == 1)
        r = az_rule_at_most(b, "line ends per word", az_share(feeds, d->n_words), 0.3);
    return r;
}
