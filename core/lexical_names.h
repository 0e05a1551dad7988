/* core/lexical_names.h: the embedded judges' models: one list for the panel's
 * checks, the lexical worker and the reference page. Pure.
 *
 * X(NAME, "name", needs a reference, is a count, is a rule for documents, doc).
 * A count (length in code points, words) is itself; the rest are ratios from 0
 * to 1, a rule gives 1 when the document is kept and 0 when it is not. */
#pragma once
#include "core/base.h"
#include "core/str.h"

#define AZ_LEXICAL_NAMES(X)                                                                  \
    X(CONTAINS, "contains", 1, 0, 0, "1 when the response contains the reference.")          \
    X(EXACT_MATCH, "exact_match", 1, 0, 0, "1 when it is the reference, by SQuAD's rules.")  \
    X(TOKEN_F1, "token_f1", 1, 0, 0, "F1 of shared words, by SQuAD's rules.")                \
    X(ROUGE_L, "rouge_l", 1, 0, 0, "F1 of the longest common subsequence of words.")         \
    X(CHRF, "chrf", 1, 0, 0, "F2 of shared character n-grams (chrF2).")                      \
    X(LENGTH, "length", 0, 1, 0, "Length in code points.")                                   \
    X(WORDS, "words", 0, 1, 0, "Words, parted by white space.")                              \
    X(GOPHER_QUALITY, "gopher_quality", 0, 0, 1, "Gopher's rules of quality.")               \
    X(GOPHER_REPETITION, "gopher_repetition", 0, 0, 1, "Gopher's rules against repetition.") \
    X(C4, "c4", 0, 0, 1, "C4's rules for lines and pages.")                                  \
    X(FINEWEB, "fineweb", 0, 0, 1, "FineWeb's own rules.")                                   \
    X(DOCUMENT, "document", 0, 0, 1, "All of FineWeb's road, C4 with loose line ends.")

enum az_lexical {
#define X(NAME, name, reference, count, rule, doc) AZ_LEX_##NAME,
    AZ_LEXICAL_NAMES(X)
#undef X
        AZ_LEX_COUNT
};

struct az_lexical_name {
    const char *name;
    bool reference, count, rule;
    const char *doc;
};

extern const struct az_lexical_name az_lexical_names[AZ_LEX_COUNT];

int az_lexical_find(struct az_str name); /* enum az_lexical; -1 = none */
