/* client/cli/label_sheet.h: an item as whoever labels it sees it, and what their keys
 * mean. Pure.
 *
 * The panel's verdict is not shown, nor who wrote an answer; of a pair or of several
 * the order shown is drawn by the item's id, for people prefer what they read first
 * too. Labels told are in the item's own frame. */
#pragma once
#include "core/base.h"
#include "core/buf.h"
#include "core/model.h"

enum az_label_act {
    AZ_LABEL_NOTHING, /* a key without a meaning */
    AZ_LABEL_IT,      /* *gold is the answer, as JSON */
    AZ_LABEL_SKIP,
    AZ_LABEL_UNDO,
    AZ_LABEL_QUIT,
};

enum { AZ_LABEL_GOLD_MAX = 2048 };

/* Can this question be answered with one key? If not, why (static). NULL: it can. */
const char *az_label_sheet_cannot(const struct az_question *q);

/* The whole text, ending in the line of keys. `at` of `of` items, `done` labels so far. */
void az_label_sheet(struct az_buf *b, const struct az_question *q, const struct az_item *item,
                    size_t at, size_t of, size_t done, size_t width, bool color);

/* What a key means for this item. 3 and 4 (Ctrl-C, Ctrl-D) quit, 8 and 127 undo. */
enum az_label_act az_label_key(const struct az_question *q, const struct az_item *item, int key,
                               char gold[AZ_LABEL_GOLD_MAX]);
