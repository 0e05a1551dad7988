/* client/cli/foretell.h: what a panel's promises will cost, said before anybody is asked.
 * Pure. */
#pragma once
#include "core/buf.h"
#include "core/panel.h"

/* A clause for each promise of the panel's aggregate, joined by "; ": "risk 0.05 (delta
 * 0.05): decides about 64% of the items (55-72), abstains from the rest". Nothing where
 * there is none, or its calibration has not been read. */
void az_foretell(struct az_buf *b, const struct az_panel *panel);
