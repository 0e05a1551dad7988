#include "core/error.h"
#include "core/mem.h"
#include "workers/lexical/document.h"
#include "workers/lexical/grams.h"
#include "workers/lexical/normal.h"

static size_t count(struct az_str text, struct az_str what)
{
    size_t n = 0;
    for (ptrdiff_t at; (at = az_str_find(text, what)) >= 0; n++) {
        text.p += (size_t)at + what.n;
        text.n -= (size_t)at + what.n;
    }
    return n;
}

static bool ends_in_ellipsis(struct az_str line)
{
    line = az_str_trim(line);
    return az_str_ends(line, "...") || az_str_ends(line, "…");
}

static bool is_bullet(struct az_str line)
{
    line = az_str_trim(line);
    return az_str_starts(line, "•") || az_str_starts(line, "-");
}

static int lines_rules(const struct az_document *d, struct az_broken *b)
{
    size_t bullets = 0, ellipses = 0;
    for (size_t i = 0; i < d->n_lines; i++) {
        bullets += is_bullet(d->lines[i]);
        ellipses += ends_in_ellipsis(d->lines[i]);
    }
    int r = az_rule_at_most(b, "bullet lines", az_share(bullets, d->n_lines), 0.9);
    if (r == 1)
        r = az_rule_at_most(b, "lines ending in an ellipsis", az_share(ellipses, d->n_lines), 0.3);
    return r;
}

/* How many different ones of Gopher's eight stop words are there. */
static size_t stop_words(const struct az_document *d)
{
    static const char *const words[] = {"the", "be", "to", "of", "and", "that", "have", "with"};
    size_t n = 0;
    for (size_t i = 0; i < AZ_LEN(words); i++)
        n += az_names_find(&d->names, az_str(words[i])) != AZ_NAME_NONE;
    return n;
}

int az_gopher_quality(const struct az_document *d, struct az_broken *b)
{
    size_t words = d->n_words - d->n_symbols, chars = 0, lettered = 0;
    for (size_t i = 0; i < d->n_words; i++) {
        chars += d->words[i].symbol ? 0 : d->words[i].chars;
        lettered += d->words[i].letter;
    }
    size_t ellipses = count(d->text, AZ_STR("...")) + count(d->text, AZ_STR("…"));

    int r = az_rule_at_least(b, "words", (double)words, 50);
    if (r == 1)
        r = az_rule_at_most(b, "words", (double)words, 100000);
    if (r == 1)
        r = az_rule_at_least(b, "mean word length", az_share(chars, words), 3);
    if (r == 1)
        r = az_rule_at_most(b, "mean word length", az_share(chars, words), 10);
    if (r == 1)
        r = az_rule_at_most(b, "hashes per word", az_share(count(d->text, AZ_STR("#")), d->n_words),
                            0.1);
    if (r == 1)
        r = az_rule_at_most(b, "ellipses per word", az_share(ellipses, d->n_words), 0.1);
    if (r == 1)
        r = lines_rules(d, b);
    if (r == 1)
        r = az_rule_at_least(b, "words with a letter", az_share(lettered, d->n_words), 0.8);
    if (r == 1)
        r = az_rule_at_least(b, "different stop words", (double)stop_words(d), 2);
    return r;
}

/* Pieces seen so far, and how many came again. */
struct repeats {
    struct az_names seen;
    size_t n, again, chars_again;
};

static int repeats_add(struct repeats *r, struct az_str piece)
{
    size_t before = r->seen.n;
    if (az_names_add(&r->seen, piece) == AZ_NAME_NONE)
        return AZ_ENOMEM;
    r->n++;
    if (r->seen.n == before) {
        r->again++;
        r->chars_again += az_utf8_count(piece);
    }
    return 0;
}

/* Paragraphs are parted by two line feeds or more; ends are trimmed. */
static int repeats_paragraphs(struct repeats *r, struct az_str text)
{
    text = az_str_trim(text);
    while (text.n) {
        ptrdiff_t at = az_str_find(text, AZ_STR("\n\n"));
        size_t n = at < 0 ? text.n : (size_t)at;
        if (repeats_add(r, (struct az_str){text.p, n}) < 0)
            return AZ_ENOMEM;
        while (n < text.n && text.p[n] == '\n')
            n++;
        text.p += n;
        text.n -= n;
    }
    return 0;
}

static int repeats_lines(struct repeats *r, const struct az_document *d)
{
    for (size_t i = 0; i < d->n_lines; i++) {
        if (d->lines[i].n && repeats_add(r, d->lines[i]) < 0)
            return AZ_ENOMEM;
    }
    return 0;
}

