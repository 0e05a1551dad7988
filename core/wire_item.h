/* core/wire_item.h: an item to its protobuf message and back: for envelopes and
 * for the store. Pure. */
#pragma once
#include "core/error.h"
#include "core/model.h"
#include "protos/model.pb-c.h"

struct az_wire_item {
    Assize__Item m;
    char *responses[AZ_RESPONSES_MAX];
};

/* For packing: texts are borrowed (an item's end in NUL, as its arena sees to),
 * and m points into *ret. */
void az_wire_item_to(const struct az_item *item, struct az_wire_item *ret);

/* Checked; copied into an arena of its own, whose first block has `extra` bytes
 * more than the texts need. */
int az_wire_item_from(const Assize__Item *m, size_t extra, struct az_item **ret,
                      struct az_error *err);
