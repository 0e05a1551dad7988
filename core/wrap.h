/* core/wrap.h: text of others in a terminal: wrapped and harmless. Pure. */
#pragma once
#include "core/base.h"
#include "core/buf.h"

enum { AZ_WRAP_NONE = 1 << 30 }; /* as a width: lines stay as long as they are */

/* `s` within `width` columns, each line with `indent` spaces before it and '\n'
 * after it. Its own line breaks stay, a tab is four spaces, and a character that
 * a terminal would obey (controls, escapes, changes of writing direction) is
 * "?". A word longer than a line is cut. {NULL, 0} puts nothing. */
void az_wrap_text(struct az_buf *b, struct az_str s, size_t indent, size_t width);
