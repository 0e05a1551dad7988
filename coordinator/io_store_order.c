/* Items in another order than their own: as they were decided, and those that
 * are open. A cursor over small rows says which; each is then read by itself. */
#include "coordinator/io_store_reader.h"

struct gathered {
    struct az_store_reader *r;
    const struct az_panel *panel;
    struct az_case v[AZ_READ_CASES];
    size_t n, bytes;
};

static void release(struct gathered *g)
{
    for (size_t i = 0; i < g->n; i++)
        az_item_free((struct az_item *)g->v[i].item);
    g->n = 0;
}

static bool full(const struct gathered *g)
{
    return g->n == AZ_READ_CASES || g->bytes >= AZ_READ_BYTES;
}

/* The item's own row. AZ_ENOENT: there is none. */
static int read_item(struct gathered *g, int64_t seq, struct az_item **ret, struct az_error *err)
{
    sqlite3_stmt *q = g->r->q[AZ_Q_ITEM];
    sqlite3_reset(q);
    sqlite3_bind_int64(q, 1, seq);
    int got = az_reader_step(g->r, AZ_Q_ITEM, err);
    if (got <= 0)
        return got < 0 ? got : AZ_ENOENT;
    g->bytes += (size_t)sqlite3_column_bytes(q, 3);
    return az_reader_item(g->r, q, g->panel, ret, err);
}

static int read_verdict(struct gathered *g, struct az_case *to, struct az_keys *used,
                        struct az_error *err)
{
    sqlite3_stmt *q = g->r->q[AZ_Q_VERDICT];
    sqlite3_reset(q);
    sqlite3_bind_int64(q, 1, to->item->seq);
    int got = az_reader_step(g->r, AZ_Q_VERDICT, err);
    if (got <= 0)
        return got < 0 ? got : AZ_ENOENT;
    return az_reader_verdict(g->r, q, (struct az_item *)to->item, &to->verdict, used, err);
}

/* One more case; nothing is added where the item, or a verdict that is wanted,
 * is not there. */
static int gather(struct gathered *g, int64_t seq, bool decided, int64_t pos, struct az_error *err)
{
    struct az_case *to = &g->v[g->n];
    struct az_item *item = NULL;
    struct az_keys used = {0};
    int code = read_item(g, seq, &item, err);
    if (code < 0)
        return code == AZ_ENOENT ? 0 : code;
    *to =
        (struct az_case){.pos = pos, .item = item, .verdict = {.label = AZ_LABEL_NONE, .how = ""}};
    if (decided)
        code = read_verdict(g, to, &used, err);
    sqlite3_reset(g->r->q[AZ_Q_BALLOTS]);
    if (code == 0)
        code = az_reader_ballots(g->r, seq, used, item->arena, &to->ballots, err);
    if (code < 0) {
        az_item_free(item);
        return code == AZ_ENOENT ? 0 : code;
    }
    g->n++;
    return 0;
}

/* ---- as they were decided ---- */

/* From *pos on, which moves past what was read. 1: there may be more. */
static int gather_decided(struct gathered *g, int64_t *pos, struct az_error *err)
{
    g->bytes = 0;
    int code = az_reader_snapshot(g->r, err);
    if (code < 0)
        return code;
    sqlite3_stmt *q = g->r->q[AZ_Q_DECIDED];
    sqlite3_bind_int64(q, 1, *pos);
    int got = 1;
    while (code == 0 && !full(g) && (got = az_reader_step(g->r, AZ_Q_DECIDED, err)) > 0) {
        int64_t at = sqlite3_column_int64(q, 0);
        code = gather(g, sqlite3_column_int64(q, 1), true, at, err);
        *pos = at + 1;
    }
    az_reader_quiet(g->r);
    return code < 0 ? code : got;
}

int az_store_each_decided(struct az_store_reader *r, const struct az_panel *panel, int64_t pos,
                          az_store_each_fn *each, void *arg, struct az_error *err)
{
    if (r->s->null)
        return 0;
    struct gathered g = {.r = r, .panel = panel};
    int more, code = 0;
    do {
        more = gather_decided(&g, &pos, err);
        for (size_t i = 0; more >= 0 && code == 0 && i < g.n; i++)
            code = each(arg, &g.v[i], err);
        release(&g);
    } while (more > 0 && code == 0);
    return more < 0 ? more : code;
}

/* ---- open ones ---- */

/* The first number at or after `seq` that no verdict has; the cursor stands on
 * the verdict of *settled: -1 before the first, INT64_MAX after the last. */
static int skip_settled(struct gathered *g, int64_t *seq, int64_t *settled, struct az_error *err)
{
    while (*settled <= *seq) {
        *seq += *settled == *seq;
        int got = az_reader_step(g->r, AZ_Q_SETTLED, err);
        if (got < 0)
            return got;
        *settled = got ? sqlite3_column_int64(g->r->q[AZ_Q_SETTLED], 0) : INT64_MAX;
    }
    return 0;
}

/* Numbers run from 0 without a gap, so the first that has no item is the end. */
static int gather_open(struct gathered *g, int64_t *seq, struct az_error *err)
{
    g->bytes = 0;
    int code = az_reader_snapshot(g->r, err);
    if (code < 0)
        return code;
    sqlite3_bind_int64(g->r->q[AZ_Q_SETTLED], 1, *seq);
    int64_t settled = -1;
    bool more = true;
    while (more && !full(g) && (code = skip_settled(g, seq, &settled, err)) == 0) {
        size_t before = g->n;
        code = gather(g, *seq, false, 0, err);
        more = code == 0 && g->n > before;
        *seq += more;
    }
    az_reader_quiet(g->r);
    return code < 0 ? code : more;
}

int az_store_each_open(struct az_store_reader *r, const struct az_panel *panel, int64_t seq,
                       az_store_open_fn *each, void *arg, struct az_error *err)
{
    if (r->s->null)
        return 0;
    struct gathered g = {.r = r, .panel = panel};
    int more, code = 0;
    do {
        more = gather_open(&g, &seq, err);
        for (size_t i = 0; more >= 0 && code == 0 && i < g.n; i++) {
            struct az_item *item = (struct az_item *)AZ_TAKE(g.v[i].item);
            code = each(arg, item, g.v[i].ballots, err);
        }
        release(&g);
    } while (more > 0 && code == 0);
    return more < 0 ? more : code;
}
