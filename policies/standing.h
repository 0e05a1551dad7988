/* policies/standing.h: how often each judge is right, as far as it looks while a job runs:
 * for the progress display, and for nothing else. Pure.
 *
 * It is learnt from items as they are done (statistics/infer/online.h): by true answers
 * where there are any, else by what the other judges say, who may all be wrong together.
 * The order in which items happen to be done shows in it, so no policy asks it whom to ask
 * (docs/decisions.md), and it is not kept: a job that goes on starts anew. First rounds
 * only, and only items asked in full, as all figures about judges. */
#pragma once
#include "core/base.h"
#include "core/model.h"
#include "core/panel.h"

enum {
    AZ_STANDING_LEAST = 20, /* answers before a judge's standing is told */
    AZ_STANDING_VOTERS = 3, /* two who differ say nothing of who is right */
};

struct az_standing;

/* `panel` is borrowed. NULL: out of memory. */
struct az_standing *az_standing_new(const struct az_panel *panel);
void az_standing_free(struct az_standing *s);
AZ_FREEP(standing)

/* An item that is done. AZ_ENOMEM: it is passed over. */
int az_standing_add(struct az_standing *s, const struct az_item *item, struct az_ballots ballots);

/* The probability that the judge is right about the next item; < 0: nothing is known yet, or
 * the question has no labels (a score: no `pass`). */
double az_standing_right(const struct az_standing *s, size_t judge);
