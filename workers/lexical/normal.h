/* workers/lexical/normal.h: text made comparable. Pure.
 *
 * Folding is Unicode NFKC with full case folding (utf8proc); ASCII text takes
 * a short way with the same result. Input is valid UTF-8. */
#pragma once
#include "core/base.h"
#include "core/buf.h"
#include "core/str.h"

/* Words in one buffer, a slice each. */
struct az_tokens {
    struct az_buf text; /* owns the bytes */
    struct az_str *v;
    size_t n, cap;
};

struct az_tokens az_tokens(void);
void az_tokens_release(struct az_tokens *t);
#define AZ_AUTO_TOKENS __attribute__((cleanup(az_tokens_release))) struct az_tokens

/* NFKC and case-folded, onto `out`. 0 or AZ_ENOMEM. */
int az_fold(struct az_buf *out, struct az_str s);

/* The same with white space runs as one space and none at the ends. */
int az_fold_spaces(struct az_buf *out, struct az_str s);

/* What SQuAD's evaluation compares (Rajpurkar et al. 2016): folded, without
 * punctuation, without the words a, an, the, split at white space. For ASCII
 * it is that script's normalize_answer(); beyond, punctuation is what Unicode
 * calls so (P*), where the script knows only ASCII's. 0 or AZ_ENOMEM. */
int az_tokens_squad(struct az_tokens *t, struct az_str s);

/* Runs of [a-z0-9] of the lower-cased text, as rouge-score without stemming:
 * everything else parts words. 0 or AZ_ENOMEM. */
int az_tokens_rouge(struct az_tokens *t, struct az_str s);

bool az_is_ascii(struct az_str s);

/* Decode the code point at *p (valid UTF-8) and step over it. */
uint32_t az_utf8_next_long(const char **p);
static inline uint32_t az_utf8_next(const char **p)
{
    return (unsigned char)**p < 0x80 ? (unsigned char)*(*p)++ : az_utf8_next_long(p);
}

/* White space as Unicode has it (White_Space), and the four ASCII separators
 * 0x1c to 0x1f that Python splits at too. */
bool az_is_space(uint32_t cp);
bool az_is_punct(uint32_t cp);  /* P*, and all ASCII that is printable, no letter, digit or space */
bool az_is_symbol(uint32_t cp); /* az_is_punct, and S* */
bool az_is_letter(uint32_t cp);
