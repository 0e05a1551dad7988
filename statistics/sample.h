/* statistics/sample.h: the one input of everything that learns: items, what
 * each judge said of them, and the true answers where they are known. Pure.
 *
 * An item's answers are numbers in [0, n_labels of the item). What a judge says
 * is its seat's share (statistics.md, "Seat share"): usually the whole of one
 * label; spread over several where orders or samples disagree. A judge that said
 * nothing readable has no vote: missing is never a category. Beside its share a
 * vote may have margins (real numbers, one a label, larger is better: log
 * probabilities, scores) and a score.
 *
 * Items are added one after the other, votes to the last item, judges in any
 * order; the sample is then read only and may be shared by threads. Memory: 12
 * bytes a vote of one label, 8 * (2 * n_labels + 1) more for the others. */
#pragma once
#include "core/base.h"
#include "core/error.h"

enum { AZ_SAMPLE_LABELS_MAX = 64, AZ_SAMPLE_JUDGES_MAX = 1 << 20 };

/* What the answers are to each other. */
enum az_answers {
    AZ_ANSWERS_NAMED,        /* labels with meanings of their own */
    AZ_ANSWERS_ORDINAL,      /* levels, in order; `levels` are their values */
    AZ_ANSWERS_EXCHANGEABLE, /* of a pair, or the best of K: places only. With a tie
                              * label (`tie`), that one is not exchangeable */
};

struct az_vote {
    int32_t judge;
    int16_t label; /* the one label; negative: spread, see shares */
    int16_t flags;
    int32_t more; /* its row of shares, margins and score; negative: none */
};

struct az_truth {
    int32_t label; /* the one true label; negative: none, or spread over several */
    int32_t more;  /* its row of shares (an item with several annotators); negative: none */
};

struct az_sample {
    size_t n_items, n_judges, n_labels; /* n_labels: the most of any item; 0: scores only */
    enum az_answers answers;
    int tie;               /* the label that is a tie, or -1 */
    const double *levels;  /* n_labels values of ordinal labels, or NULL; borrowed */
    const int32_t *family; /* n_judges numbers; equal = same family. NULL: each its own; borrowed */

    /* Read only; through the calls below where there is one. */
    size_t n_votes;
    uint32_t *start; /* n_items + 1: votes of item i are start[i] … start[i + 1] - 1 */
    struct az_vote *votes;
    struct az_truth *truths;
    uint64_t *clusters;
    double *weights;    /* sampling weight of a labelled item, > 0; 1 by default */
    int16_t *labels_of; /* n_labels of each item */
    double *true_scores;
    bool *has_true_score;
    double *rows;
    size_t items_cap, votes_cap, n_rows, rows_cap;
};

/* Empty, in place. `n_labels` up to AZ_SAMPLE_LABELS_MAX, 0 for scores only. */
void az_sample_init(struct az_sample *s, size_t n_judges, size_t n_labels, enum az_answers answers);
void az_sample_release(struct az_sample *s); /* a zeroed one is fine */

/* All of these: 0, or AZ_ENOMEM and then the sample is only to be released.
 * Shares are not negative and sum to 1; numbers are finite. */
int az_sample_item(struct az_sample *s, uint64_t cluster, size_t n_labels);
int az_sample_vote(struct az_sample *s, size_t judge, size_t label);
/* Any of shares (n_labels of the item), margins (as many) and score may be NULL,
 * but one. A share of one label becomes that label. */
int az_sample_vote_spread(struct az_sample *s, size_t judge, const double *shares,
                          const double *margins, const double *score);
/* The last item's truth. Shares of several annotators; of one label it becomes that. */
void az_sample_truth(struct az_sample *s, size_t label);
int az_sample_truth_spread(struct az_sample *s, const double *shares);
void az_sample_true_score(struct az_sample *s, double score);
void az_sample_weight(struct az_sample *s, double weight);

/* ---- reading ---- */

struct az_votes_of {
    const struct az_vote *v;
    size_t n;
};

static inline struct az_votes_of az_sample_votes(const struct az_sample *s, size_t item)
{
    size_t n = s->start[item + 1] - s->start[item];
    return (struct az_votes_of){n ? s->votes + s->start[item] : NULL, n};
}

bool az_vote_has_share(const struct az_vote *v); /* false: margins or score only */
/* Its share of `label`; 0 without shares. */
double az_vote_share(const struct az_sample *s, const struct az_vote *v, size_t label);
/* n_labels margins, or NULL. */
const double *az_vote_margins(const struct az_sample *s, const struct az_vote *v);
/* NULL: it has no score. */
const double *az_vote_score(const struct az_sample *s, const struct az_vote *v);

/* Is anything known of its truth (a label or shares)? */
static inline bool az_sample_labelled(const struct az_sample *s, size_t item)
{
    return s->truths[item].label >= 0 || s->truths[item].more >= 0;
}

/* The weight of `label` in the truth: 1 or 0, or between with several annotators. */
double az_sample_true_share(const struct az_sample *s, size_t item, size_t label);

/* Items of `from` in the order of `items`, with their truths where `keep_truth`
 * (NULL: all) says so; borrows levels and family. The same errors. */
int az_sample_pick(const struct az_sample *from, const uint32_t *items, size_t n,
                   const bool *keep_truth, struct az_sample *ret);
