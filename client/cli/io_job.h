/* client/cli/io_job.h: what `run` and `filter` share: one loop with two ends.
 * A panel, a store, a worker and the coordinator in this process; items come
 * from the input thread, verdicts go to the sink. Edge. */
#pragma once
#include "client/cli/io_feed.h"
#include "coordinator/io_coordinator.h"
#include "coordinator/store.h"
#include "coordinator/summary.h"
#include "core/error.h"
#include "core/options.h"
#include "core/panel.h"
#include "workers/io_worker.h"

/* The options that both have. */
struct az_job_options {
    const char *job, *backends, *gold, *cache, *env_file;
    struct az_opt_list set;
    int64_t seed, slots;
    bool quiet;
};
#define AZ_JOB_OPTIONS(type, field)                                                           \
    {"job", 0, AZ_OPT_STRING, offsetof(type, field.job), "DIR", "the job's directory", 0},    \
        {"backends",                                                                          \
         0,                                                                                   \
         AZ_OPT_STRING,                                                                       \
         offsetof(type, field.backends),                                                      \
         "FILE",                                                                              \
         "backends from here, over the panel's",                                              \
         0},                                                                                  \
        {"cache",                                                                             \
         0,                                                                                   \
         AZ_OPT_STRING,                                                                       \
         offsetof(type, field.cache),                                                         \
         "FILE|none",                                                                         \
         "answers already paid for (default: in the user's cache)",                           \
         0},                                                                                  \
        {"set",                                                                               \
         0,                                                                                   \
         AZ_OPT_LIST,                                                                         \
         offsetof(type, field.set),                                                           \
         "KEY=VALUE",                                                                         \
         "change the panel: --set limits.usd=3",                                              \
         0},                                                                                  \
        {"slots",    'j',                                                                     \
         AZ_OPT_INT, offsetof(type, field.slots),                                             \
         "N",        "calls under way at once, over all backends",                            \
         1},                                                                                  \
        {"seed", 0, AZ_OPT_INT, offsetof(type, field.seed), "N", "of samples and pauses", 0}, \
        {"env-file",                                                                          \
         0,                                                                                   \
         AZ_OPT_STRING,                                                                       \
         offsetof(type, field.env_file),                                                      \
         "FILE",                                                                              \
         "NAME=VALUE lines into the environment",                                             \
         0},                                                                                  \
    {                                                                                         \
        "quiet", 'q', AZ_OPT_FLAG, offsetof(type, field.quiet), NULL,                         \
            "no progress, no summary on stderr", 0                                            \
    }

struct az_job {
    struct az_job_options options;
    struct az_panel *panel;
    struct az_worker *worker; /* until it runs */
    struct az_store *store;
    struct az_store_totals before; /* of earlier runs */
    struct az_golds *golds;
    struct az_feed_counts fed;
    struct az_counts counts; /* without the judges' */
    char stopped_why[256];
    char nobody_why[512]; /* where nobody answered: the first judge's last error */
    enum az_job_end end;
    int input_code;       /* not 0: reading ended early, told already; an exit code */
    bool nobody_answered; /* not one judge gave one answer */
    double seconds;
};

struct az_job_sink {
    /* An item left the window; on the loop's thread, must not block. */
    void (*done)(void *arg, const struct az_done *done);
    /* Before anything runs; NULL = not wanted. The sink may stop the job. */
    void (*begin)(void *arg, struct az_coordinator *c);
    /* No item comes any more: let the input thread go, and readers of the store.
     * Follows every begin, also when nothing ran. NULL = nothing to do. */
    void (*end)(void *arg);
    /* The input thread is gone, the store about to close: free readers of your
     * own. NULL = none. */
    void (*fed)(void *arg);
    struct az_feed_config feed; /* path, limit, sample, retry_failed, strict, line, settled, arg */
    void *arg;
};

/* Read the panel and all that it names; nothing is made. An exit code; the
 * error is told, as in all of these. */
int az_job_read(struct az_job *job, const char *panel_path);
/* Then open the store: a directory, or with `dir` NULL one that keeps nothing. */
int az_job_open(struct az_job *job, const char *dir);
/* Run it. 0 also where the input ended early: then `input_code` says so, and
 * what was read before has been judged. */
int az_job_run(struct az_job *job, const struct az_job_sink *sink);
void az_job_close(struct az_job *job);

/* After a run: what the summary can't know from verdicts. */
struct az_summary_extra az_job_extra(const struct az_job *job);
/* After a run: verdicts.jsonl and summary.json in `dir`, and a copy to `out`
 * (or NULL), which has the items before `out_from` already. The summary is the
 * caller's. */
int az_job_results(struct az_job *job, const char *dir, const char *out, int64_t out_from,
                   bool brief, struct az_summary **summary, struct az_error *err);

/* Fill the path of the user's cache; false: none can be found. */
bool az_cache_path(const char *option, char *path, size_t size);
