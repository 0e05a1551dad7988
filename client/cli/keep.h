/* client/cli/keep.h: does an item pass? An expression over its verdict and the
 * item itself, or the question's own `pass`. Pure. */
#pragma once
#include "client/cli/expr.h"
#include "core/buf.h"
#include "core/model.h"
#include "core/panel.h"

/* What --keep may name: the verdict's fields, item.*, meta.*. Ends in NULL. */
extern const char *const az_keep_fields[];

/* `text` parsed before with az_keep_fields. AZ_EUSAGE: it rests on how many seats
 * said what, and early stopping leaves seats unasked once the label is sure. */
int az_keep_check(const char *text, const struct az_panel *panel, struct az_error *err);

/* `expr` NULL: the question's `pass`. What was not decided does not pass unless
 * the expression asks for it (`status == "abstained"`). `verdict_json` is the
 * brief verdict. */
bool az_keep(const struct az_expr *expr, const struct az_panel *panel, const struct az_item *item,
             const struct az_verdict *verdict, struct az_str verdict_json);
