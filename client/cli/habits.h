/* client/cli/habits.h: what each judge of a panel does whatever the item: the
 * accumulators of statistics/agreement/habit.h and quality.h, fed item by item from
 * ballots. Pure. By the first round, and only by items that were asked in full.
 *
 * Memory: some 2 KB a judge, and for pairs with systems 24 * AZ_HABITS_SYSTEMS^2 bytes
 * more; it does not grow with the items. */
#pragma once
#include "core/base.h"
#include "core/error.h"
#include "core/model.h"
#include "core/panel.h"
#include "statistics/agreement/quality.h"
#include "statistics/figure.h"

enum { AZ_HABITS_SYSTEMS = 32 };

struct az_habits;

/* `panel` is borrowed. NULL: out of memory. */
struct az_habits *az_habits_new(const struct az_panel *panel);
void az_habits_free(struct az_habits *h);
AZ_FREEP(habits)

/* One item with its ballots and gold. AZ_ENOMEM: good for nothing but freeing. */
int az_habits_add(struct az_habits *h, const struct az_item *item, struct az_ballots ballots,
                  struct az_error *err);

struct az_habit_figures {
    /* What stood for the truth in these two: gold where enough items have it, else the other
     * judges. */
    struct az_figure verbosity, own_family;
    bool verbosity_by_gold, own_family_by_gold;
    struct az_figure leniency, within;
    struct az_figure scale_mean, scale_deviation, scale_ends, levels_used;
    struct az_figure decisiveness, system_bias;
    struct az_figure log_loss, brier, ece; /* of the probabilities it gives */
    const struct az_quality *quality;      /* their curve; borrowed */
};
/* AZ_ENOMEM. */
int az_habits_figures(const struct az_habits *h, size_t judge, struct az_habit_figures *ret);
