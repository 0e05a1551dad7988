/* client/cli/decide.h: verdicts from ballots that are there already: the fold of
 * a run, over what was kept. Pure.
 *
 * With the panel that a job was run with, the verdict is the job's own, to the
 * last byte of its line. */
#pragma once
#include "core/arena.h"
#include "core/base.h"
#include "core/error.h"
#include "core/model.h"
#include "core/panel.h"

/* How verdicts are made: `panel` as it is, or (`by_all`) by the majority of all
 * its judges (a score: their mean). `round`: as if there had been no more rounds than so many; 0:
 * all. What is returned borrows from `panel`. AZ_EINVAL: more judges than a verdict can name. */
int az_decide_panel(const struct az_panel *panel, bool by_all, int round, struct az_panel *ret,
                    struct az_error *err);

struct az_decide_case {
    struct az_item *item; /* its gold is set aside while the fold runs, where need be */
    struct az_ballots ballots;
    bool open;            /* somebody may still be asked about it */
    bool asked_with_gold; /* early stopping asks about such items in full */
    bool who_came;        /* only judges with a ballot on the item have a seat, unless it is open */
};

enum { AZ_DECIDE_DONE = 0, AZ_DECIDE_LEFT = 1 };

/* The verdict, and in *ballots those that it saw, with `used` set, in `arena`. LEFT: the
 * item is open, and the fold would ask for more. AZ_ENOMEM. */
int az_decide(const struct az_panel *panel, const struct az_decide_case *c, struct az_arena *arena,
              struct az_verdict *verdict, struct az_ballots *ballots, struct az_error *err);
