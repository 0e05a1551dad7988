/* client/cli/case_text.h: one item's case as a person reads it: what was asked,
 * the verdict, and every ballot with its reasons. Pure. */
#pragma once
#include "coordinator/store.h"
#include "core/buf.h"
#include "core/panel.h"

/* Nothing of an item's or a judge's text reaches the terminal as a control. */
void az_case_text(struct az_buf *b, const struct az_panel *panel, const struct az_case *c,
                  size_t width, bool color);
