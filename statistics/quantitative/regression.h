/* statistics/quantitative/regression.h: the true label regressed on what a judge said
 * and on the words of its reasons. Pure.
 *
 * After Sahoo et al., "Quantitative LLM Judges" (arXiv:2506.02945, 2025), with hashed
 * words (words.h) in the place of an embedding of the reasons. Let e be a ballot's
 * words, s_l the judge's share of label l, m_l its margin (in units of the judge's own
 * spread), and the bar a mean over its ballots on the item.
 *
 *   Bradley–Terry (places: pair, best): softmax over the answers of
 *       u_l = a s_l + b m_l + mean of w·e over ballots for l,
 *     so in a pair logit p(A) = a (s_A - s_B) + … + w·(e_A - e_B), two-headed where
 *     there is a ballot for each answer: the difference of two evaluations. It does not change when
 *     places do. A tie has a constant, a share and words of its own.
 *   multinomial (names, levels):
 *       u_l = c_l + C_l·s + a s_l + b m_l + w·(e of ballots for l) + v_l·ē,
 *     C and v with at most AZ_QUANTITATIVE_HEADS labels; levels also have
 *     d * level * expected level.
 *   least squares (levels): y = c + d * expected level + w·ē, y the true level, by
 *     ridge regression; p_l is a Gaussian's density at each level, its variance
 *     RSS / (n - effective parameters).
 *
 * The words' coefficients have the precision `penalty`; the others one of
 * 1 / AZ_QUANTITATIVE_SD² (least squares: 0.001). An infinite penalty passes the
 * words over: that is the plain map, which words are compared with. */
#pragma once
#include "core/base.h"
#include "core/error.h"
#include "statistics/quantitative/evaluations.h"

enum { AZ_QUANTITATIVE_HEADS = 8 };

enum az_quantitative_form {
    AZ_QUANTITATIVE_BRADLEY_TERRY,
    AZ_QUANTITATIVE_MULTINOMIAL,
    AZ_QUANTITATIVE_LEAST_SQUARES,
    AZ_QUANTITATIVE_FORMS
};

/* "bradley-terry" …, static. */
const char *az_quantitative_form_name(enum az_quantitative_form form);

struct az_quantitative {
    enum az_quantitative_form form;
    enum az_answers answers;
    int tie;
    size_t n_labels, n_base, n_heads;
    double levels[AZ_SAMPLE_LABELS_MAX];
    double penalty;
    double scale;  /* of margins: they are divided by it */
    double spread; /* least squares: of what is left, in standard levels */
    double *base;  /* n_base */
    double *words; /* AZ_WORDS rows of n_heads; NULL: words are passed over */
};

/* Is it a form for such answers? */
bool az_quantitative_suits(enum az_quantitative_form form, enum az_answers answers);

/* Zeroed coefficients, as a reader needs them. NULL: no memory. */
struct az_quantitative *az_quantitative_new(enum az_quantitative_form form,
                                            const struct az_evaluations *like, double penalty);
void az_quantitative_free(struct az_quantitative *m);
AZ_FREEP(quantitative)

/* `truth`: e->n rows of e->n_labels, each summing to 1; `w`: its weight, 0 leaves an item
 * out. 0, AZ_ENOMEM, or AZ_EINVAL: no item with a weight, or the numbers ran away. */
int az_quantitative_fit(enum az_quantitative_form form, double penalty,
                        const struct az_evaluations *e, const double *truth, const double *w,
                        struct az_quantitative **ret);

/* e->n_labels probabilities of an item, 0 for labels that it does not have. */
void az_quantitative_apply(const struct az_quantitative *m, const struct az_evaluations *e,
                           size_t item, double *p);
