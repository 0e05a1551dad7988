/* statistics/learn/trust.h: from one or two strengths an answer (shares, sums of
 * weights) to probabilities: Platt's map for any number of answers. Pure.
 *
 * A conditional logit (choice.h) whose features are, for each vector of strengths,
 *   exchangeable answers   the strength (with a tie: that of places, and the tie's)
 *   named labels           the strength
 *   ordinal labels         the strength, and (level × expected level)
 * and for named and ordinal labels and for a tie a constant. Two labels with one
 * vector are Platt's sigmoid (Platt 1999) with slope and offset, but with priors
 * instead of his moved targets: N(2.5, 2.5²) on slopes (shared among strengths; 0
 * is the mean of the level's) and N(0, 2²) on constants. Strengths should be of the
 * size of shares. (calibrate/platt.h maps what is a log odds already.) */
#pragma once
#include "statistics/learn/choice.h"
#include "statistics/learn/model.h"

enum { AZ_TRUST_STRENGTHS = 2, AZ_TRUST_MAX = 2 * AZ_TRUST_STRENGTHS + AZ_SAMPLE_LABELS_MAX };

/* How many parameters a map of `n` strengths has. */
size_t az_trust_size(const struct az_frame *f, size_t n);
/* The size of the triangle of its covariance. */
size_t az_trust_tri(const struct az_frame *f, size_t n);

/* Strengths of one item: n × n_labels. `training`: from what is known without it. */
typedef void az_strength_fn(const void *arg, const struct az_design *d, size_t item, bool training,
                            double *strength);

/* Learns theta (az_trust_size) and the triangle of the covariance (az_trust_tri) from
 * rows of the model's design; *log_evidence may be NULL. 0, AZ_ENOMEM, AZ_EINVAL. */
int az_trust_fit(const struct az_model *m, const struct az_design *d, struct az_rows rows, size_t n,
                 az_strength_fn *strength, const void *arg, double *theta, double *tri,
                 double *log_evidence);

/* Adds `weight` times the probabilities of each row to p. */
int az_trust_predict(const struct az_model *m, const struct az_design *d, struct az_rows rows,
                     size_t n, az_strength_fn *strength, const void *arg, const double *theta,
                     const double *tri, double weight, double *p);

/* Levels around 0 with a standard deviation of 1; all 0 where they are equal. */
void az_levels_standard(const struct az_frame *f, double *levels);

/* A full symmetric matrix and its lower triangle, row by row. */
void az_tri_pack(const double *full, size_t n, double *tri);
void az_tri_unpack(const double *tri, size_t n, double *full);
