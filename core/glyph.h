/* core/glyph.h: text of others, character by character, as a terminal shows it.
 * Pure. */
#pragma once
#include "core/base.h"
#include "core/str.h"

/* The character that text (not empty) begins with. Not shown: a control, a change
 * of writing direction, a byte that is no UTF-8; "?" stands for it. */
struct az_glyph {
    size_t bytes, columns;
    bool shown;
};
struct az_glyph az_glyph_first(struct az_str s);

/* Columns in a terminal; a wide character has two, a control character one
 * (it is shown as "?"), as has a byte that is no UTF-8. */
size_t az_glyph_width(struct az_str s);
