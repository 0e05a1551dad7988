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

/* Fill the ballot's error, label, score, probs, how, rationale from the reply.
 * Text in the ballot is copied to `arena`. Returns 0 also when the ballot is
 * an error (ballot->error says which); AZ_ENOMEM otherwise. */
int az_answer_read(struct az_arena *arena, const struct az_ask *ask, const struct az_reply *reply,
                   struct az_ballot *ballot);
