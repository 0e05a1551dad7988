/* client/cli/import/forms.h: the readers of the forms; for forms.c only. Each is
 * `read` of struct az_form and returns 0, 1 (a header: no record), AZ_EINVAL (a
 * bad record) or AZ_ENOMEM. */
#pragma once
#include "client/cli/import/import.h"

typedef int az_form_read(struct az_import *im, const struct az_record *record,
                         struct az_error *err);
az_form_read az_form_ballots, az_form_rows, az_form_alpaca, az_form_arena, az_form_judgebench,
    az_form_promptfoo, az_form_inspect, az_form_replies;
