/* statistics/learn/explain.h: what a model is made of, and what each judge is worth
 * in it, for people to read. Pure.
 *
 * Both figures of judges are of the hierarchical logit (hierarchical.c), whatever
 * else `auto` mixes in, for there each judge has coefficients of its own:
 *   weight  the log odds by which one vote moves the answer that it names against
 *           any other one, everybody else's votes being what they are: the share's
 *           coefficient, with the margin's at the judge's usual margin and the
 *           score's on the average over levels. 95 % by Laplace's approximation.
 *           0 for a judge that only says what others say.
 *   adds    how much the mean log score of an item falls when the judge is taken
 *           away and the rest is learnt anew: out of fold, paired, with Student's t
 *           by cluster. About 0 says that nobody would miss it. The spread of
 *           coefficients is that of the whole panel, so that judges are compared
 *           under one prior. */
#pragma once
#include "statistics/figure.h"
#include "statistics/learn/learner.h"

struct az_judge_worth {
    struct az_figure weight, adds;
};

/* `ret` has n_judges places. Labelled rows; too few for az_learn(): every figure is
 * undefined with that reason. AZ_ENOMEM; AZ_EINVAL: numbers ran away. */
int az_explain_judges(const struct az_design *d, struct az_rows rows, uint64_t seed,
                      struct az_judge_worth *ret, struct az_error *err);

struct az_part_worth {
    const char *name;
    double weight;    /* in the mixture; 0: not in it */
    double log_score; /* its mean out of fold */
};

/* How many parts a mixture has; 0: the model is none. `ret` has AZ_MODEL_PARTS
 * places. */
size_t az_explain_parts(const struct az_model *m, struct az_part_worth *ret);
