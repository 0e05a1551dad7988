/* client/cli/human.h: numbers and text as a person reads them in a terminal.
 * Pure. Everything is put onto a buffer. */
#pragma once
#include "core/base.h"
#include "core/buf.h"
#include "statistics/figure.h"

/* 1234567 → "1,234,567". */
void az_human_count(struct az_buf *b, int64_t n);

/* "0.4s", "45s", "3m 20s", "2h 05m", "3d 04h"; "?" when negative or not finite. */
void az_human_duration(struct az_buf *b, double seconds);

/* "$0", "$0.0012", "$0.35", "$12.35", "$1,234"; less than a hundredth of a cent
 * is "<$0.0001". */
void az_human_usd(struct az_buf *b, az_nusd v);

/* 0.5214 → "52.1%". */
void az_human_percent(struct az_buf *b, double share);

/* "+1.4 (-3.2 to +6.1)": points of a percentage, or the scale's own; "-": there is none. */
void az_human_difference(struct az_buf *b, const struct az_figure *f, bool percent);

/* At most `width` columns of `s`, ending in "…" when it was cut. Control
 * characters become "?". Returns the columns put. */
size_t az_human_text(struct az_buf *b, struct az_str s, size_t width);
