/* policies/tested.h: what was found of a calibration on items that nothing was learnt from,
 * as its file has it: guarantees, label sets, the reference for drift. Pure; for
 * calibration.c. */
#pragma once
#include "core/json.h"
#include "policies/calibration.h"

/* Keys of the object that `w` is in. */
void az_tested_write(struct az_jw *w, const struct az_panel *panel,
                     const struct az_calibration_tested *tested);

/* Into a calibration whose judges are known. AZ_EINVAL says what is wrong; AZ_ENOMEM. */
int az_tested_read(az_jv root, struct az_calibration *c, struct az_error *err);
