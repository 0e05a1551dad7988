/* workers/lexical/lexical.h: judges that measure a text instead of asking a
 * model. Pure, thread-safe.
 *
 * A judge's `model` names the measure. What is measured is the item's
 * responses; of an item without any, its prompt. */
#pragma once
#include "core/arena.h"
#include "core/base.h"
#include "core/error.h"
#include "core/model.h"
#include "core/panel.h"

struct az_measured {
    double value;
    char why[160]; /* the rule that failed and what was measured; or empty */
};

/* AZ_REFERENCE_TEXT: with at least one character in it. */
enum az_reference { AZ_REFERENCE_NONE, AZ_REFERENCE, AZ_REFERENCE_TEXT };

struct az_measure {
    const char *name;
    const char *what; /* for listings, one line */
    enum az_reference needs;
    bool counts; /* a count of its own, else a ratio in [0, 1] */
    /* 0 or AZ_ENOMEM */
    int (*of)(struct az_str text, struct az_str reference, struct az_measured *ret);
};

/* All measures; the last has no name. */
extern const struct az_measure az_measures[];

const struct az_measure *az_measure_find(const char *name); /* NULL: no such measure */

/* Can this judge answer the panel's question? AZ_EINVAL: no such measure
 * ("judge 'x': no lexical measure 'token_f'", with the nearest as a hint), or
 * a choice without `map:`, or a rank. */
int az_lexical_check(const struct az_panel *panel, const struct az_judge *judge,
                     struct az_error *err);

/* Answer the question `key`. Always fills *ballot:
 *   pair, best  the higher value wins. Equal values (within 1e-12): a pair's
 *               answer is the tie, also where ties are off, which stands for
 *               half each; for best there is no label, and `probs` gives 1/m to
 *               each of the m highest.
 *   score       a ratio is mapped linearly onto the scale, a count is itself,
 *               and one out of scale is the error `outside`.
 *   choice      the label of the first row of `map` that the value reaches;
 *               none is `outside`.
 * What it cannot measure (no reference, no text, too few responses) is the
 * error `unfit`. The rationale holds the values. Text is copied to `arena`.
 * Returns 0 or AZ_ENOMEM. */
int az_lexical_judge(const struct az_panel *panel, const struct az_key *key,
                     const struct az_item *item, struct az_arena *arena, struct az_ballot *ballot);
