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

/* Rows in order, whose first column is an item's number: it stands on one of `at`. */
struct cursor {
    enum az_reader_statement q;
    int64_t at; /* -1: on none yet; INT64_MAX: after the last */
};

/* To the first row of `seq` or later. What lies near is reached by steps, for these
 * cost a fraction of a search; what lies far need not be read. */
static int seek(struct az_store_reader *r, struct cursor *c, int64_t seq, struct az_error *err)
{
    enum { NEAR = 16 };
    if (c->at < seq && (c->at < 0 || seq - c->at > NEAR)) {
        sqlite3_reset(r->q[c->q]);
        sqlite3_bind_int64(r->q[c->q], 1, seq);
        c->at = -1;
    }
    while (c->at < seq) {
        int got = az_reader_step(r, c->q, err);
        if (got < 0)
            return got;
        c->at = got ? sqlite3_column_int64(r->q[c->q], 0) : INT64_MAX;
    }
    return 0;
}

/* Beside each other in one snapshot. */
struct open_cursors {
    struct cursor settled, items, ballots;
};

/* Its ballots lie in its arena. */
static int open_ballots(struct az_store_reader *r, struct cursor *c, struct az_item *item,
                        struct az_ballots *ret, struct az_error *err)
{
    size_t n = 0;
    int code = seek(r, c, item->seq, err);
    while (code == 0 && c->at == item->seq) {
        struct az_ballot b;
        code = az_reader_ballot(r, r->q[c->q], item->arena, &b, err);
        b.used = false;
        if (code == 0)
            code = az_reader_keep(r, n++, &b, err);
        int got = code == 0 ? az_reader_step(r, c->q, err) : 0;
        if (got < 0)
            code = got;
        else if (code == 0)
            c->at = got ? sqlite3_column_int64(r->q[c->q], 0) : INT64_MAX;
    }
    return code < 0 ? code : az_reader_seat(r, n, item->arena, ret, err);
}

/* The first case from *seq on without a verdict. 0: none is left. */
static int gather_next_open(struct gathered *g, struct open_cursors *c, int64_t *seq,
                            struct az_error *err)
{
    struct az_store_reader *r = g->r;
    sqlite3_stmt *q = r->q[c->items.q];
    int code = seek(r, &c->settled, *seq, err);
    while (code == 0 && c->settled.at == *seq)
        code = seek(r, &c->settled, ++*seq, err);
    if (code == 0)
        code = seek(r, &c->items, *seq, err);
    /* Numbers run from 0 without a gap, so the first that has no item is the end. */
    if (code < 0 || c->items.at != *seq)
        return code;

    struct az_item *item = NULL;
    struct az_ballots ballots = {0};
    g->bytes += (size_t)sqlite3_column_bytes(q, 3);
    code = az_reader_item(r, q, g->panel, &item, err);
    if (code == 0)
        code = open_ballots(r, &c->ballots, item, &ballots, err);
    if (code < 0) {
        az_item_free(item);
        return code;
    }
    g->v[g->n++] = (struct az_case){.item = item, .ballots = ballots};
    ++*seq;
    return 1;
}

static int gather_open(struct gathered *g, int64_t *seq, struct az_error *err)
{
    g->bytes = 0;
    int code = az_reader_snapshot(g->r, err);
    if (code < 0)
        return code;
    struct open_cursors c = {.settled = {AZ_Q_SETTLED, -1},
                             .items = {AZ_Q_EACH_ITEM, -1},
                             .ballots = {AZ_Q_EACH_BALLOT, -1}};
    code = 1;
    while (code > 0 && !full(g))
        code = gather_next_open(g, &c, seq, err);
    az_reader_quiet(g->r);
    return code;
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
