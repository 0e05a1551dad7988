/* client/cli/io_line.h: a line of progress that is drawn again and again on a
 * terminal, and every ten seconds a plain one elsewhere. Edge. */
#pragma once
#include "client/cli/progress.h"

struct az_live_line {
    int fd;
    bool terminal, drawn;
    az_ms begun, next_plain;
};

void az_live_line_init(struct az_live_line *l, int fd);
/* `last` is shown elsewhere too, when there was time for a line before. */
void az_live_line_show(struct az_live_line *l, const struct az_progress *p, bool last);
/* Would it be shown now? What a line is made of may cost something. */
bool az_live_line_due(const struct az_live_line *l, bool last);
/* What follows begins on a line of its own. */
void az_live_line_end(struct az_live_line *l);
