/* client/cli/check_text.h: what `assize check` says: what a panel resolved to,
 * what its judges will be shown, what it will take. Pure. */
#pragma once
#include "client/cli/estimate.h"
#include "core/buf.h"
#include "core/error.h"
#include "core/panel.h"
#include "core/prompt.h"

void az_check_panel(struct az_buf *b, const struct az_panel *panel, size_t width);

/* Each distinct prompt once, with the judges that get it; `item` in the order
 * as listed. AZ_ENOMEM, AZ_ELIMIT. */
int az_check_prompts(struct az_buf *b, const struct az_panel *panel,
                     const struct az_prompter *prompter, const struct az_item *item, size_t width,
                     struct az_error *err);

void az_check_estimate(struct az_buf *b, const struct az_estimate *e, size_t width);

/* An item that has every field, for want of a real one. */
int az_check_example(const struct az_panel *panel, struct az_item **ret, struct az_error *err);
