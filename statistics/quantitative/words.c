#include "statistics/quantitative/words.h"

#include <math.h>
#include <string.h>

#include "core/hash.h"

enum { WORD_MAX = 64 }; /* what is longer is cut: no word of a language is */

static bool is_space(unsigned char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* ASCII only, whatever the locale. */
static bool in_word(unsigned char c)
{
    return c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* The next word's hash; *at moves behind it. False: no more words. */
static bool next_word(struct az_str text, size_t *at, uint64_t *hash)
{
    char word[WORD_MAX];
    size_t n = 0, i = *at;
    while (i < text.n && is_space((unsigned char)text.p[i]))
        i++;
    if (i == text.n)
        return false;
    bool run = in_word((unsigned char)text.p[i]);
    do {
        char c = text.p[i++];
        if (n < WORD_MAX)
            word[n++] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    } while (run && i < text.n && in_word((unsigned char)text.p[i]));
    *at = i;
    *hash = az_hash64(0, (struct az_str){word, n});
    return true;
}

static void add(double sums[AZ_WORDS], uint64_t hash)
{
    sums[hash % AZ_WORDS] += hash >> 63 ? -1 : 1;
}

size_t az_words_of(struct az_str text, struct az_word ret[AZ_WORDS])
{
    double sums[AZ_WORDS], square = 0;
    uint64_t hash, before = 0;
    size_t at = 0, n = 0;
    if (!text.n) /* most ballots of some judges */
        return 0;
    memset(sums, 0, sizeof(sums));
    for (bool first = true; next_word(text, &at, &hash); first = false) {
        add(sums, hash);
        if (!first)
            add(sums, az_hash64_mix(before, hash));
        before = hash;
    }
    for (size_t i = 0; i < AZ_WORDS; i++) {
        if (sums[i] == 0)
            continue;
        double value = copysign(log1p(fabs(sums[i])), sums[i]);
        square += value * value;
        ret[n++] = (struct az_word){(uint32_t)i, value};
    }
    for (size_t i = 0; i < n; i++)
        ret[i].value /= sqrt(square);
    return n;
}
