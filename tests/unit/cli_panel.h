/* tests/unit/cli_panel.h: panels and items from text, for the command line's
 * tests. */
#pragma once
#include "core/item.h"
#include "core/panel.h"
#include "tests/unit/unit.h"

static inline struct az_panel *panel_from(const char *yaml)
{
    struct az_panel *p = NULL;
    struct az_error err = {0};
    if (az_panel_parse(yaml, "p.yaml", NULL, &p, &err) < 0)
        fail_msg("%s (%s)", err.what, err.hint);
    return p;
}

static inline struct az_item *item_from(const struct az_panel *p, const char *json)
{
    struct az_item *item = NULL;
    struct az_error err = {0};
    if (az_item_parse(p, az_str(json), 7, &item, &err) < 0)
        fail_msg("%s", err.what);
    item->seq = 6;
    return item;
}
