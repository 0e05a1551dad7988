/* statistics/quantitative/evaluations.h: what one judge said of many items, with the
 * words that it gave as its reasons. Pure.
 *
 * An item has one or more ballots of the judge (orders, samples), each with the label
 * that it names and its reasons; and beside them margins of its labels. Items are added
 * one after the other, ballots to the last one. */
#pragma once
#include "core/base.h"
#include "core/error.h"
#include "core/str.h"
#include "statistics/quantitative/words.h"
#include "statistics/sample.h"

enum { AZ_LABEL_UNSAID = -1 }; /* names none of the labels */

struct az_evaluations {
    enum az_answers answers;
    int tie;                             /* of exchangeable ones: the label that is a tie; or -1 */
    size_t n_labels;                     /* the most of any item */
    double levels[AZ_SAMPLE_LABELS_MAX]; /* of ordinal labels */

    /* Read only. */
    size_t n; /* items */
    struct az_evaluated *items;
    size_t n_ballots;
    int16_t *said;       /* by ballot */
    size_t *words_start; /* n_ballots + 1 */
    struct az_word *words;
    double *rows; /* margins, n_labels an item that has them */
    size_t n_rows, items_cap, said_cap, starts_cap, words_cap, rows_cap;
};

struct az_evaluated {
    size_t n_labels;
    size_t first, n;   /* its ballots */
    bool has_reasons;  /* one of them at least gave any */
    ptrdiff_t margins; /* its row, or -1 */
};

/* Empty. `levels` NULL but for ordinal answers. */
void az_evaluations_init(struct az_evaluations *e, enum az_answers answers, size_t n_labels,
                         int tie, const double *levels);
void az_evaluations_release(struct az_evaluations *e); /* a zeroed one is fine */

/* 0 or AZ_ENOMEM, and then it is only to be released. `margins` NULL: none. */
int az_evaluations_item(struct az_evaluations *e, size_t n_labels, const double *margins);
/* `said` AZ_LABEL_UNSAID: a score between two levels, a tie where tie is no label. */
int az_evaluations_ballot(struct az_evaluations *e, int said, struct az_str reasons);

struct az_worded {
    const struct az_word *v;
    size_t n;
};

static inline struct az_worded az_evaluations_words(const struct az_evaluations *e, size_t ballot)
{
    size_t start = e->words_start[ballot];
    return (struct az_worded){e->words ? e->words + start : NULL,
                              e->words_start[ballot + 1] - start};
}
