/* workers/answer.h: from a reply's text to a label or score, by strict
 * grammars. One file a format in workers/answers/, one row in answer.c. Pure.
 *
 * Only the last anchored verdict counts; what leaves the label set is an error,
 * never a guess; reasoning is never read. Labels come out in the item's frame. */
#pragma once
#include "core/arena.h"
#include "core/base.h"
#include "core/model.h"
#include "workers/backend.h"
#include "workers/reply.h"

/* Fill the ballot's error, label, score, probs, how, rationale, params, model and
 * tokens from the reply; the rest of it is left alone. Text in the ballot is
 * copied to `arena`. Returns 0 also when the ballot is an error (ballot->error
 * says which, in words that a judge can be told); AZ_ENOMEM otherwise.
 *
 * A reply with a trouble is not read: its error becomes the ballot's.
 * With log-probabilities, params has "label_mass" too: the probability that
 * all labels together had before they were scaled to sum to 1. */
int az_answer_read(struct az_arena *arena, const struct az_ask *ask, const struct az_reply *reply,
                   struct az_ballot *ballot);

/* Was a JSON form sent that the server did not keep to at all: is there no JSON
 * object in the text? (One that is broken is a slip of the model.) The ballot is
 * what az_answer_read() made. Then az_caps_learn_ignored() steps down. */
bool az_answer_form_ignored(const struct az_ask *ask, const struct az_reply *reply,
                            const struct az_ballot *ballot);

/* The answer's form in a sentence's end: "one JSON object …". */
void az_answer_form(struct az_buf *b, const struct az_ask *ask);
