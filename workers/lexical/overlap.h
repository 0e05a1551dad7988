/* workers/lexical/overlap.h: how much of a reference a text has. Pure.
 *
 * All are ratios in [0, 1]; the return value is 0 or AZ_ENOMEM. Texts are valid
 * UTF-8. */
#pragma once
#include "core/base.h"
#include "core/str.h"

/* 1 when the reference occurs in the text, both folded with white space as
 * single spaces; else 0. An empty reference occurs everywhere. */
int az_contains(struct az_str text, struct az_str reference, double *ret);

/* SQuAD's exact match: 1 when both normalise to the same words. */
int az_exact_match(struct az_str text, struct az_str reference, double *ret);

/* SQuAD's F1 over the words as a multiset (Rajpurkar et al. 2016); where one
 * side has no words, 1 when both have none, else 0, as its version 2. */
int az_token_f1(struct az_str text, struct az_str reference, double *ret);

/* ROUGE-L (Lin 2004), the F1 of the longest common subsequence of words, as
 * rouge-score's rougeL without stemming; 0 where one side has no words. */
int az_rouge_l(struct az_str text, struct az_str reference, double *ret);

/* chrF (Popović 2015) as sacrebleu 2 with its defaults: n-grams of 1 to 6
 * characters, white space removed, case kept, precision and recall averaged
 * over the orders that both sides are long enough for; recall counts beta
 * times. The published default is beta = 2. */
int az_chrf(struct az_str text, struct az_str reference, double beta, double *ret);
