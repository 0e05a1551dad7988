/* client/cli/guess.h: which question ballots answer, where no panel says so.
 * Pure.
 *
 *   pair    labels A, B and tie, or items with two responses
 *   best    labels that are capital letters beyond B, orders of three or more,
 *           or items with three responses or more
 *   score   scores and no labels, or labels that are the same numbers as the
 *           scores beside them; the scale is what was seen, in steps of 1 where
 *           all are whole
 *   choice  everything else; the labels that were seen, sorted by name
 *
 * Ties of a pair: an answer if a true answer is one; not if
 * AZ_GUESS_GOLDS items or more have true answers, none of which is a tie; else
 * if a ballot is one. Where a tie is no answer, a ballot that says tie is half
 * for each. Numbers in labels with no scores beside them are names: only who
 * wrote them knows whether they are levels. */
#pragma once
#include "core/arena.h"
#include "core/base.h"
#include "core/buf.h"
#include "core/error.h"
#include "core/model.h"

enum { AZ_GUESS_GOLDS = 10 };

/* Starts zeroed. Label names are the arena's that is handed in each time. */
struct az_guess {
    int64_t answers; /* ballots with a label or a score */
    int64_t plain;   /* of these with a score and no label */
    int64_t unequal; /* with a label that is not the number beside it */
    size_t n_labels; /* different ones, ties aside; more than AZ_LABELS_MAX: too many */
    const char *labels[AZ_LABELS_MAX];
    size_t letters;   /* so many, A upwards, hold all labels that are one capital letter */
    bool words;       /* a label is none of those */
    bool tie;         /* a ballot says tie */
    size_t order_n;   /* the most responses that an order names */
    double low, high; /* of the scores, when there are any */
    bool scores;      /* there are */
    bool broken;      /* one of them is not whole */
    size_t responses; /* the most that an item has */
    size_t single;    /* items with one response or none */
    int64_t golds;    /* items with a true answer */
    bool gold_tie;    /* one of them is a tie */
};

/* What a ballot says; empty `label`: none; `score` NAN: none. AZ_ENOMEM. */
int az_guess_ballot(struct az_guess *g, struct az_arena *arena, struct az_str label, double score,
                    size_t order_n);
void az_guess_item(struct az_guess *g, size_t n_responses);
/* A true answer as JSON text, after all ballots: a label or score that none of them
 * gave is one of the question, too. AZ_ENOMEM. */
int az_guess_gold(struct az_guess *g, struct az_arena *arena, struct az_str json);

/* Labels that keep a question from being a pair, though all items have two responses and A, B
 * are among the answers: "'Aa', 'equal'", or the empty string. */
void az_guess_odd(const struct az_guess *g, struct az_buf *names);

/* The kind that these ballots and items show. AZ_EINVAL: nothing readable, or
 * more labels than a question can have. */
int az_guess_kind(const struct az_guess *g, enum az_kind *ret, struct az_error *err);

/* Take over what another source showed; labels are shared, not copied. AZ_EINVAL:
 * they answer different questions ("a choice" and "a pair"). */
int az_guess_merge(struct az_guess *into, const struct az_guess *from, struct az_error *err);

/* The question in `arena`. `n_responses`: how many a "best" has at the most. */
int az_guess_question(const struct az_guess *g, struct az_arena *arena, struct az_question *ret,
                      size_t *n_responses, struct az_error *err);

/* May ballots of one be read as ballots of the other? AZ_ECHANGED: the answers
 * differ; the message says in what. */
int az_question_same(const struct az_question *a, const struct az_question *b,
                     struct az_error *err);
