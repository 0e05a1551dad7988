/* client/cli/io_sources_state.h: the inside of az_sources; for io_sources*.c only. */
#pragma once
#include "client/cli/guess.h"
#include "client/cli/io_ballot_file.h"
#include "client/cli/io_sources.h"
#include "client/cli/io_stored.h"
#include "core/golds.h"

enum { AZ_SOURCES_MAX = 256 };

struct az_source_job {
    const char *dir;
    struct az_stored_job stored;
    int to_panel[AZ_JUDGES_MAX]; /* its judges as s->panel numbers them; -1 = not seated */
};

struct az_sources {
    size_t n_jobs, n_files;
    struct az_source_job *jobs;
    struct az_ballot_file *files;
    struct az_roster roster;
    int *caster_at;        /* by caster: its judge in s->panel; -1 = not seated */
    unsigned char *passed; /* by item of the roster: az_sources_each() came by */

    struct az_panel *loaded, *made; /* PANEL; what the sources show */
    const struct az_panel *panel;
    const char **sorts; /* by judge */
    size_t n_responses;

    const char *items_path;
    int items_fd;
    struct az_golds *golds;
    struct az_sources_counts counts;
    int64_t bad_items, bad_source_lines;
};

/* io_sources_panel.c: s->panel and what goes with it, from what is open. */
int az_sources_choose_panel(struct az_sources *s, const struct az_sources_options *options,
                            struct az_error *err);
