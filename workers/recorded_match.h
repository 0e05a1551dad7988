/* workers/recorded_match.h: an answer that was written down elsewhere, matched to
 * the question that is asked now. Pure. */
#pragma once
#include "core/arena.h"
#include "core/base.h"
#include "core/model.h"

struct az_recorded_answer {
    struct az_str label;
    struct az_str note;  /* rationale, or the error's text; {NULL, 0} = none */
    struct az_str probs; /* JSON: probabilities by label; empty = none */
    double score;        /* NAN = none */
    enum az_ballot_error error;
};

/* Sets what the ballot says: label, score, probabilities, rationale, or an error;
 * the rest of *ballot, which starts with AZ_LABEL_NONE, is left. What each field
 * means: workers/recorded.h. Text is copied to `arena`. 0 or AZ_ENOMEM. */
int az_recorded_match(const struct az_question *q, const struct az_item *item,
                      const struct az_recorded_answer *answer, struct az_arena *arena,
                      struct az_ballot *ballot);

/* The ballot is this error, and nothing else. 0 or AZ_ENOMEM. */
int az_recorded_error(struct az_arena *arena, struct az_ballot *ballot, enum az_ballot_error error,
                      const char *fmt, ...) AZ_PRINTF(4, 5);
