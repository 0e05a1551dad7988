/* client/cli/progress.h: one line that says how far a job is. Pure: it formats
 * numbers; whoever prints it moves the cursor and knows the time. */
#pragma once
#include "core/base.h"
#include "core/buf.h"

/* A judge whose calls fail, and why: "rate_limit", "down". */
struct az_trouble {
    const char *judge, *why;
    int64_t n; /* failed calls lately */
};

/* How often a judge is right, as far as it looks (policies/standing.h). */
struct az_right {
    const char *judge;
    double share;
};

/* Put one among `n` of `most`, the lowest first, equals as they come. Returns how many there are.
 */
size_t az_right_put(struct az_right *v, size_t n, size_t most, struct az_right one);

struct az_progress {
    int64_t done, total; /* items; total < 0: not known yet */
    int64_t failed;      /* items of `done` that failed */
    double calls_per_s;  /* < 0: not known yet */
    az_nusd spent;
    az_nusd limit; /* AZ_NUSD_MAX: none */
    double eta_s;  /* < 0: not known */
    bool paused;   /* nobody new is asked */
    size_t n_trouble;
    const struct az_trouble *trouble; /* the worst first */
    size_t n_right;
    const struct az_right *right; /* the lowest first */
};

/* "1,234/10,000 12.3% · 45.2 calls/s · $1.23 of $20.00 · 3m 20s left · haiku:
 * rate_limit 12 · right: overlap ~62%; qwen ~84%" in at most `width` columns, no newline: what
 * does not fit is left out from the end. `done` of `total` is always there, cut if need be. */
void az_progress_line(struct az_buf *b, const struct az_progress *p, size_t width);

/* The same in full, for a log or a pipe: ASCII but for names, no cursor, no
 * newline. */
void az_progress_plain(struct az_buf *b, const struct az_progress *p);
