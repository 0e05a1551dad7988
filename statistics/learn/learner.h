/* statistics/learn/learner.h: from labelled items to probabilities. Pure.
 *
 *     az_design_init(&design, &sample, 0, sample.n_items, err);
 *     az_learn("auto", &design, az_labelled(&design, rows), seed, &model, err);
 *     az_model_predict(model, &design, all_rows, p);
 *
 * The same rows in another order, and judges in another order, give the same model
 * but for the last bits; two places of a pair may be swapped in any item. What a
 * model says of items that it was learnt from is no measure of it: az_learn_out()
 * does that. */
#pragma once
#include "statistics/learn/model.h"

enum { AZ_LEARN_LEAST = 10, AZ_LEARN_FOLDS = 5 };

/* Ends in a row without a name. */
extern const struct az_learner *const az_learners[];
/* NULL: there is none. */
const struct az_learner *az_learner_find(const char *name);

/* The labelled items; `room` has design->n places and is borrowed. */
struct az_rows az_labelled(const struct az_design *d, uint32_t *room);

/* With fewer than AZ_LEARN_LEAST labelled items or clusters of them, one label
 * alone, or no vote on any of them, the model is `votes` and its reason says why.
 * AZ_ENOMEM; AZ_EINVAL: no such learner, or its numbers ran away. */
int az_learn(const char *name, const struct az_design *d, struct az_rows rows, uint64_t seed,
             struct az_model **ret, struct az_error *err);

/* Probabilities of each row from a model of the other folds (by cluster): n_labels a
 * row. Errors as above. */
int az_learn_out(const char *name, const struct az_design *d, struct az_rows rows, size_t n_folds,
                 uint64_t seed, double *p, struct az_error *err);

/* The same of `rows`, and of `rest` (none of them in `rows`; labels of theirs are not looked
 * at) what the models of the folds say on average: `p_rest`, n_labels a row, and `top_rest`,
 * the mean of their largest probabilities. So a prediction of the rest is drawn from the
 * same models as one of the rows, and its mean differs from theirs by chance only (Zrnic and
 * Candès, PNAS 121 (2024), "Cross-prediction-powered inference"). */
int az_learn_cross(const char *name, const struct az_design *d, struct az_rows rows,
                   struct az_rows rest, size_t n_folds, uint64_t seed, double *p, double *p_rest,
                   double *top_rest, struct az_error *err);

/* Deal rows into folds by cluster; named labels are spread evenly. AZ_ENOMEM. */
int az_learn_folds(const struct az_design *d, struct az_rows rows, size_t n_folds, uint64_t seed,
                   uint32_t *fold);

/* Rows in (`in`) or out of a fold, into room of rows.n; for loops over folds. */
struct az_rows az_rows_of(struct az_rows rows, const uint32_t *fold, uint32_t which, bool in,
                          uint32_t *room);

/* log of the truth's probability: Σ truth log p, p at least 1e-12. */
double az_log_score(const double *p, const double *truth, size_t n);
