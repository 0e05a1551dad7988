/* statistics/learn/design.h: a sample as dense arrays, for fits that go over it
 * many times. Pure.
 *
 * A judge without a share gets one from what it said: the labels of its largest
 * margin, or the levels next to its score. Memory: 8 bytes for each item, judge
 * and label; as much again with margins. */
#pragma once
#include "core/base.h"
#include "core/error.h"
#include "statistics/sample.h"

enum {
    AZ_DESIGN_JUDGES_MAX = 512, /* more of them are voted, not fitted */
    AZ_HAS_SHARE = 1,
    AZ_HAS_MARGINS = 2,
};

/* What a model must know of a panel to read its votes. */
struct az_frame {
    size_t n_judges, n_labels;
    enum az_answers answers;
    int tie;                              /* -1: none */
    bool margins;                         /* some judge has them */
    double levels[AZ_SAMPLE_LABELS_MAX];  /* of ordinal labels; else 0, 1, 2 … */
    int32_t family[AZ_DESIGN_JUDGES_MAX]; /* the first judge of the family */
};

struct az_design {
    struct az_frame frame;
    size_t n;
    double *shares;  /* n × n_judges × n_labels; zeros where missing */
    double *margins; /* the same; NULL: nobody has any */
    uint8_t *has;    /* n × n_judges: AZ_HAS_* */
    double *truth;   /* n × n_labels: sums to 1, or all 0 */
    double *weight;  /* n */
    bool *labelled;  /* n */
    int16_t *labels_of;
    uint64_t *clusters;
};

/* Some of a design's items. */
struct az_rows {
    const uint32_t *v;
    size_t n;
};

/* Items first … first + n - 1 of the sample. AZ_ENOMEM; AZ_ELIMIT: more than
 * AZ_DESIGN_JUDGES_MAX judges; AZ_EINVAL: no labels. */
int az_design_init(struct az_design *d, const struct az_sample *s, size_t first, size_t n,
                   struct az_error *err);
void az_design_release(struct az_design *d); /* a zeroed one is fine */

/* A judge's margins on an item become the logarithms of these probabilities (labels_of
 * the item), each at least 1e-6; its shares stay what it said. AZ_ENOMEM. */
int az_design_say(struct az_design *d, size_t item, size_t judge, const double *p);

/* n_labels shares of a judge. */
static inline const double *az_design_share(const struct az_design *d, size_t item, size_t judge)
{
    return d->shares + (item * d->frame.n_judges + judge) * d->frame.n_labels;
}

static inline const double *az_design_margins(const struct az_design *d, size_t item, size_t judge)
{
    return d->margins + (item * d->frame.n_judges + judge) * d->frame.n_labels;
}

static inline uint8_t az_design_has(const struct az_design *d, size_t item, size_t judge)
{
    return d->has[item * d->frame.n_judges + judge];
}

static inline const double *az_design_truth(const struct az_design *d, size_t item)
{
    return d->truth + item * d->frame.n_labels;
}

/* The answers with the most of `p`, within 1e-12: how many, and which. */
size_t az_top(const double *p, size_t n, bool *is_top);
/* The weight of the truth on the top answers of `p`, shared among them: the
 * item's credit (docs/statistics.md). */
double az_credit(const double *p, const double *truth, size_t n);
