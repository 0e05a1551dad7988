/* core/panel_doc.h: the panel's reference page and JSON schema, made from the
 * key tables that read it, so that they cannot say anything else. Pure. */
#pragma once
#include "core/base.h"
#include "core/buf.h"

/* docs/panel.md, whole. */
void az_panel_doc_markdown(struct az_buf *b);

/* JSON Schema (draft 2020-12) of a panel file, one object, no newline. What two
 * keys must be together is left to the reader (`assize check`). */
void az_panel_doc_schema(struct az_buf *b);
