/* client/lib/io_verdicts.h: a job's verdicts from a coordinator, as lines of
 * JSON, in order. Credit keeps what is under way small, and a connection that
 * breaks is made again from the last line that was taken. Edge. */
#pragma once
#include "client/lib/io_client.h"

struct az_verdicts_config {
    struct az_client_config client;
    uint64_t job;
    int64_t from;        /* a position: 0 = the first */
    bool follow;         /* until the job has ended */
    bool as_they_come;   /* by decision, not by item */
    bool brief;          /* without ballots */
    int64_t credit;      /* bytes under way at the most; 0 = 8 MiB */
    int64_t patience_ms; /* without a session; then it is given up */
    /* One line, without its newline. An error ends it all. */
    int (*line)(void *arg, struct az_str line, struct az_error *err);
    /* The lines that came together have been given: more may take hours, so what is
     * held back goes out now. NULL: nobody holds any. As `line`. */
    int (*batch)(void *arg, struct az_error *err);
    void *arg;
};

struct az_verdicts {
    int64_t lines;
    int64_t next;       /* the position to go on from */
    int64_t open;       /* items passed over: they have no verdict yet */
    int64_t first_open; /* the position of the first of them */
};

/* *ret tells also when it fails how far it came. AZ_EGONE: nobody answers any
 * more. AZ_EAGAIN: its client's stop_fd can be read. AZ_ENOENT: no such job. Else of `line`. */
int az_verdicts_read(const struct az_verdicts_config *config, struct az_verdicts *ret,
                     struct az_error *err);
