/* statistics/quantitative/words.h: a text as a point in a fixed space: hashed words
 * and pairs of words. Pure.
 *
 * A word is a run of ASCII letters (small ones stand for both), digits and bytes from
 * 0x80 on; every other byte that is no white space is a word of its own. With
 * h(word) = az_hash64(0, word) and h(word, next) = az_hash64_mix(h(word), h(next)),
 * a gram of hash h adds 1 (-1 where bit 63 of h is set) at h mod AZ_WORDS: signed
 * feature hashing, under which inner products keep their mean (Weinberger, Dasgupta,
 * Langford, Smola, Attenberg, ICML 2009). Sums s become sign(s) ln(1 + |s|), then the
 * whole is divided by its Euclidean length. Long texts so weigh as much as short ones.
 *
 * What is learnt from these points holds for them alone: a change here is a new value
 * of AZ_WORDS_FORM. */
#pragma once
#include "core/base.h"
#include "core/str.h"

#define AZ_WORDS_FORM "words-1-2/1024"

enum { AZ_WORDS = 1024 };

/* One coordinate that is not 0. */
struct az_word {
    uint32_t at;
    double value;
};

/* The coordinates of `text`, ascending; returns how many. None: a text without words. */
size_t az_words_of(struct az_str text, struct az_word ret[AZ_WORDS]);
