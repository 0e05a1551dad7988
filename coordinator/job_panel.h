/* coordinator/job_panel.h: the panel of a submitted job: read, checked, compared.
 * Pure. */
#pragma once
#include "core/base.h"
#include "core/error.h"
#include "core/panel.h"

/* What a client submits: backends by name, no url, key, file or command; and
 * what the policy and the budget ask of it. AZ_EINVAL says what is wrong. */
int az_job_panel_read(const char *yaml, const char *const *set, size_t n_set, struct az_panel **ret,
                      struct az_error *err);
/* What az_job_panel_print() wrote, with the settings that were changed since. */
int az_job_panel_read_kept(const char *yaml, const char *path, const char *const *set, size_t n_set,
                           struct az_panel **ret, struct az_error *err);
void az_job_panel_print(struct az_buf *b, const struct az_panel *panel);

/* AZ_ECHANGED: `now` is not the panel that `was` is, and where it differs. */
int az_job_panel_same(const struct az_panel *was, const struct az_panel *now, struct az_error *err);

/* Under a budget every price must be known before the first call: AZ_EINVAL. */
int az_job_panel_priced(const struct az_panel *panel, struct az_error *err);
