/* client/cli/elsewhere.h: labelled items of another source, which say how a panel errs where
 * nothing is labelled. */
#pragma once
#include "client/cli/honest.h"
#include "client/cli/io_sources.h"

struct az_elsewhere {
    const struct az_panel *panel; /* that decides; judges of SOURCE must be its own */
    bool as_decided;              /* verdicts of SOURCE stand where there are any */
    bool who_came;                /* as az_decide_case.who_came */
};

/* Adds every labelled item of SOURCE to `h`, whose own items have no true answers.
 * AZ_EUSAGE: they have, or SOURCE has none; AZ_ECHANGED: other judges or another question; what
 * opening gives. */
int az_elsewhere_add(const struct az_elsewhere *e, const char *path,
                     const struct az_sources_options *with, struct az_honest *h,
                     struct az_error *err);
