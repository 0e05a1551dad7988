/* coordinator/io_results.h: what a job leaves behind: verdicts.jsonl and
 * summary.json, made from its store in one pass. Edge. */
#pragma once
#include "coordinator/store.h"
#include "coordinator/summary.h"
#include "core/error.h"
#include "core/panel.h"

struct az_results_config {
    const struct az_panel *panel;
    struct az_store *store;
    const char *dir;  /* verdicts.jsonl and summary.json go there */
    const char *out;  /* -o: a copy, "-" = stdout; NULL = none */
    int64_t out_from; /* items before this one are in the copy already */
    bool brief;
    struct az_summary_extra extra;
};

/* The summary is the caller's. AZ_EOUTPUT: something can't be written. */
int az_results_write(const struct az_results_config *config, struct az_summary **ret,
                     struct az_error *err);

/* summary.json to `path`. */
int az_summary_write(const struct az_summary *s, const char *path, struct az_error *err);
