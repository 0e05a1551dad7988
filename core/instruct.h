/* core/instruct.h: what a judge is told before it sees an item: its role, the
 * question, the answers there are and the form they are given in. Pure.
 *
 * The same text for every item, order, round and sample of a judge, so that a
 * backend's prefix cache is hit. */
#pragma once
#include "core/base.h"
#include "core/buf.h"
#include "core/error.h"
#include "core/panel.h"

/* Raised whenever the words below change: they are part of what was asked, so
 * ballots of the old words are not taken for ballots of the new ones. */
enum { AZ_INSTRUCT_VERSION = 1 };

/* Onto `b`. AZ_EINVAL: this answer format cannot carry this question's
 * answers ("answer 'arena_hard' is for pairs"). */
int az_instruct(struct az_buf *b, const struct az_panel *panel, const struct az_judge *judge,
                struct az_error *err);

/* The lists alone, as {{labels}} and {{scale}} show them; empty when the
 * question has none. Each line ends in '\n' but for the last. */
void az_instruct_labels(struct az_buf *b, const struct az_question *q, enum az_answer answer);
void az_instruct_scale(struct az_buf *b, const struct az_question *q);

/* The question's `ask`, or the one of its kind. Static or the question's. */
const char *az_instruct_ask(const struct az_question *q);

/* How a judge with this answer format writes the label at place `shown` in the
 * order shown: a name ("tie"), or a letter ("C"), or an Arena-Hard grade
 * ("A=B"). Static or the question's; "" for AZ_LABEL_NONE. */
const char *az_instruct_label(const struct az_question *q, enum az_answer answer, int shown);

const char *az_answer_name(enum az_answer answer);
