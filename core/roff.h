/* core/roff.h: what man pages are made of. Pure. */
#pragma once
#include "core/buf.h"
#include "core/options.h"

/* Text, with what roff would obey made harmless. */
void az_roff(struct az_buf *b, const char *text);
/* The page's head, NAME, and the title of SYNOPSIS. `part` is the name of the
 * manual's section. */
void az_roff_head(struct az_buf *b, int section, const char *part, const char *name,
                  const char *summary);
void az_roff_option(struct az_buf *b, const struct az_opt *o);
/* One tagged paragraph; the tag in bold or plain. */
void az_roff_item(struct az_buf *b, bool bold, const char *tag, const char *text);
