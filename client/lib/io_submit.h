/* client/lib/io_submit.h: a job to a coordinator: its panel, then its lines in
 * chunks, until all of them are durable there. Connections that break are made
 * again; what is durable is not sent twice. Edge. */
#pragma once
#include "client/lib/io_client.h"
#include "core/io_file.h"

struct az_submit_config {
    struct az_client_config client;
    struct az_str key; /* 1 to 64 bytes: the same key of the same owner is the same job */
    const char *yaml, *name;
    uint32_t priority;   /* 0 = the coordinator's */
    int64_t deadline_s;  /* 0 = none */
    int64_t patience_ms; /* without any progress; then it is given up */
    struct az_lines *in; /* from its beginning; blank lines are left out */
    /* The line's gold as JSON, or {NULL, 0}; borrowed until the next call. NULL:
     * none has any. */
    int (*gold)(void *arg, const struct az_line *line, struct az_str *ret, struct az_error *err);
    /* A line that is no item: by the coordinator's word, or too long to be sent. */
    void (*bad)(void *arg, int64_t line, const char *what);
    /* So many lines were read, some chunks of which are under way. NULL: nobody looks. */
    void (*progress)(void *arg, int64_t lines);
    void *arg;
};

struct az_submitted {
    uint64_t job;     /* 0: not known yet */
    bool existed;     /* before this call */
    bool complete;    /* it had all its lines before this call */
    int64_t lines;    /* read here, without blank ones */
    int64_t bad;      /* of them, and of the job's lines before */
    int64_t repeated; /* as well: lines that are an earlier item again */
};

/* *ret tells also when it fails how far it came. AZ_EGONE: nobody answers, or not
 * any more; the same call goes on. AZ_EIO: of the input. Else what the coordinator
 * said: AZ_EINVAL, of the panel. */
int az_submit(const struct az_submit_config *config, struct az_submitted *ret,
              struct az_error *err);
