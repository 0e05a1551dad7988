/* client/cli/services_doc.h: the reference page of the services' programs and
 * their configurations, from their tables. Pure. */
#pragma once
#include "core/buf.h"

/* docs/configuration.md, whole. */
void az_services_markdown(struct az_buf *b);
