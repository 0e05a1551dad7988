/* policies/calibration.h: what was learnt from true answers, as a panel carries it:
 * the model, for which question and judges it is, and what it may promise. Pure.
 *
 * "assize-calibration/1" is one JSON object: question, judges, model
 * (statistics/learn/model_json.h), map (statistics/calibrate/calibrator_json.h; null or
 * not there: none was tried), reasons (reasons.h), guarantees, sets, and `figures` for
 * people, which a reader passes over. A calibration is a frozen input of a job: nothing
 * in it moves while the job runs. */
#pragma once
#include "core/base.h"
#include "core/buf.h"
#include "core/error.h"
#include "core/panel.h"
#include "statistics/calibrate/calibrator.h"
#include "statistics/calibrate/score_map.h"
#include "statistics/guarantee/conformal.h"
#include "statistics/guarantee/risk.h"
#include "statistics/learn/model.h"
#include "statistics/quantitative/regression.h"

enum { AZ_GUARANTEES_MAX = 8, AZ_LABEL_SETS_MAX = 8 };

struct az_guarantee {
    double risk, delta;
    bool kept;        /* false: the labels did not allow it */
    bool all;         /* keep everything */
    double threshold; /* keep what has at least this probability */
    int64_t n;        /* labelled items that it was tested on */
    int64_t needed;   /* refused: labels that it would take; 0: more would not do */
    double coverage;  /* share of them that was kept */
};

/* Sets of answers that miss the true one in at most the share `conformal` of the items. */
struct az_label_sets {
    double conformal;
    bool made;                 /* false: too few labels */
    double quantile;           /* an answer of probability 1 - quantile or more is in the set */
    int64_t n;                 /* labelled items that it is from, one a cluster */
    int64_t needed;            /* not made: labels that it would take */
    double held, size, single; /* of these: sets with the truth; answers in a set; sets of one */
};

/* How it was on labelled items, one a cluster, that nothing was learnt from: `hit` of n. */
struct az_tried {
    int64_t hit, n;
};
struct az_reference {
    struct az_tried panel;          /* wrong, of those decided; n 0: not known */
    struct az_tried *wrong, *apart; /* a judge: against the truth, and against the panel's answer;
                                      NULL: not known */
};

struct az_calibration {
    enum az_kind kind;
    size_t n_labels; /* of a choice or pair; else 0 */
    char **labels;
    double scale_min, scale_max, step; /* of a score */
    size_t n_judges;                   /* in the order of the model */
    char **judges;
    char (*identities)[AZ_HASH_HEX + 1]; /* what each was asked, as a hash; "": not known */
    struct az_model *model;
    struct az_quantitative **reasons; /* by judge: what reads its rationales (reasons.h); NULL:
                                       * nothing. NULL: of none */
    bool mapped; /* what the model says was tried against maps; `map` is the best, or none */
    struct az_calibrator map;
    bool scored; /* a mean of scores was tried against maps; `scores` is the best, or none */
    struct az_score_map scores;
    size_t n_guarantees;
    struct az_guarantee guarantees[AZ_GUARANTEES_MAX];
    size_t n_sets;
    struct az_label_sets sets[AZ_LABEL_SETS_MAX];
    struct az_reference reference; /* n_judges each */
};

/* What was found of it on items that it was not learnt from. */
struct az_calibration_tested {
    const struct az_guarantee *guarantees;
    size_t n_guarantees;
    const struct az_label_sets *sets;
    size_t n_sets;
    const struct az_reference *reference; /* by the panel's judges; NULL: none */
    const struct az_calibrator *map;      /* NULL: too few labels for one */
    const struct az_score_map *scores;    /* NULL: likewise, or no mean of scores */
};

/* AZ_EINVAL says what is wrong and where; AZ_ENOMEM. */
int az_calibration_read(struct az_str json, struct az_calibration **ret, struct az_error *err);
void az_calibration_free(struct az_calibration *c);
AZ_FREEP(calibration)

/* One object. The question and the judges are the panel's, which the model was learnt for,
 * judge by judge; `reasons` is one a judge (reasons.h), or NULL; `figures` is JSON, or not
 * there. */
void az_calibration_write(struct az_buf *b, const struct az_panel *panel,
                          const struct az_model *model, struct az_quantitative *const *reasons,
                          const struct az_calibration_tested *tested, struct az_str figures);

/* The question that it is for, as far as answers go; borrowed. */
struct az_question az_calibration_question(const struct az_calibration *c);

/* Is it for this panel: the same question, the same judges, asked as they were; and does
 * it give the promise that the panel makes? AZ_EINVAL says what not, with a hint. */
int az_calibration_fits(const struct az_calibration *c, const struct az_panel *panel,
                        struct az_error *err);

/* The promise for this risk and delta; NULL: it was not made. */
const struct az_guarantee *az_calibration_guarantee(const struct az_calibration *c, double risk,
                                                    double delta);

/* Its label sets for this share; NULL: there are none. */
const struct az_label_sets *az_calibration_sets(const struct az_calibration *c, double conformal);
/* Bit k: answer k is in the set, by its probabilities. `sets` is made. */
uint64_t az_calibration_set(const struct az_label_sets *sets, const double *p, size_t n_labels);

/* Is what it says a probability? Votes are, once they have a map. */
bool az_calibration_is_probability(const struct az_calibration *c);

/* Judge of the model to judge of the panel, or -1 for one that has no seat. */
int az_calibration_judge(const struct az_calibration *c, const char *name);
