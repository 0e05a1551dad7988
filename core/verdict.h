/* core/verdict.h: a verdict as the JSON line of DESIGN's "Verdict". Pure. */
#pragma once
#include "core/base.h"
#include "core/buf.h"
#include "core/json.h"
#include "core/model.h"
#include "core/panel.h"

/* One object, no newline. `brief` leaves the ballots out. Ballots and dissenting
 * judges are written in plan order whatever order they come in. */
void az_verdict_print(struct az_buf *b, const struct az_panel *panel, const struct az_item *item,
                      const struct az_verdict *verdict, struct az_ballots ballots, bool brief);

/* One ballot object as in a ballots file; with `item_id` when not {NULL}. */
void az_ballot_print(struct az_buf *b, const struct az_panel *panel, const struct az_item *item,
                     const struct az_ballot *ballot, struct az_str item_id);

/* The key "probs" and {"A":0.9,"B":0.1}, or null where n is 0; of a score the keys are its
 * steps. */
void az_probs_print(struct az_jw *w, const struct az_question *q, const double *probs, size_t n);

/* Plan order: round, then a hash of item and judge name, then criterion, order,
 * sample. qsort-like comparison of two keys of one item. */
int az_plan_cmp(const struct az_panel *panel, const struct az_item *item, const struct az_key *a,
                const struct az_key *b);

/* Where a judge stands in the plan order of an item: that hash. It depends on
 * the item's id (the seed), which every ballots file has, and on the judge's name,
 * so it is the same wherever the judge stands in the panel. */
uint64_t az_plan_seed(const struct az_item *item);
uint64_t az_plan_place(uint64_t seed, const char *judge);
