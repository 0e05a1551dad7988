/* client/cli/corpus.h: ballots from anywhere, brought into one form: a panel
 * made from those who cast them, each ballot in its slot, and items folded to
 * the sample that statistics work on. Pure; reading files is io_sources.h.
 *
 * A seat's share is the fold's own (policies/seats.h): what a sample says a
 * judge said is what a run counts. */
#pragma once
#include "core/arena.h"
#include "core/base.h"
#include "core/buf.h"
#include "core/error.h"
#include "core/item.h"
#include "core/panel.h"
#include "policies/plan.h"
#include "policies/seats.h"
#include "statistics/sample.h"
#include "workers/names.h"

/* ---- who cast ballots ---- */

struct az_caster {
    const char *name;
    const char *sort;   /* "human", "llm", "rm" …; NULL: not said */
    const char *family; /* NULL: not said */
    unsigned orders;    /* bit 0: no order; 1: as listed; 2: reversed */
    int samples;        /* the highest sample and one */
};

/* The orders and samples that this ballot shows. AZ_EINVAL: a sample beyond
 * AZ_SAMPLES_MAX. */
int az_caster_note(struct az_caster *c, enum az_order order, int sample, struct az_error *err);

/* A judge who is asked what the caster answered, in the arena of `panel`, added to its
 * judges, which have room. Ballots without an order stand for those in one where there are
 * both (az_ballots_fit()). AZ_ENOMEM. */
int az_caster_seat(struct az_panel *panel, const struct az_caster *c);

/* A panel without judges yet, room for `n`, that decides by the majority (a
 * score: the mean) of all of them, after `rounds` rounds. NULL: no memory. */
struct az_panel *az_panel_of(const struct az_question *q, size_t n, int rounds);

/* The same judges under that rule; `panel` is borrowed but for its arena. */
struct az_panel az_panel_by_all(const struct az_panel *panel);

/* ---- an item's ballots ---- */

/* Of several ballots with one key an answer stays before an error, then the
 * first; they keep their order. Returns how many went. AZ_ENOMEM. */
int az_ballots_unique(struct az_ballot *v, size_t *n);

/* Give ballots the orders that the panel asks in, as recorded ballots have it
 * (workers/recorded.h): one without an order serves every order that has no
 * ballot of its own, a question without an order takes AB, then BA. *v
 * may be in `arena` afterwards, and longer. AZ_ENOMEM. */
int az_ballots_fit(struct az_arena *arena, const struct az_panel *panel, struct az_ballot **v,
                   size_t *n);

/* ---- the sample ---- */

/* A seat that voted on the sample's last item, once its vote is the last of the sample;
 * `judge` as the corpus' panel numbers them. 0 or AZ_ENOMEM. */
typedef int az_corpus_seat_fn(void *arg, const struct az_sample *s, const struct az_board *board,
                              int round, const struct az_seat *seat, size_t judge);

struct az_corpus_options {
    size_t n_responses; /* of a "best" question: the most an item has */
    int round; /* fold this round's ballots; 0 is the first: before judges saw each other */
    az_corpus_seat_fn *seat; /* NULL: nobody wants to know */
    void *arg;
};

struct az_corpus {
    const struct az_panel *panel; /* question and judges; borrowed */
    struct az_sample sample;      /* item by item in the order of adding */
    /* By item: ids stand one after the other in `ids`, item i from id_at[i] on. */
    struct az_buf ids;
    size_t *id_at; /* n_items + 1 */
    /* By item, where any has systems: names of K places each (AZ_NAME_NONE). */
    struct az_names system_names;
    size_t n_places; /* K: most responses of an item with systems; 0 = none has */
    uint16_t *systems;
    /* By judge. */
    int32_t *family;                     /* sample.family; NULL where no family is known */
    double levels[AZ_SAMPLE_LABELS_MAX]; /* sample.levels, where it has any */
    bool *in_full;                       /* by item: not cut short by early stopping */
    int64_t golds;                       /* items with a true answer */
    int64_t unknown_golds;               /* items whose true answer is none of the question's */

    /* Of az_corpus_add(). */
    struct az_corpus_options options;
    size_t id_cap, system_cap, full_cap;
    struct az_arena *arena; /* one item's */
    int32_t *seat_of;       /* by judge; -1 = has no ballot on the item */
};

/* Empty, and not to be moved; `panel` outlives it. What the answers are to each other and
 * to numbers: policies/answers.h. AZ_ENOMEM. */
int az_corpus_init(struct az_corpus *c, const struct az_panel *panel,
                   const struct az_corpus_options *options, struct az_error *err);
void az_corpus_release(struct az_corpus *c); /* a zeroed one is fine */

/* The round that the panel's verdict is made of, for options.round: the last that has a ballot. */
int az_corpus_round(const struct az_panel *panel, struct az_ballots ballots);

/* The next item with its ballots (their keys are the panel's; in any order) and its gold; a
 * judge has a vote where its seat has a readable ballot (policies/answers.h).
 * `early`: the item was not asked in full (az_verdict.early). AZ_ENOMEM. */
int az_corpus_add(struct az_corpus *c, const struct az_item *item, struct az_ballots ballots,
                  bool early, struct az_error *err);

/* The sampling weight of the last item's true answer (1 / chance); else 1. */
static inline void az_corpus_weigh(struct az_corpus *c, double weight)
{
    az_sample_weight(&c->sample, weight);
}

/* What a vote on a score says, as a number: one for a level is kept as that level. */
double az_corpus_number(const struct az_sample *s, const struct az_vote *v);

static inline size_t az_corpus_n(const struct az_corpus *c)
{
    return c->sample.n_items;
}
struct az_str az_corpus_id(const struct az_corpus *c, size_t item);
/* Who wrote the response at that place; {NULL, 0} where it is not said. */
struct az_str az_corpus_system(const struct az_corpus *c, size_t item, size_t place);
