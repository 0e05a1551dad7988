/* statistics/infer/infer.h: what the votes say without any known answer: of each
 * item its label or score, of each judge how good it is. Pure; threads may share
 * a sample.
 *
 * Truths in the sample are not looked at. A vote spread over labels counts with
 * its shares; a vote without shares is none here (mean_logit reads margins, the
 * score models scores). Repeated votes of a judge to an item are separate ones.
 *
 * A posterior of these models is for the decision and never for a probability
 * that is printed: all of them take judges to err independently, and judges
 * that err together make them sure of what is wrong (docs/statistics.md).
 *
 * Memory: the result, and at most n_votes numbers where the method's file says
 * so; each round streams over the votes once. */
#pragma once
#include "statistics/sample.h"

struct az_infer_options {
    int iterations;      /* at most; 0: the method's own */
    double tolerance;    /* stop when the log likelihood an answer rises by less; 0: the
                          * method's own, negative: never */
    double prior;        /* pseudo-answers, where the method has a prior; 0: its own */
    uint64_t seed;       /* of a start that is drawn */
    const double *start; /* that start instead; what it holds is said in the method's file */
};

/* Empty where a method has none of it: NULL. */
struct az_infer {
    size_t n_items, n_judges, n_labels;
    double *posterior; /* n_items × n_labels: rows sum to 1, 0 where the item has no such label */
    double *prior;     /* n_labels: how frequent each label is */
    double *answers;   /* n_judges: votes that counted; where it is 0 the rest says nothing */
    double *skill;     /* n_judges, as the method's file says; mostly the share of right answers */
    double *confusion; /* n_judges × said × true: P(says the one | true is the other) */

    /* Score models: y = bias + scale * true + noise. */
    double *score, *score_var;     /* n_items: mean and variance of the true score */
    double *bias, *scale, *spread; /* n_judges; spread: the noise's variance */

    double *difficulty; /* n_items, glad: ln beta, larger is easier */

    double loglik; /* of the votes, with the values above; what it is of is the method's */
    int iterations;
    bool converged;  /* by the tolerance; closed forms always are */
    size_t left_out; /* votes that the method could not use */
};

enum az_infer_use {
    AZ_INFER_DECIDES,  /* for the decision */
    AZ_INFER_RESEARCH, /* a reference to compare with, not offered to users */
};

enum { AZ_INFER_JUDGES_FEW = 4096 }; /* where memory grows with their square */

enum az_infer_needs {
    AZ_INFER_LABELS,
    AZ_INFER_TWO_LABELS,
    AZ_INFER_FEW_JUDGES,
    AZ_INFER_MARGINS,
    AZ_INFER_SCORES,
};

struct az_infer_method {
    const char *name;
    enum az_infer_use use;
    enum az_infer_needs needs;
    const char *about;
    /* Of a result that is zeroed but for its sizes; the caller releases it. */
    int (*run)(const struct az_sample *s, const struct az_infer_options *o, struct az_infer *r);
};

/* All of them; a row without a name ends it. */
extern const struct az_infer_method az_infer_methods[];
const struct az_infer_method *az_infer_method(const char *name); /* NULL: there is none */

/* 0, or AZ_ENOMEM, or AZ_EINVAL where the sample is not what the method needs,
 * with the reason in *err; then *ret is untouched. `o` may be NULL. */
int az_infer(const struct az_infer_method *m, const struct az_sample *s,
             const struct az_infer_options *o, struct az_infer *ret, struct az_error *err);
void az_infer_release(struct az_infer *r); /* a zeroed one is fine */

/* The item's label: the largest posterior, the first of those within 1e-9 of it;
 * negative when the method has no labels. */
int az_infer_label(const struct az_infer *r, size_t item);
