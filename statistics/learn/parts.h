/* statistics/learn/parts.h: the learners, one file each; learner.c has the table. */
#pragma once
#include "statistics/learn/model.h"

extern const struct az_learner az_learn_votes, az_learn_majority, az_learn_mean, az_learn_logodds,
    az_learn_confusion, az_learn_single, az_learn_single_first, az_learn_singles,
    az_learn_singles_first, az_learn_hierarchical, az_learn_stack, az_learn_auto;

/* The places of arrays that explain.c reads. */
enum { AZ_HIERARCHICAL_THETA, AZ_HIERARCHICAL_TRI, AZ_HIERARCHICAL_SCALES, AZ_HIERARCHICAL_SPREAD };
enum { AZ_AUTO_WEIGHTS, AZ_AUTO_SCORES, AZ_AUTO_POWER };

/* The hierarchical logit under one prior: deviations of judges and families, and
 * what the groups beside shares have of them. Errors as of a learner's fit. */
int az_hierarchical_at(const struct az_design *d, struct az_rows rows, const double *spread,
                       struct az_model *m);

const struct az_learner *az_auto_part(size_t i);

/* What a learner of `n` strengths has beside its own arrays, and their sizes. */
size_t az_size_judges(const struct az_frame *f);
size_t az_size_trust(const struct az_frame *f); /* one strength */
size_t az_size_tri(const struct az_frame *f);
size_t az_size_trust2(const struct az_frame *f); /* two strengths */
size_t az_size_tri2(const struct az_frame *f);
size_t az_size_one(const struct az_frame *f);
