/* client/cli/combined.h: how a panel's ballots are best combined, and what each judge
 * is worth in that, from labelled items: what `calibrate` prints of them, bounded in
 * time for a report. Pure.
 *
 * Each way is scored out of fold (methods.h). Of more than AZ_COMBINED_MOST labelled
 * items as many are drawn at random, all equally likely: a mean over them estimates
 * the same, folds still keep clusters together, and no cluster is lost whole. */
#pragma once
#include "client/cli/corpus.h"
#include "client/cli/methods.h"

enum {
    AZ_COMBINED_LEAST = 20, /* labelled items; with fewer nothing is compared */
    AZ_COMBINED_MOST = 1000,
    AZ_COMBINED_WORTH = 2000000, /* items × judges² × labels that what each adds is worked out of */
};

struct az_combined {
    const char *reason; /* why nothing is compared; NULL: it is */
    struct az_methods methods;
    int64_t labelled, used; /* items; used < labelled: they were drawn */
    size_t n_judges;
    struct az_figure *weights, *adds; /* by judge; NULL: not worked out, see `reason` */
};

/* Items that were asked in full and are labelled. The same seed and ITEMS in the same
 * order give the same figures, those of `calibrate` where nothing is drawn. AZ_ENOMEM;
 * AZ_EINVAL: the numbers of a fit ran away. *ret is to be released after errors too,
 * and not to be moved. */
int az_combined(const struct az_corpus *c, uint64_t seed, struct az_combined *ret,
                struct az_error *err);
void az_combined_release(struct az_combined *c); /* a zeroed one is fine */
