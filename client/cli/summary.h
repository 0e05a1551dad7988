/* client/cli/summary.h: the end of a run as text for a person. Pure. */
#pragma once
#include "coordinator/summary.h"
#include "core/base.h"
#include "core/buf.h"

enum { AZ_SUMMARY_LINES = 25 };

/* At most AZ_SUMMARY_LINES lines of `width` columns, each with its "\n": counts
 * and what failed why, the result with its interval, the judges (of many, the
 * best and the worst), their agreement, and `next`, the command worth typing
 * now (NULL: none; the only line that is never cut). `color`: with ANSI
 * escapes. After az_summary_finish(). */
void az_summary_text(struct az_buf *b, const struct az_summary *s, size_t width, bool color,
                     const char *next);
