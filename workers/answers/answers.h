/* workers/answers/answers.h: what the answer formats share, and the rows of the
 * table in workers/answer.c. A format reads `text` and ends in exactly one of
 * the calls below; it guesses nothing. */
#pragma once
#include "core/arena.h"
#include "core/base.h"
#include "workers/answer.h"

struct az_reading {
    struct az_arena *arena;
    const struct az_ask *ask;
    const struct az_reply *reply;
    struct az_str text; /* the answer, trimmed, without reasoning */
    struct az_str why;  /* json: the rationale in it; set by the format */
    struct az_ballot *ballot;
    double label_mass; /* logprobs; negative = none */
};

/* Each returns 0, or AZ_ENOMEM. */
typedef int az_answer_fn(struct az_reading *r);
az_answer_fn az_answer_json, az_answer_letter, az_answer_logprobs, az_answer_arena_hard,
    az_answer_mt_bench, az_answer_regex;

/* The answer is an error. PARSE and OUTSIDE words are told to the judge. */
int az_reading_fail(struct az_reading *r, enum az_ballot_error error, const char *fmt, ...)
    AZ_PRINTF(3, 4);

/* The label that the judge writes as `shown` (its own case first, then any), in
 * the item's frame; AZ_LABEL_NONE = none. */
int az_reading_find(const struct az_reading *r, struct az_str shown);

/* It answered with this label, so written; OUTSIDE when there is none such. */
int az_reading_label(struct az_reading *r, struct az_str shown);
/* It chose the response shown at this place. */
int az_reading_place(struct az_reading *r, int place);
/* It gave this score; OUTSIDE when it is off the scale or between its steps. */
int az_reading_score(struct az_reading *r, double score);
/* The same from text; PARSE when that is no number. */
int az_reading_number(struct az_reading *r, struct az_str text);

bool az_reading_is_score(const struct az_reading *r);

/* "A, B, tie" or "1 to 5 in steps of 1". */
void az_reading_choices(struct az_buf *b, const struct az_ask *ask);

/* The text inside the last "[[…]]" of `text` whose inside `is_verdict` accepts;
 * {NULL, 0} = none. */
struct az_str az_last_brackets(struct az_str text, bool (*is_verdict)(struct az_str inside));
