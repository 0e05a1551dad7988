/* Items in order: three ordered cursors, merged, some at a time. */
#include "coordinator/io_store_reader.h"

#include "core/item.h"

struct cases {
    struct az_store_reader *r;
    const struct az_panel *panel;
    struct az_case v[AZ_READ_CASES];
    size_t n, bytes;
    bool verdict_row, ballot_row; /* the cursor stands on a row not yet taken */
};

static int cases_start(struct cases *c, int64_t from, struct az_error *err)
{
    for (int i = AZ_Q_EACH_ITEM; i <= AZ_Q_EACH_BALLOT; i++)
        sqlite3_bind_int64(c->r->q[i], 1, from);
    int got = az_reader_step(c->r, AZ_Q_EACH_VERDICT, err);
    if (got < 0)
        return got;
    c->verdict_row = got;
    if ((got = az_reader_step(c->r, AZ_Q_EACH_BALLOT, err)) < 0)
        return got;
    c->ballot_row = got;
    return 0;
}

static int case_verdict(struct cases *c, struct az_case *to, struct az_keys *used,
                        struct az_error *err)
{
    sqlite3_stmt *q = c->r->q[AZ_Q_EACH_VERDICT];
    to->verdict = (struct az_verdict){.status = AZ_OPEN, .label = AZ_LABEL_NONE, .how = ""};
    while (c->verdict_row && sqlite3_column_int64(q, 0) <= to->item->seq) {
        if (sqlite3_column_int64(q, 0) == to->item->seq) {
            int code =
                az_reader_verdict(c->r, q, (struct az_item *)to->item, &to->verdict, used, err);
            if (code < 0)
                return code;
        }
        int got = az_reader_step(c->r, AZ_Q_EACH_VERDICT, err);
        if (got < 0)
            return got;
        c->verdict_row = got;
    }
    return 0;
}

static int case_ballots(struct cases *c, struct az_case *to, struct az_keys used,
                        struct az_error *err)
{
    sqlite3_stmt *q = c->r->q[AZ_Q_EACH_BALLOT];
    size_t n = 0;
    while (c->ballot_row && sqlite3_column_int64(q, 0) <= to->item->seq) {
        if (sqlite3_column_int64(q, 0) == to->item->seq) {
            struct az_ballot b;
            c->bytes += (size_t)sqlite3_column_bytes(q, 6);
            int code = az_reader_ballot(c->r, q, to->item->arena, &b, err);
            if (code < 0)
                return code;
            b.used = az_reader_used(used, &b.key);
            if ((code = az_reader_keep(c->r, n++, &b, err)) < 0)
                return code;
        }
        int got = az_reader_step(c->r, AZ_Q_EACH_BALLOT, err);
        if (got < 0)
            return got;
        c->ballot_row = got;
    }
    return az_reader_seat(c->r, n, to->item->arena, &to->ballots, err);
}

/* The case of the item on whose row the cursor stands. */
static int case_fill(struct cases *c, struct az_error *err)
{
    struct az_case *to = &c->v[c->n];
    struct az_keys used = {0};
    struct az_item *item = NULL;
    sqlite3_stmt *q = c->r->q[AZ_Q_EACH_ITEM];
    int code = az_reader_item(c->r, q, c->panel, &item, err);
    if (code < 0)
        return code;
    c->bytes += (size_t)sqlite3_column_bytes(q, 3);
    *to = (struct az_case){.item = item};
    c->n++; /* it is freed with the others from now on */
    code = case_verdict(c, to, &used, err);
    return code == 0 ? case_ballots(c, to, used, err) : code;
}

/* Some cases from `from` on, at most `max`. Fewer than max and few bytes: the end. */
static int cases_gather(struct cases *c, int64_t from, size_t max, struct az_error *err)
{
    c->n = c->bytes = 0;
    int code = az_reader_snapshot(c->r, err);
    if (code < 0)
        return code;
    code = cases_start(c, from, err);
    while (code == 0 && c->n < max && c->bytes < AZ_READ_BYTES) {
        int got = az_reader_step(c->r, AZ_Q_EACH_ITEM, err);
        if (got <= 0) {
            code = got;
            break;
        }
        code = case_fill(c, err);
    }
    az_reader_quiet(c->r);
    return code;
}

static void cases_release(struct cases *c)
{
    for (size_t i = 0; i < c->n; i++)
        az_item_free((struct az_item *)c->v[i].item);
    c->n = 0;
}

static int cases_hand_over(struct cases *c, az_store_each_fn *each, void *arg, struct az_error *err)
{
    int code = 0;
    for (size_t i = 0; code == 0 && i < c->n; i++)
        code = each(arg, &c->v[i], err);
    return code;
}

int az_store_each(struct az_store_reader *r, const struct az_panel *panel, az_store_each_fn *each,
                  void *arg, struct az_error *err)
{
    return az_store_each_from(r, panel, 0, each, arg, err);
}

int az_store_each_from(struct az_store_reader *r, const struct az_panel *panel, int64_t seq,
                       az_store_each_fn *each, void *arg, struct az_error *err)
{
    if (r->s->null)
        return 0;
    struct cases c = {.r = r, .panel = panel};
    int64_t from = seq;
    int code;
    bool more;
    do {
        code = cases_gather(&c, from, AZ_READ_CASES, err);
        more = c.n > 0;
        if (more)
            from = c.v[c.n - 1].item->seq + 1;
        if (code == 0)
            code = cases_hand_over(&c, each, arg, err);
        cases_release(&c);
    } while (code == 0 && more);
    return code;
}

int az_store_one(struct az_store_reader *r, const struct az_panel *panel, struct az_str id,
                 az_store_each_fn *each, void *arg, struct az_error *err)
{
    struct az_stored stored = {0};
    int code = az_store_find(r, id, &stored, err);
    if (code < 0)
        return code;
    struct cases c = {.r = r, .panel = panel};
    code = cases_gather(&c, stored.seq, 1, err);
    if (code == 0)
        code = cases_hand_over(&c, each, arg, err);
    cases_release(&c);
    return code;
}
