/* policies/reasons.h: what a seat's ballots say, with their rationales, as evaluations
 * that statistics/quantitative/ regresses true answers on; and the regressions in a
 * calibration's file. Pure.
 *
 * "reasons" of a calibration is a list of {"judge": name, "model": {…}}
 * (statistics/quantitative/quantitative_json.h), of the judges whose rationales are
 * read. The model of the panel was learnt from what these make of a seat, so that is
 * what a seat of such a judge says to it. */
#pragma once
#include "core/base.h"
#include "core/error.h"
#include "core/json.h"
#include "core/panel.h"
#include "policies/plan.h"
#include "policies/seats.h"
#include "statistics/quantitative/evaluations.h"
#include "statistics/quantitative/regression.h"

struct az_calibration;

/* Empty, for the question's answers as az_answers_sample() has them, which must be at
 * least two; `n_responses`: as there. */
void az_reasons_init(struct az_evaluations *e, const struct az_question *q, size_t n_responses);

/* The readable ballots of a seat that voted, as the next item with `n_labels` answers.
 * `margins`: those of its vote (policies/answers.h), or NULL. AZ_ENOMEM. */
int az_reasons_add(struct az_evaluations *e, const struct az_board *board, int round,
                   const struct az_seat *seat, size_t n_labels, const double *margins);

/* The list; `models` has one a judge, NULL for those that are not read. */
void az_reasons_write(struct az_jw *w, const struct az_panel *panel,
                      struct az_quantitative *const *models);
/* Into c->reasons, by c's judges, for c's question; no list leaves it NULL. AZ_EINVAL,
 * AZ_ENOMEM. */
int az_reasons_read(az_jv list, struct az_calibration *c, struct az_error *err);
