/* client/cli/span.h: spans of time as people type them. Pure. */
#pragma once
#include "core/base.h"
#include "core/error.h"

/* "90s", "15m", "12h", "30d" → seconds; nobody guesses what a number without its
 * unit means. AZ_EUSAGE names the option. */
int az_span_parse(const char *option, const char *text, int64_t *seconds, struct az_error *err);
