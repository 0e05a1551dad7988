#include "statistics/quantitative/evaluations.h"

#include <string.h>

#include "core/mem.h"

void az_evaluations_init(struct az_evaluations *e, enum az_answers answers, size_t n_labels,
                         int tie, const double *levels)
{
    az_assert(n_labels >= 2 && n_labels <= AZ_SAMPLE_LABELS_MAX);
    *e = (struct az_evaluations){.answers = answers, .tie = tie, .n_labels = n_labels};
    if (levels)
        memcpy(e->levels, levels, n_labels * sizeof(*levels));
}

void az_evaluations_release(struct az_evaluations *e)
{
    free(e->items);
    free(e->said);
    free(e->words_start);
    free(e->words);
    free(e->rows);
    *e = (struct az_evaluations){0};
}

int az_evaluations_item(struct az_evaluations *e, size_t n_labels, const double *margins)
{
    az_assert(n_labels <= e->n_labels);
    size_t room = (e->n_rows + 1) * e->n_labels;
    if (az_grow(&e->items, &e->items_cap, e->n + 1, sizeof(*e->items)) < 0 ||
        (margins && az_grow(&e->rows, &e->rows_cap, room, sizeof(*e->rows)) < 0))
        return AZ_ENOMEM;
    e->items[e->n++] =
        (struct az_evaluated){.n_labels = n_labels,
                              .first = e->n_ballots,
                              .margins = margins ? (ptrdiff_t)(e->n_rows * e->n_labels) : -1};
    if (margins) {
        double *row = e->rows + e->n_rows++ * e->n_labels;
        memset(row, 0, e->n_labels * sizeof(*row));
        memcpy(row, margins, n_labels * sizeof(*row));
    }
    return 0;
}

int az_evaluations_ballot(struct az_evaluations *e, int said, struct az_str reasons)
{
    struct az_word words[AZ_WORDS];
    size_t n = az_words_of(reasons, words), b = e->n_ballots;
    size_t start = b ? e->words_start[b] : 0;
    az_assert(e->n && said >= AZ_LABEL_UNSAID && said < (int)e->items[e->n - 1].n_labels);
    if (az_grow(&e->said, &e->said_cap, b + 1, sizeof(*e->said)) < 0 ||
        az_grow(&e->words_start, &e->starts_cap, b + 2, sizeof(*e->words_start)) < 0 ||
        az_grow(&e->words, &e->words_cap, start + n + 1, sizeof(*e->words)) < 0)
        return AZ_ENOMEM;
    memcpy(e->words + start, words, n * sizeof(*words));
    e->words_start[b] = start;
    e->words_start[b + 1] = start + n;
    e->said[b] = (int16_t)said;
    e->n_ballots++;
    e->items[e->n - 1].n++;
    e->items[e->n - 1].has_reasons |= n > 0;
    return 0;
}
