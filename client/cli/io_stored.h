/* client/cli/io_stored.h: a job directory, opened to be read, also beside a run
 * that is under way. Its own panel.yaml is the panel; no key or variable of the
 * environment is needed. Edge. */
#pragma once
#include "coordinator/store.h"
#include "core/error.h"
#include "core/panel.h"

struct az_stored_job {
    struct az_panel *panel;
    struct az_store *store;
    struct az_store_reader *reader;
};

/* AZ_ENOENT: no job directory there. On an error nothing is left open. */
int az_stored_job_open(const char *dir, struct az_stored_job *ret, struct az_error *err);
void az_stored_job_close(struct az_stored_job *job);
