/* core/item.h: one JSON line to an item. Pure.
 *
 * Known aliases and the panel's `fields:` are mapped; gold is translated by
 * `gold_map:` and matched to the question's answers. */
#pragma once
#include "core/base.h"
#include "core/error.h"
#include "core/model.h"
#include "core/panel.h"

enum { AZ_LINE_MAX = 16 << 20 }; /* longer lines are bad */

/* `line` is the line's number from 1. The error names what and where without
 * the line's number (the caller adds file and line). An unknown gold is no
 * error: item->gold.unknown says what it was. */
int az_item_parse(const struct az_panel *panel, struct az_str json, int64_t line,
                  struct az_item **ret, struct az_error *err);

/* The item as JSON in assize's own field names, with gold and systems, that
 * az_item_unpack() reads back whole: what the store keeps. */
void az_item_pack(struct az_buf *b, const struct az_item *item);
int az_item_unpack(const struct az_panel *panel, struct az_str packed, struct az_item **ret,
                   struct az_error *err);

/* Give the item a gold answer from elsewhere (--gold FILE): its JSON value. */
int az_item_set_gold(const struct az_panel *panel, struct az_item *item, struct az_str json,
                     struct az_error *err);

/* What statistics keep together: item->cluster, else the hash of the prompt. */
uint64_t az_item_cluster(const struct az_item *item);
