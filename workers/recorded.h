/* workers/recorded.h: ballots that were cast elsewhere, looked up instead of
 * asked for. Pure: the caller reads the file and feeds it line by line.
 *
 * Two forms, told apart by the first line: tab-separated with a header
 * (item, judge, kind, order, sample, label, score; item and judge are needed,
 * and one of label and score; other columns are passed over), or one JSON
 * ballot a line as in a ballots file, with its "item". Labels are in the
 * item's own frame in both. A judge's `model` names the recorded judge.
 *
 * About 45 bytes a ballot and each name once. Filled by one thread; after
 * that, lookups from several threads do not disturb one another. */
#pragma once
#include "core/arena.h"
#include "core/base.h"
#include "core/error.h"
#include "core/model.h"
#include "core/panel.h"

struct az_recorded;

struct az_recorded *az_recorded_new(void);    /* NULL when out of memory */
void az_recorded_free(struct az_recorded *t); /* NULL is fine */
AZ_FREEP(recorded)

/* One line, without its line end; empty lines are passed over. 0, or 1: there
 * is a ballot for that key already, and the first answer stays (an answer takes
 * the place of an unreadable one). AZ_EINVAL: "line 3: …", nothing was added. */
int az_recorded_add_line(struct az_recorded *t, struct az_str line, struct az_error *err);

size_t az_recorded_count(const struct az_recorded *t);

/* What the judge of `key` said about `item`. The key's order is looked for
 * first, then a ballot without an order, which serves every one; a question
 * without an order takes AB, then BA. A later round that was not recorded is
 * answered as the first was.
 *
 * Always fills *ballot: no such ballot is the error `missing`, one that had no
 * readable answer is `parse`, an answer that the question does not know is
 * `outside`. For a pair the label "tie" is an answer also where ties are off
 * (AZ_LABEL_TIE: half for each). A score beside a label is left out, except to
 * a score question, which reads the score. Text is copied to `arena`.
 * Returns 0 or AZ_ENOMEM. */
int az_recorded_find(const struct az_recorded *t, const struct az_panel *panel,
                     const struct az_key *key, const struct az_item *item, struct az_arena *arena,
                     struct az_ballot *ballot);
