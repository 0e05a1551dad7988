/* statistics/calibrate/logits.h: what calibrations of many labels are fitted to:
 * a row of logits and a true label an item. Pure. */
#pragma once
#include "core/base.h"
#include "core/error.h"

enum { AZ_LOGITS_LABELS = 64 };

/* Borrowed. Logits are any finite numbers, larger for what is likelier: log
 * probabilities, or log shares with something added so that none is -inf. */
struct az_logits {
    size_t n, n_labels;       /* n_labels <= AZ_LOGITS_LABELS */
    const double *z;          /* n rows of n_labels */
    const int16_t *labels_of; /* how many of a row are labels; NULL: all */
    const int32_t *truth;     /* the true label, negative: unknown */
    const double *w;          /* NULL: 1; 0 leaves an item out */
};

static inline size_t az_logits_labels(const struct az_logits *l, size_t i)
{
    return l->labels_of ? (size_t)l->labels_of[i] : l->n_labels;
}

/* 0 for what is not used in a fit. */
static inline double az_logits_weight(const struct az_logits *l, size_t i)
{
    return l->truth[i] < 0 ? 0 : l->w ? l->w[i] : 1;
}

/* q = softmax(scale * z), and returns ln of the sum of exp(scale * z); q may be
 * z, or NULL. */
double az_softmax(const double *z, size_t k, double scale, double *q);
