/* statistics/agreement/kappa.h: how often two judges agree, and Cohen's kappa:
 * how much of that is more than chance. Pure, streaming.
 *
 * Only items that both gave one answer to count. kappa = (po - pe) / (1 - pe)
 * with pe from both judges' own margins over those items (Cohen 1960). */
#pragma once
#include "core/base.h"
#include "statistics/figure.h"

struct az_kappa {
    size_t n_labels;
    int64_t n, agree;
    int64_t *margins; /* 2 * n_labels counts: of a, then of b; the caller's */
};

/* `margins` is zeroed, has room for 2 * n_labels and outlives the struct. */
void az_kappa_init(struct az_kappa *k, size_t n_labels, int64_t *margins);

/* Labels in [0, n_labels); a negative one is missing, and then the item does
 * not count. */
void az_kappa_add(struct az_kappa *k, int a, int b);

/* Share of items on which both said the same; undefined without any. */
struct az_figure az_kappa_percent(const struct az_kappa *k);

/* Undefined without items, or when both always gave one and the same answer. */
struct az_figure az_kappa_figure(const struct az_kappa *k);
