/* client/cli/io_calibrated.h: --calibration, --risk, --conformal and the like: ballots
 * without a panel of their own decided by what was learnt. Edge. */
#pragma once
#include "core/error.h"
#include "core/panel.h"

struct az_calibrated_options {
    const char *calibration, *risk, *delta, *conformal, *abstain_below; /* as typed; NULL: not */
};

/* Their rows in a command's table of options; `field` is where its options hold them. */
#define AZ_CALIBRATED_ROWS(options, field)                                                         \
    {"calibration",                                                                                \
     0,                                                                                            \
     AZ_OPT_STRING,                                                                                \
     offsetof(options, field.calibration),                                                         \
     "FILE",                                                                                       \
     "decide by what `assize calibrate` learnt",                                                   \
     0},                                                                                           \
        {"risk",                                                                                   \
         0,                                                                                        \
         AZ_OPT_STRING,                                                                            \
         offsetof(options, field.risk),                                                            \
         "SHARE",                                                                                  \
         "with a calibration that promises it: at most this share of what is decided is wrong",    \
         0},                                                                                       \
        {"delta",                                                                                  \
         0,                                                                                        \
         AZ_OPT_STRING,                                                                            \
         offsetof(options, field.delta),                                                           \
         "SHARE",                                                                                  \
         "the promise of --risk holds with probability 1 - SHARE (0.05)",                          \
         0},                                                                                       \
        {"conformal",                                                                              \
         0,                                                                                        \
         AZ_OPT_STRING,                                                                            \
         offsetof(options, field.conformal),                                                       \
         "SHARE",                                                                                  \
         "with a calibration that has them: sets that miss the true answer in at most this share", \
         0},                                                                                       \
    {                                                                                              \
        "abstain-below", 0, AZ_OPT_STRING, offsetof(options, field.abstain_below), "P",            \
            "with a calibration: no verdict where the probability is lower", 0                     \
    }

/* What --calibration names, and checks what was typed; *ret stays as it is where nothing is named.
 * AZ_EUSAGE, AZ_EINVAL, what reading a file gives. */
int az_calibrated_read(const struct az_calibrated_options *o, struct az_calibration **ret,
                       struct az_error *err);

/* The question that ballots answer where neither PANEL nor a job says so: that of the labels. NULL:
 * `c` is NULL. Its labels are borrowed from `c`. */
const struct az_question *az_calibrated_question(const struct az_calibration *c,
                                                 struct az_question *room);

/* Makes `panel` decide by `c`, which outlives it; nothing where it is NULL. AZ_EINVAL. */
int az_calibrated_panel(const struct az_calibrated_options *o, struct az_calibration *c,
                        struct az_panel *panel, struct az_error *err);

/* A share as an option has it, from 0.000001 to 0.5. AZ_EUSAGE. */
int az_calibrated_share(const char *option, const char *text, double *ret, struct az_error *err);
