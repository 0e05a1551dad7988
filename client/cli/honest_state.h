/* client/cli/honest_state.h: what honest*.c know of the items; for these only. */
#pragma once
#include "client/cli/honest.h"
#include "core/arena.h"

struct az_honest {
    const struct az_panel *panel;
    struct az_arena *arena;  /* of one item */
    struct az_corpus corpus; /* labelled items, and those of the rest that were drawn so far */
    int64_t items, labels;
    bool elsewhere;           /* labelled items are of another source */
    bool early;               /* some verdict did not wait for every seat */
    uint64_t limit;           /* of the rest, clusters whose hash is below it are in */
    size_t n_rest, most_rest; /* of those that are in */
    /* By item of the corpus. */
    size_t caps[3];
    bool *has_credit;
    struct az_honest_word {
        int label; /* of the verdict; AZ_LABEL_NONE */
        bool has_score;
        double score, credit;
    } * words;
    uint32_t *rows; /* those that are in, once finished */
    struct az_honest_widths widths;
};

/* Items that are in, side by side, and what is predicted of them. */
struct az_honest_view {
    const struct az_honest *h;
    const uint32_t *rows; /* of h->corpus */
    size_t n;
    size_t n_labels;
    const double *p;      /* n × n_labels; NULL without labels */
    const double *scores; /* n predicted scores; NULL: not a score question */
    const double *top;    /* n: how sure the learner is of its answer, whose accuracy is
                           * asked; NULL: the verdicts' is */
    bool no_accuracy;     /* it would be of what has seen the labels, or of nothing */
    uint64_t seed;
};

bool az_honest_labelled(const struct az_honest *h, size_t item);

/* Of a cluster that would be in without a label, too. */
bool az_honest_drawn(const struct az_honest *h, uint64_t cluster);

/* honest_figures.c: ret->v and ret->n. AZ_ENOMEM. */
int az_honest_work_out(const struct az_honest_view *view, struct az_honest_figures *ret);
