/* client/cli/honest.h: what true answers of some items and the panel's word on all of
 * them say about all: accuracy, shares of labels, pass rate, mean, win rates. Pure.
 *
 * Each figure is a mean over all items, decided or not, with the interval of
 * statistics/interval/choose.h. What the panel says of an item is never learnt from
 * that item's label: with enough labels it is the cross-fitted probability of `auto`
 * (cross-prediction: learner.h), else the seats' mean share. A calibration that the panel
 * decides by is left aside, since it may have seen these labels.
 *
 * Memory has a bound: items with a true answer are kept, of the others a random
 * sample of whole clusters (by the cluster's hash, so that no order matters): about
 * AZ_HONEST_REST, or fewer of a large panel. A mean of the rest is then one of those
 * drawn, and its variance knows it. */
#pragma once
#include "client/cli/corpus.h"
#include "core/base.h"
#include "core/buf.h"
#include "core/error.h"
#include "core/json.h"
#include "core/model.h"
#include "statistics/interval/choose.h"

enum {
    AZ_HONEST_REST = 20000,
    AZ_HONEST_CELLS = 1 << 22, /* items × judges × labels of the rest, at most */
    AZ_HONEST_FIT = 500,       /* labelled items that predictions are learnt from */
    AZ_HONEST_SYSTEMS = 32,
    AZ_HONEST_WIDTHS = 2,
};

enum az_honest_kind {
    AZ_HONEST_ACCURACY,    /* verdicts that are right, undecided ones 1/k (docs) */
    AZ_HONEST_SHARE,       /* of a label */
    AZ_HONEST_PASS,        /* what truly passes */
    AZ_HONEST_MEAN,        /* of the true score */
    AZ_HONEST_WINS,        /* of a system, a tie is half a win */
    AZ_HONEST_SYSTEM_MEAN, /* of a system's true scores */
};

struct az_honest_figure {
    enum az_honest_kind kind;
    struct az_str of;                 /* label or system; {NULL, 0} */
    int64_t all;                      /* items that it is about */
    int64_t labelled;                 /* of these */
    struct az_chosen chosen;          /* of numbers in [0, 1], but for the means */
    int64_t needed[AZ_HONEST_WIDTHS]; /* labels for the widths of az_honest_want() */
};

struct az_honest_figures {
    const char *reason; /* why there are none; NULL: there are */
    const char *by;     /* what predicts; static */
    int64_t items, labelled;
    int64_t rest; /* of those without a label, how many were drawn */
    bool weighted;
    bool elsewhere; /* the labelled items are of another source, and not among `items` */
    size_t n;
    struct az_honest_figure *v; /* owned; names live as long as the az_honest */
};
void az_honest_figures_release(struct az_honest_figures *f); /* a zeroed one is fine */

struct az_honest;

/* `panel` is borrowed; `n_responses` as in corpus.h. NULL: out of memory. */
struct az_honest *az_honest_new(const struct az_panel *panel, size_t n_responses);
void az_honest_free(struct az_honest *h);
AZ_FREEP(honest)

/* Before it is finished: from end to end of an interval, of rates and of means of scores; 0:
 * not asked for. What it takes is in `needed` (statistics/interval/needed.h). */
struct az_honest_widths {
    double rate[AZ_HONEST_WIDTHS], mean[AZ_HONEST_WIDTHS];
};
void az_honest_want(struct az_honest *h, const struct az_honest_widths *w);

/* One item that is not open, with its sampling weight where it has a true answer. AZ_ENOMEM:
 * good for nothing but freeing; AZ_EINVAL as az_corpus_add(). */
int az_honest_add(struct az_honest *h, const struct az_item *item, const struct az_verdict *verdict,
                  struct az_ballots ballots, double weight, struct az_error *err);

/* A labelled item of another source: it says how the panel errs (choose.h: Rogan-Gladen), where
 * no item that is added above has a true answer. Then only shares of named labels and what
 * passes are worked out. Errors as above. */
int az_honest_add_elsewhere(struct az_honest *h, const struct az_item *item,
                            const struct az_verdict *verdict, struct az_ballots ballots,
                            double weight, struct az_error *err);
int64_t az_honest_labels(const struct az_honest *h); /* labelled items so far, of any source */

/* After the last item; once. `learner` is what predicts ("auto"); NULL: shares do. With
 * `its_own` accuracy is the learner's, out of fold, and there is none where nothing could be
 * learnt; else that of the verdicts, but for a panel that decides by a calibration.
 * AZ_ENOMEM. A fit that runs away leaves the shares to predict. */
int az_honest_finish(struct az_honest *h, const char *learner, bool its_own, uint64_t seed,
                     struct az_honest_figures *ret);

/* One's name for people: "accuracy", "share of yes", "win rate of X" … */
void az_honest_name(struct az_buf *b, const struct az_honest_figure *f);

/* honest_text.c: an object, and lines of a table for people. */
void az_honest_json(struct az_jw *w, const char *key, const struct az_honest_figures *f);
void az_honest_text(struct az_buf *b, const struct az_honest_figures *f, size_t width);
