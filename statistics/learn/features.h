/* statistics/learn/features.h: the features of a conditional logit over judges, in
 * groups. Pure.
 *
 *   SHARE    n_judges: the judge's share of the answer (of places, with a tie)
 *   TIE      n_judges: its share of the tie, at the tie            (with a tie)
 *   SCORE    n_judges: level × the judge's expected level               (ordinal)
 *   MARGIN   n_judges: its margins, of the judge's own spread, bent above 3 of it
 *   FIXED    constants (of labels or the tie); how far the panel is from one mind,
 *            at the tie; the panel's share of every other label (named, ordinal:
 *            what the panel takes for what)
 * A judge that said nothing has zeros. No feature tells places apart. */
#pragma once
#include "statistics/learn/model.h"

enum az_feature_group {
    AZ_FEATURE_SHARE,
    AZ_FEATURE_TIE,
    AZ_FEATURE_SCORE,
    AZ_FEATURE_MARGIN,
    AZ_FEATURE_GROUPS,
};

struct az_features {
    const struct az_frame *frame;
    const double *scale;          /* n_judges: of margins (az_features_scales); NULL without */
    int at[AZ_FEATURE_GROUPS];    /* where a group begins; -1: there is none */
    size_t fixed, n_constants, n; /* where FIXED begins; its constants; of all */
    double levels[AZ_SAMPLE_LABELS_MAX];
};

struct az_features az_features(const struct az_frame *f, const double *scale);
size_t az_features_n(const struct az_frame *f);

/* x: n_labels × n; not centred. */
void az_features_of(const struct az_features *f, const struct az_design *d, size_t item, double *x);

/* What becomes of a margin of `z` spreads. */
double az_features_bent(double z);

/* What each judge's margins are divided by: their root mean square within items,
 * over `rows`; 1 where there are none. */
void az_features_scales(const struct az_design *d, struct az_rows rows, double *scale);

/* What is wrong with scales that were read; NULL: nothing. */
const char *az_features_check(const double *scale, size_t n);

/* A logit problem of labelled rows, centred. AZ_ENOMEM, and nothing to release. */
struct az_choice;
int az_features_choice(const struct az_features *f, const struct az_model *m,
                       const struct az_design *d, struct az_rows rows, struct az_choice *ret);
