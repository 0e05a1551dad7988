/* tests/stub/replay.h: recorded answers, found again by the prompt.
 *
 * Rows {item, judge, order, sample, text} (answers.jsonl) together with the
 * items they are about (items.jsonl: id, prompt, responses). A request's model
 * is the row's judge. The item and the order are found by the fenced blocks of
 * the user message: what stands between two lines that carry the same nonce
 * (16 hex digits or more). The responses, and the prompt where it is fenced,
 * must be byte for byte the item's; a clipped one is not found. Of several
 * samples the next is given each time the question has been answered. */
#pragma once
#include "core/base.h"
#include "core/error.h"
#include "tests/stub/ask.h"

struct replay;

int replay_load(const char *answers, const char *items, struct replay **ret, struct az_error *err);
void replay_free(struct replay *r);

/* {NULL}: not recorded. Borrowed from `r`. */
struct az_str replay_find(const struct replay *r, const struct ask *ask, int64_t answered);
