/* core/gold.h: the true answer of an item, matched to the question. Pure.
 *
 * A gold value is, after `gold_map:` has translated each text in it,
 *   a label's name (else, if it is the only one, equal but for case);
 *   a number, for a score: on the scale, whatever its step;
 *   the name of a system, where the item has systems;
 *   for a pair (or the best of two) "A>B", "A>>B", "B>A", "A=B", spaces free;
 *   a list of those, one an annotator (null: did not answer), equal weights;
 *   an object {label: weight}.
 * Weights become shares. Of a score the (weighted) mean is kept. A tie, where
 * the question has none, is half for each. Anything else, or one unknown entry
 * in a list, makes the whole gold unknown. null, "" and [] are no gold. */
#pragma once
#include "core/base.h"
#include "core/error.h"
#include "core/json.h"
#include "core/model.h"
#include "core/panel.h"

/* Sets item->gold and item->gold_json; needs responses and systems in place.
 * AZ_ENOMEM is the only error. */
int az_gold_set(const struct az_panel *panel, struct az_item *item, az_jv gold,
                struct az_error *err);

/* Is this value one that az_gold_set() would understand? */
bool az_gold_known(const struct az_panel *panel, const struct az_item *item, az_jv gold);
