/* workers/lexical/document.h: is a text fit to train on? The published rules
 * of Gopher, C4 and FineWeb. Pure.
 *
 * Thresholds and their order are those of datatrove's filters (Apache-2.0,
 * src/datatrove/pipeline/filters/). Words and sentences are cut by simpler
 * means than its tokenizers: a word ends at white space, and symbols at its
 * ends are words of their own (a run of dots is one); a sentence ends at . ? !
 * before white space or the line's end. Figures near a threshold can differ
 * by that. Lengths are characters (code points). Lines end in "\n" or "\r\n". */
#pragma once
#include "core/base.h"
#include "core/str.h"
#include "workers/names.h"

struct az_word {
    struct az_str text;
    uint32_t name; /* equal words have equal names */
    uint32_t chars;
    bool symbol; /* nothing but punctuation and symbols */
    bool letter; /* a letter is in it */
};

struct az_document {
    struct az_str text;
    size_t chars;
    struct az_str *lines;
    size_t n_lines, cap_lines;
    struct az_word *words;
    size_t n_words, cap_words;
    size_t n_symbols; /* words that are one */
    struct az_names names;
};

/* The text is borrowed. 0 or AZ_ENOMEM; release in either case. */
int az_document_init(struct az_document *d, struct az_str text);
void az_document_release(struct az_document *d);

/* The first rule that a text broke. */
struct az_broken {
    const char *rule;
    double measured, bound;
    bool under; /* measured is under the bound, else over it */
};

/* 1: it passes all rules; 0: not, and *broken says which; or AZ_ENOMEM. */
typedef int az_rules_fn(const struct az_document *d, struct az_broken *broken);

az_rules_fn az_gopher_quality;    /* Rae et al. 2021, section A.1.1 */
az_rules_fn az_gopher_repetition; /* Rae et al. 2021, table A1 */
az_rules_fn az_c4;                /* Raffel et al. 2020, section 2.2 */
az_rules_fn az_c4_loose;          /* as FineWeb has it: lines may end without punctuation */
az_rules_fn az_fineweb;           /* Penedo et al. 2024, section 3.6 */
az_rules_fn az_document_rules;    /* all of FineWeb's road after language, in its order:
                                     repetition, quality, loose C4, FineWeb */

/* For the rule files. One test: 1 and nothing written, or 0 and *broken. */
int az_rule_at_most(struct az_broken *b, const char *rule, double measured, double bound);
int az_rule_at_least(struct az_broken *b, const char *rule, double measured, double bound);
double az_share(size_t part, size_t whole); /* 0 of nothing */
