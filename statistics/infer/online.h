/* statistics/infer/online.h: judges' skills learnt while a job runs, an item at a
 * time, for the progress display (policies/standing.h).
 * Pure; not thread-safe. Memory: n_judges * n_labels^2, however many items.
 *
 * Dawid and Skene's model, one pass (online EM: Cappé and Moulines, JRSS B 71,
 * 2009, with the step 1/t): each item's posterior under what is known so far is
 * added to the judges' counts, an item with a known answer as that answer. Each
 * true label starts with `strength` pseudo-answers of which `guess` are right,
 * so that the first items go by the majority.
 *
 * Places in a pair or list are labels like others here: nothing is pooled. It depends on
 * the order of items, and judges who err together are believed:
 * a verdict, a threshold or a probability never comes from here. What a job was
 * calibrated with stays as it was frozen. */
#pragma once
#include "core/base.h"

struct az_online {
    size_t n_judges, n_labels;
    double *counts; /* judge × said × true */
    double *said;   /* judge × true: sums of counts */
    double *labels; /* n_labels: sums of posteriors */
    double *answers;
    double items;
};

struct az_online_vote {
    int judge, label;
};

/* 0 < guess < 1 and strength > 0; at least two labels. AZ_ENOMEM: nothing to release. */
int az_online_init(struct az_online *o, size_t n_judges, size_t n_labels, double guess,
                   double strength);
void az_online_release(struct az_online *o); /* a zeroed one is fine */

/* What the votes say, before anything is learnt from them: n_labels numbers that
 * sum to 1. Without votes it is how frequent each label is. */
void az_online_posterior(const struct az_online *o, const struct az_online_vote *votes, size_t n,
                         double *ret);

/* Learn from an item that is done; `truth` is its known answer, or negative. */
void az_online_add(struct az_online *o, const struct az_online_vote *votes, size_t n, int truth);

/* The probability that the judge is right about an item with this posterior;
 * NULL: about any item. */
double az_online_skill(const struct az_online *o, size_t judge, const double *posterior);
