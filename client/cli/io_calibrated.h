/* client/cli/io_calibrated.h: --calibration, --risk, --delta and --abstain-below: ballots
 * without a panel of their own decided by what was learnt. Edge. */
#pragma once
#include "core/error.h"
#include "core/panel.h"

struct az_calibrated_options {
    const char *calibration, *risk, *delta, *abstain_below; /* as typed; NULL: not */
};

/* Makes `panel` decide by them; nothing where there is no calibration. *ret is the
 * caller's, and outlives the panel. AZ_EUSAGE, AZ_EINVAL, what reading a file gives. */
int az_calibrated_panel(const struct az_calibrated_options *o, struct az_panel *panel,
                        struct az_calibration **ret, struct az_error *err);

/* A share as an option has it, from 0.000001 to 0.5. AZ_EUSAGE. */
int az_calibrated_share(const char *option, const char *text, double *ret, struct az_error *err);