static int pieces_rules(const struct az_document *d, struct az_broken *b)
{
    struct repeats paragraphs = {0}, lines = {0};
    int r = repeats_paragraphs(&paragraphs, d->text);
    if (r == 0)
        r = repeats_lines(&lines, d);
    az_names_release(&paragraphs.seen);
    az_names_release(&lines.seen);
    if (r < 0)
        return r;
    r = az_rule_at_most(b, "repeated paragraphs", az_share(paragraphs.again, paragraphs.n), 0.3);
    if (r == 1)
        r = az_rule_at_most(b, "characters in repeated paragraphs",
                            az_share(paragraphs.chars_again, d->chars), 0.2);
    if (r == 1)
        r = az_rule_at_most(b, "repeated lines", az_share(lines.again, lines.n), 0.3);
    if (r == 1)
        r = az_rule_at_most(b, "characters in repeated lines",
                            az_share(lines.chars_again, d->chars), 0.2);
    return r;
}

/* The n-grams of words at one order after the other. */
struct word_grams {
    struct az_grams table;
    uint32_t *gram;  /* that starts at each word */
    uint32_t *count; /* by gram; then whether it was seen */
};

static int word_grams_init(struct word_grams *g, size_t words)
{
    g->gram = az_zalloc((words + 1) * sizeof(*g->gram));
    g->count = az_alloc((words + 1) * sizeof(*g->count));
    if (!g->gram || !g->count)
        return AZ_ENOMEM;
    return az_grams_init(&g->table, words);
}

static void word_grams_release(struct word_grams *g)
{
    az_grams_release(&g->table);
    free(g->gram);
    free(g->count);
}

static void word_grams_next(struct word_grams *g, const struct az_document *d, size_t order)
{
    az_grams_clear(&g->table);
    for (size_t i = 0; i + order <= d->n_words; i++)
        g->gram[i] = az_grams_add(&g->table, g->gram[i], d->words[i + order - 1].name);
}

static size_t gram_chars(const struct az_document *d, size_t at, size_t order)
{
    size_t n = 0;
    for (size_t i = at; i < at + order; i++)
        n += d->words[i].chars;
    return n;
}

/* Characters of the commonest n-gram, its words joined by spaces, times its
 * count; of equally common ones the first counts. */
static size_t top_chars(struct word_grams *g, const struct az_document *d, size_t order)
{
    size_t top = 0, at = 0;
    memset(g->count, 0, (d->n_words + 1) * sizeof(*g->count));
    for (size_t i = 0; i + order <= d->n_words; i++)
        g->count[g->gram[i]]++;
    for (size_t i = 0; i + order <= d->n_words; i++) {
        if (g->count[g->gram[i]] > top) {
            top = g->count[g->gram[i]];
            at = i;
        }
    }
    return top ? top * (gram_chars(d, at, order) + order - 1) : 0;
}

/* Characters of n-grams that came before, without overlaps, words joined by
 * nothing. */
static size_t repeated_chars(struct word_grams *g, const struct az_document *d, size_t order)
{
    size_t chars = 0;
    memset(g->count, 0, (d->n_words + 1) * sizeof(*g->count));
    for (size_t i = 0; i + order <= d->n_words;) {
        if (g->count[g->gram[i]]) {
            chars += gram_chars(d, i, order);
            i += order;
        } else {
            g->count[g->gram[i]] = 1;
            i++;
        }
    }
    return chars;
}

static int grams_rules(struct word_grams *g, const struct az_document *d, struct az_broken *b)
{
    static const struct {
        const char *rule;
        double bound;
    } orders[] = {
        {NULL, 0}, /* the words themselves */
        {"characters in the top 2-gram", 0.20},
        {"characters in the top 3-gram", 0.18},
        {"characters in the top 4-gram", 0.16},
        {"characters in repeated 5-grams", 0.15},
        {"characters in repeated 6-grams", 0.14},
        {"characters in repeated 7-grams", 0.13},
        {"characters in repeated 8-grams", 0.12},
        {"characters in repeated 9-grams", 0.11},
        {"characters in repeated 10-grams", 0.10},
    };
    int r = 1;
    for (size_t order = 1; r == 1 && order <= AZ_LEN(orders); order++) {
        word_grams_next(g, d, order);
        if (order == 1)
            continue;
        size_t chars = order < 5 ? top_chars(g, d, order) : repeated_chars(g, d, order);
        r = az_rule_at_most(b, orders[order - 1].rule, az_share(chars, d->chars),
                            orders[order - 1].bound);
    }
    return r;
}

int az_gopher_repetition(const struct az_document *d, struct az_broken *b)
{
    if (!d->n_words)
        return az_rule_at_least(b, "words", 0, 1);
    int r = pieces_rules(d, b);
    if (r != 1)
        return r;
    struct word_grams g = {0};
    r = word_grams_init(&g, d->n_words);
    if (r == 0)
        r = grams_rules(&g, d, b);
    word_grams_release(&g);
    return r;
}
