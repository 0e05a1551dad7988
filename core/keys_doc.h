/* core/keys_doc.h: tables of keys on a reference page. Pure. */
#pragma once
#include "core/buf.h"
#include "core/keys.h"

/* The first `n` rows, or all before the end, as a Markdown table. */
void az_keys_markdown(struct az_buf *b, const struct az_key_row *rows, size_t n);

/* Text in a cell: a '|' would end it. */
void az_markdown_cell(struct az_buf *b, const char *text);
