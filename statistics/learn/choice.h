/* statistics/learn/choice.h: the conditional logit with a Gaussian prior. Pure.
 *
 * Item i has K answers, each with F features x_ik; P(k) is proportional to
 * exp(θ·x_ik) over the answers that are open (McFadden 1974). θ has the prior
 * N(mean, precision⁻¹). The fit is the posterior mode by Newton's method; around
 * it the posterior is taken as Gaussian (Laplace), which gives the evidence
 *   log P(y) ≈ l(θ) − ½(θ−m)'P(θ−m) + ½ log|P| − ½ log|H|
 * (MacKay 1992, "The evidence framework", eq. 2.8). */
#pragma once
#include "core/base.h"
#include "core/error.h"

struct az_choice {
    size_t n, k, f;
    double *x;    /* n × k × f; centred by az_choice_centre() */
    double *y;    /* n × k: the truth: sums to 1, 0 where not open */
    double *w;    /* n */
    bool *open;   /* n × k */
    double *rows; /* scratch of the fit */
};

/* Zeroed arrays. AZ_ENOMEM, and nothing to release. */
int az_choice_init(struct az_choice *l, size_t n, size_t k, size_t f);
void az_choice_release(struct az_choice *l);

/* Take the mean over the open answers from the features of one item: the
 * probabilities stay, and a prior does not depend on which answer comes first. */
void az_choice_centre(double *x, const bool *open, size_t k, size_t f);

/* The truth among open answers, made whole, into y; returns what it was before. */
double az_choice_truth(const double *truth, const bool *open, size_t k, double *y);

struct az_gauss {
    size_t f;
    double *mean; /* f */
    double *cov;  /* f × f, both triangles */
    double log_evidence, log_lik;
};

int az_gauss_init(struct az_gauss *g, size_t f);
void az_gauss_release(struct az_gauss *g);

/* The prior: its mean (NULL: 0), its precision (f × f) and log|P|. g->mean is where
 * Newton starts, and becomes the mode; g->cov the inverse Hessian where `want_cov`.
 * AZ_ENOMEM; AZ_EINVAL: no fit, for the numbers ran away. */
int az_choice_fit(struct az_choice *l, const double *prior_mean, const double *precision,
                  double logdet, bool want_cov, struct az_gauss *g);

/* Probabilities of one item's answers: x is k × f, centred; closed ones get 0.
 * With a covariance the utilities are shrunk for what is not known of θ, by
 * 1/√(1 + π s²/8), s² the mean variance of the difference of two answers (MacKay
 * 1992, "The evidence framework applied to classification networks", eq. 10). */
void az_choice_predict(const double *theta, const double *cov, const double *x, const bool *open,
                       size_t k, size_t f, double *p);
