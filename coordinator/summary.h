/* coordinator/summary.h: what a job came to: verdicts, rates, judges and their
 * agreement, folded item by item. Pure; not thread-safe.
 *
 * Memory does not grow with the items, but with judges, pairs of judges, labels
 * and systems (at most AZ_SUMMARY_SYSTEMS are told apart). Judges are described
 * by their first round, before they have seen each other, and under early
 * stopping only by items that were asked in full: the rest is a choice made by
 * earlier ballots. What each figure means: docs/statistics.md. */
#pragma once
#include "core/base.h"
#include "core/buf.h"
#include "core/error.h"
#include "core/model.h"
#include "core/panel.h"
#include "policies/watch.h"
#include "statistics/figure.h"

enum { AZ_SUMMARY_SYSTEMS = 256, AZ_SUMMARY_REASONS = 8 };

struct az_summary;
struct az_board;

/* What a verdict earns against its item's gold. */
struct az_earned {
    bool has;             /* there is one gold answer (a score: a number) */
    int gold;             /* AZ_LABEL_NONE for a score */
    double right, shared; /* of a label: undecided is 0; is the share of gold among the top
                             labels of the seats of the last round */
    bool scored;          /* a score was decided */
    double off;           /* its distance from gold */
};
/* AZ_ENOMEM, of the board's arena. */
int az_earned_of(const struct az_board *board, const struct az_verdict *v, struct az_earned *ret);

/* `panel` is borrowed until the summary is freed. NULL: out of memory. */
struct az_summary *az_summary_new(const struct az_panel *panel);
void az_summary_free(struct az_summary *s);
AZ_FREEP(summary)

/* A judge without a ballot on an item was not asked about it, and its figures
 * leave the item out. Before the first is added. */
void az_summary_who_came(struct az_summary *s);

/* The sampling weight of the gold of items to come; 1 before. */
void az_summary_weigh(struct az_summary *s, double weight);

/* One item. A verdict that is open counts as left. Nothing is kept of the
 * arguments. AZ_ENOMEM: the summary is good for nothing but freeing. */
int az_summary_add(struct az_summary *s, const struct az_item *item,
                   const struct az_verdict *verdict, struct az_ballots ballots,
                   struct az_error *err);

/* Where the rule that decided was learnt from these items' true answers, each item being
 * decided by models that had not seen it: what a plain rule makes of the same ballots. */
struct az_summary_beside {
    const char *by;      /* the rule; NULL: it was not learnt */
    const char *plain;   /* the other: "majority", "mean" */
    int64_t learnt_from; /* items */
    /* Of `plain`, over the items with a true answer: right; the same with 1/k for an
     * undecided answer (a score: how far off); and what `by` has more of that. */
    struct az_figure accuracy, shared_or_off, difference;
};

/* What the fold cannot see. */
struct az_summary_extra {
    double seconds;
    int64_t bad_lines;
    int64_t left; /* items that were not added */
    struct {
        int64_t made, cached, retried, saved;
    } calls;
    bool has_cost; /* false: the sum over the ballots stands for it */
    az_nusd cost;  /* what the ledger settled */
    struct az_summary_beside beside;
};

struct az_summary_count {
    const char *name;
    int64_t n;
    struct az_figure share; /* of the decided items; for labels */
};

struct az_summary_system {
    const char *name;
    int64_t wins, ties, losses;
    struct az_figure win_rate; /* a tie is half a win */
};

struct az_summary_judge {
    const char *name;
    int64_t ballots, errors;
    struct az_figure parse_rate; /* of replies that came, n replies */
    struct az_figure flip_rate, reversal_rate, position;
    struct az_figure accuracy, accuracy_shared, kappa; /* against gold */
    struct az_figure mae, pearson;                     /* the same, for scores */
    struct az_figure ms_p50, ms_p99;
    az_nusd cost;
    bool cost_known;
    int64_t tokens_in, tokens_out;
    enum az_ballot_error top_error; /* NONE: there was none */
    int64_t top_error_n;
    bool left_out; /* of effective_votes: its errors never change */
};

struct az_summary_pair {
    struct az_figure percent, kappa, pearson; /* pearson: for scores */
};

struct az_summary_figures {
    const struct az_panel *panel;
    int64_t items, decided, abstained, failed, left;
    int64_t gold; /* items, open ones aside, with one gold answer */
    struct az_summary_extra extra;
    az_nusd cost;
    bool cost_known;
    int64_t tokens_in, tokens_out;

    size_t n_failures; /* errors that failed items, commonest first */
    struct az_summary_count *failures;
    size_t n_abstentions; /* reasons, commonest first */
    struct az_summary_count *abstentions;
    size_t n_labels; /* labels of decided items, in the question's order */
    struct az_summary_count *labels;
    size_t n_systems; /* best first */
    struct az_summary_system *systems;
    int64_t systems_over; /* appearances of systems beyond AZ_SUMMARY_SYSTEMS */

    struct az_figure pass_rate, mean;                                /* over decided items */
    struct az_figure accuracy, accuracy_shared, kappa, mae, pearson; /* the panel's */

    const struct az_watch *watch;          /* NULL: nothing is known to hold items against */
    int64_t sets;                          /* verdicts with a set of answers; of these: */
    struct az_figure set_size, set_single; /* the mean number of answers, the share of one */
    struct az_figure set_held;             /* with gold: the share that has the true answer */

    size_t n_judges; /* in the panel's order */
    struct az_summary_judge *judges;
    struct az_figure alpha, percent, agreement_kappa, effective_votes;
};

/* Work out the figures, after the last item; once. They live as long as the
 * summary. AZ_ENOMEM. */
int az_summary_finish(struct az_summary *s, const struct az_summary_extra *extra,
                      struct az_error *err);
const struct az_summary_figures *az_summary_figures(const struct az_summary *s);

/* Of two different judges. */
struct az_summary_pair az_summary_pair(const struct az_summary *s, size_t a, size_t b);

/* "drift": the object that the summary and the report have. */
struct az_jw;
void az_summary_drift_json(struct az_jw *w, const struct az_watch *watch,
                           const struct az_panel *panel);

/* summary.json: one object, no newline. After az_summary_finish(). */
void az_summary_json(struct az_buf *b, const struct az_summary *s);
