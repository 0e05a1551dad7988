/* client/cli/io_progress.h: the progress line on a terminal, redrawn; a plain
 * line every ten seconds elsewhere. Edge. */
#pragma once
#include "client/cli/io_feed.h"
#include "coordinator/sched.h"
#include "core/base.h"
#include "core/panel.h"

struct az_progress_view;

/* NULL when out of memory: then nothing is shown. */
struct az_progress_view *az_progress_view_new(az_nusd limit, const struct az_panel *panel, int fd);
void az_progress_view_show(struct az_progress_view *v, const struct az_counts *counts,
                           struct az_feed_counts fed, bool last);
/* An item that is done, for what the line says of its judges. */
void az_progress_view_done(struct az_progress_view *v, const struct az_item *item,
                           struct az_ballots ballots);
void az_progress_view_free(struct az_progress_view *v); /* ends the line */
