/* client/cli/import/replies_panel.h: the panel by which replies are read, from what
 * the command line says of question and answer. Pure. */
#pragma once
#include "core/error.h"
#include "core/panel.h"

/* `answer` as a panel's judge has it, or "regex:EXPR"; NULL = json. `labels` "yes,no"
 * or `scale` "1,5", one of the two; the caller frees. AZ_EUSAGE. */
int az_replies_panel(const char *answer, const char *labels, const char *scale,
                     struct az_panel **ret, struct az_error *err);

/* Can ids be taken apart by this pattern? AZ_EUSAGE: an unknown name, no {item}, or
 * two names with nothing between them. */
int az_replies_check_pattern(const char *pattern, struct az_error *err);
