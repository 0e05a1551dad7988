/* core/item.h: one JSON line to an item. Pure.
 *
 * Known aliases (core/item_fields.h) and the panel's `fields:` are mapped; gold
 * is translated by `gold_map:` and matched to the question's answers
 * (core/gold.h). What is where, beyond the plain fields:
 *
 * response(s)  choice and score judge `response` (or text, content, document,
 *              output, answer), else `responses`; pair and best take
 *              `responses` (a list, or {system: text}), response_A response_B …,
 *              response_1 …, output_1 output_2 …, or chosen/rejected. Which of
 *              the latter comes first is a hash of the id (without one, of the
 *              texts), and chosen is the gold unless the line has another.
 *              A number or boolean is its text (so is a reference).
 * prompt       `instruction` with `input` beside it: both, a blank line between.
 * messages     the last one by the assistant is the response when a choice or
 *              score question has none; a user's message right before it is the
 *              prompt when there is none; those before are `turns`.
 * context      a list is joined with blank lines.
 * gold         `gold`, else `label`. `target` is gold too where it is an answer
 *              of the question, and always for a choice without other gold (a
 *              gold must never reach a judge, so doubt counts against that);
 *              else it is the reference. `fields: {reference: target}` settles it.
 * id           a number is its decimal text; without one the hash of the content.
 *
 * null is "not there". Of a key written twice in an object the first counts. */
#pragma once
#include "core/base.h"
#include "core/error.h"
#include "core/model.h"
#include "core/panel.h"

enum {
    AZ_LINE_MAX = 16 << 20, /* longer lines are bad */
    AZ_ID_MAX = 1024,       /* bytes */
};

/* `line` is the line's number from 1. The error names what and where without
 * the line's number (the caller adds file and line). An unknown gold is no
 * error: item->gold.unknown says what it was. */
int az_item_parse(const struct az_panel *panel, struct az_str json, int64_t line,
                  struct az_item **ret, struct az_error *err);

/* The item whole, with gold and systems, as a protobuf message that
 * az_item_unpack() reads back: what the store keeps. Unpacking ignores `fields:`
 * and matches the gold again; what is no stored item is AZ_EINVAL. */
void az_item_pack(struct az_buf *b, const struct az_item *item);
int az_item_unpack(const struct az_panel *panel, struct az_str packed, struct az_item **ret,
                   struct az_error *err);

/* The hash of all that a judge may see; an item without an id has it as its id. */
struct az_hash az_item_content(const struct az_item *item);

/* The item as JSON in assize's own field names, for `item.*` in conditions. */
void az_item_print(struct az_buf *b, const struct az_item *item);

/* Give the item a gold answer from elsewhere (--gold FILE): its JSON value. */
int az_item_set_gold(const struct az_panel *panel, struct az_item *item, struct az_str json,
                     struct az_error *err);

/* What statistics keep together: item->cluster, else the hash of the prompt
 * (without a prompt: of the content, so that such items stand alone). */
uint64_t az_item_cluster(const struct az_item *item);
