/* client/cli/io_by.h: what decides ballots that neither a PANEL nor a calibration decides:
 * where enough items have a true answer what was learnt from those, cross-fitted
 * (crossed.h), else the majority of all. Edge: it reads the sources once. */
#pragma once
#include "client/cli/compare.h"
#include "client/cli/crossed.h"
#include "client/cli/io_sources.h"
#include "client/cli/unlearnt.h"
#include "core/base.h"
#include "core/error.h"
#include "core/panel.h"

/* The row of a command's table of options; `field` is a const char *. */
#define AZ_BY_ROW(options, field)                                                               \
    {                                                                                           \
        "by", 0, AZ_OPT_STRING, offsetof(options, field), "RULE",                               \
            "what decides without a PANEL: auto (where 20 items have gold) or one of its "      \
            "parts, majority; without labels dawid-skene, wawa, mean-logit, ordinal, gaussian", \
            0                                                                                   \
    }

struct az_by {
    const char *name; /* "auto", "majority", "mean" …: what decides */
    bool learnt;
    const char *reason;    /* it was meant to be learnt, and was not; static; or NULL */
    struct az_panel plain; /* the majority of all */
    struct az_panel panels[AZ_LEARN_FOLDS + 1]; /* learnt: by az_crossed_which() */
    struct az_corpus corpus;
    struct az_crossed crossed;
    bool inferred; /* from agreement alone; then `learnt` is false */
    struct az_unlearnt unlearnt;
};

/* `panel` is the sources', and decides by the majority of all (az_panel_by_all()); borrowed.
 * `rule` is what was typed, or NULL: auto where there is more than one judge, and
 * labels are asked for. `all`: also about items that have a verdict, which else are none of ours.
 * A rule without labels looks at all items, and at no true answer.
 * AZ_EUSAGE: no such rule, or it was asked for and can't be learnt; AZ_ENOMEM. *ret is to
 * be released after errors too, and not to be moved. */
int az_by_learn(struct az_sources *s, const struct az_panel *panel, const char *rule, bool all,
                struct az_by *ret, struct az_error *err);
void az_by_release(struct az_by *b); /* a zeroed one is fine */

/* Does it decide otherwise than by the majority of all? */
static inline bool az_by_rules(const struct az_by *b)
{
    return b->learnt || b->inferred;
}

/* What decides this item. */
const struct az_panel *az_by_panel(const struct az_by *b, const struct az_item *item);
