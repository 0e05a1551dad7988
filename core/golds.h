/* core/golds.h: the gold answers of a --gold file by item id. Pure; reading
 * the file is core/io_gold.h.
 *
 * JSONL: objects with an id and a gold under any name that items know for them
 * (and `target`). CSV (RFC 4180; a tab in the header makes it tab-separated):
 * a header that names such columns, others are ignored; a cell that is a JSON
 * list or object counts as that, any other as text, an empty one as no gold.
 * A number `weight` is the sampling weight of a label that was drawn with a chance
 * (1 / chance): above 0, 1 where it is not said. */
#pragma once
#include "core/base.h"
#include "core/error.h"
#include "core/str.h"

struct az_golds;

/* AZ_EINVAL: "line 3: no 'gold'", "line 9: id 'x' again, with another gold
 * than in line 2". Borrows nothing. */
int az_golds_parse(struct az_str text, struct az_golds **ret, struct az_error *err);
void az_golds_free(struct az_golds *g);
AZ_FREEP(golds)

/* Its gold as JSON, for az_item_set_gold(); {NULL, 0}: none for this id. */
struct az_str az_golds_find(const struct az_golds *g, struct az_str id);
/* Its sampling weight; 1 for an id that is not there. */
double az_golds_weight(const struct az_golds *g, struct az_str id);
size_t az_golds_count(const struct az_golds *g);
