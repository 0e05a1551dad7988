#include "client/cli/io_progress.h"

#include "client/cli/io_line.h"
#include "client/cli/progress.h"
#include "core/io_clock.h"
#include "core/mem.h"
#include "policies/standing.h"

enum { TROUBLES = 4, RIGHTS = 8, RATE_MS = 3000 };

struct az_progress_view {
    az_nusd limit;
    const struct az_panel *panel;
    struct az_live_line line;
    /* Two marks RATE_MS apart: the rate is of the last few seconds. */
    az_ms mark_at, before_at;
    int64_t mark_calls, before_calls, mark_done, before_done;
    int64_t *before_errors; /* by judge, at the older mark */
    int64_t *mark_errors;
    struct az_standing *standing; /* NULL: no memory, and nothing is said of it */
};

struct az_progress_view *az_progress_view_new(az_nusd limit, const struct az_panel *panel, int fd)
{
    struct az_progress_view *v = az_zalloc(sizeof(*v));
    if (!v)
        return NULL;
    v->limit = limit;
    v->panel = panel;
    az_live_line_init(&v->line, fd);
    v->mark_at = v->before_at = v->line.begun;
    v->before_errors = az_zalloc(panel->n_judges * sizeof(*v->before_errors));
    v->mark_errors = az_zalloc(panel->n_judges * sizeof(*v->mark_errors));
    if (!v->before_errors || !v->mark_errors) {
        az_progress_view_free(v);
        return NULL;
    }
    v->standing = az_standing_new(panel);
    return v;
}

static int64_t calls_of(const struct az_counts *c)
{
    int64_t n = 0;
    for (size_t j = 0; j < c->n_judges; j++)
        n += c->judges[j].ballots;
    return n;
}

static void move_marks(struct az_progress_view *v, const struct az_counts *c, int64_t done,
                       az_ms now)
{
    if (now - v->mark_at < RATE_MS)
        return;
    v->before_at = v->mark_at;
    v->before_calls = v->mark_calls;
    v->before_done = v->mark_done;
    v->mark_at = now;
    v->mark_calls = calls_of(c);
    v->mark_done = done;
    memcpy(v->before_errors, v->mark_errors, c->n_judges * sizeof(*v->before_errors));
    for (size_t j = 0; j < c->n_judges; j++)
        v->mark_errors[j] = c->judges[j].errors;
}

static size_t troubles(const struct az_progress_view *v, const struct az_counts *c,
                       struct az_trouble t[TROUBLES])
{
    size_t n = 0;
    for (size_t j = 0; j < c->n_judges; j++) {
        int64_t errors = c->judges[j].errors - v->before_errors[j];
        if (errors <= 0)
            continue;
        size_t at = n < TROUBLES ? n++ : TROUBLES - 1;
        if (at == TROUBLES - 1 && n == TROUBLES && t[at].judge && t[at].n >= errors)
            continue;
        t[at] = (struct az_trouble){v->panel->judges[j].name,
                                    az_ballot_error_name(c->judges[j].last_error), errors};
        for (; at && t[at - 1].n < t[at].n; at--) {
            struct az_trouble swap = t[at];
            t[at] = t[at - 1];
            t[at - 1] = swap;
        }
    }
    return n;
}

static size_t rights(const struct az_progress_view *v, struct az_right right[RIGHTS])
{
    size_t n = 0;
    for (size_t j = 0; v->standing && j < v->panel->n_judges; j++) {
        double share = az_standing_right(v->standing, j);
        if (share >= 0)
            n = az_right_put(right, n, RIGHTS, (struct az_right){v->panel->judges[j].name, share});
    }
    return n;
}

void az_progress_view_done(struct az_progress_view *v, const struct az_item *item,
                           struct az_ballots ballots)
{
    if (v->standing)
        az_standing_add(v->standing, item, ballots); /* without memory an item is passed over */
}

void az_progress_view_show(struct az_progress_view *v, const struct az_counts *c,
                           struct az_feed_counts fed, bool last)
{
    az_ms now = az_clock_ms();
    if (!az_live_line_due(&v->line, last))
        return;
    int64_t done = c->decided + c->abstained + c->failed + fed.known;
    struct az_trouble t[TROUBLES] = {0};
    struct az_right right[RIGHTS];
    double seconds = (double)(now - v->before_at) / 1000;
    double rate = seconds > 0 ? (double)(calls_of(c) - v->before_calls) / seconds : -1;
    double items = seconds > 0 ? (double)(done - v->before_done) / seconds : 0;
    struct az_progress p = {
        .done = done,
        .total = fed.total,
        .failed = c->failed,
        .calls_per_s = rate,
        .spent = c->settled,
        .limit = v->limit,
        .eta_s = fed.total >= done && items > 0 ? (double)(fed.total - done) / items : -1,
        .n_trouble = troubles(v, c, t),
        .trouble = t,
        .n_right = rights(v, right),
        .right = right,
    };
    az_live_line_show(&v->line, &p, last);
    move_marks(v, c, done, now);
}

void az_progress_view_free(struct az_progress_view *v)
{
    if (!v)
        return;
    az_live_line_end(&v->line);
    az_standing_free(v->standing);
    free(v->before_errors);
    free(v->mark_errors);
    free(v);
}
