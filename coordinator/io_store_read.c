/* Readers. Each has a connection of its own, but for a job on a network file
 * system, where the one that writes is the only one there can be.
 *
 * No transaction is open while the caller's code runs: a snapshot that is kept
 * open holds every later frame of the WAL in place. */
#include "coordinator/io_store.h"

#include "core/item.h"
#include "core/mem.h"
#include "core/wire_model.h"

enum {
    CASES_AT_ONCE = 64,
    BYTES_AT_ONCE = 4 << 20, /* of packed bodies; one case may be larger */
};

enum { FIND, BALLOTS, EACH_ITEM, EACH_VERDICT, EACH_BALLOT, TOTALS, BEGIN, COMMIT, N_STATEMENTS };

#define BALLOT_COLUMNS "item, round, judge, criterion, ord, sample, body"
#define BALLOT_ORDER "ORDER BY item, round, judge, criterion, ord, sample"

static const char *const statements[N_STATEMENTS] = {
    [FIND] = "SELECT seq, content, id, coalesce(status, 0) FROM items"
             " LEFT JOIN verdicts ON item = seq WHERE id_hash = ? ORDER BY seq",
    [BALLOTS] = "SELECT " BALLOT_COLUMNS " FROM ballots WHERE item = ? " BALLOT_ORDER,
    [EACH_ITEM] = "SELECT seq, line, content, body FROM items WHERE seq >= ? ORDER BY seq",
    [EACH_VERDICT] = "SELECT item, body FROM verdicts WHERE item >= ? ORDER BY item",
    [EACH_BALLOT] = "SELECT " BALLOT_COLUMNS " FROM ballots WHERE item >= ? " BALLOT_ORDER,
    [TOTALS] = "SELECT items, decided, abstained, totals.failed, ballots, ballot_errors, settled,"
               " ceiling, (SELECT coalesce(max(seq) + 1, 0) FROM items) FROM totals, ledger",
    [BEGIN] = "BEGIN",
    [COMMIT] = "COMMIT",
};

struct az_store_reader {
    struct az_store *s;
    sqlite3 *db;
    sqlite3_stmt *q[N_STATEMENTS];
    struct az_squeeze squeeze;
    struct az_ballot *found; /* scratch: the ballots of one item */
    size_t found_cap;
};

/* ---- opening ---- */

static int prepare(struct az_store_reader *r, struct az_error *err)
{
    int code = 0;
    for (int i = 0; code == 0 && i < N_STATEMENTS; i++)
        code = az_sql_prepare(r->db, r->s->dir, statements[i], &r->q[i], err);
    return code;
}

/* From here to quiet() the reader sees one state of the job. */
static int snapshot(struct az_store_reader *r, struct az_error *err)
{
    if (r->db == r->s->db) {
        pthread_mutex_lock(&r->s->turn);
        return 0;
    }
    int step = sqlite3_step(r->q[BEGIN]);
    sqlite3_reset(r->q[BEGIN]);
    return step == SQLITE_DONE ? 0 : az_sql_fail(r->db, r->s->dir, err);
}

static void quiet(struct az_store_reader *r)
{
    for (int i = 0; i < BEGIN; i++)
        sqlite3_reset(r->q[i]);
    if (r->db == r->s->db) {
        pthread_mutex_unlock(&r->s->turn);
        return;
    }
    sqlite3_step(r->q[COMMIT]); /* of a transaction that read: it can't fail */
    sqlite3_reset(r->q[COMMIT]);
}

int az_store_reader_open(struct az_store *s, struct az_store_reader **ret, struct az_error *err)
{
    AZ_AUTO(store_reader) r = az_zalloc(sizeof(*r));
    if (!r)
        return az_oom(err);
    r->s = s;
    az_squeeze_init(&r->squeeze, AZ_STORE_BODY_MAX);
    int code = 0;
    if (s->network && s->db) {
        r->db = s->db;
        pthread_mutex_lock(&s->turn);
        code = prepare(r, err);
        pthread_mutex_unlock(&s->turn);
    } else if (!s->null) {
        code = az_store_connect(s, &r->db, err);
        if (code == 0)
            code = prepare(r, err);
    }
    if (code < 0)
        return code;
    *ret = AZ_TAKE(r);
    return 0;
}

void az_store_reader_free(struct az_store_reader *r)
{
    if (!r)
        return;
    bool shared = r->db && r->db == r->s->db;
    if (shared)
        pthread_mutex_lock(&r->s->turn);
    for (int i = 0; i < N_STATEMENTS; i++)
        sqlite3_finalize(r->q[i]);
    if (shared)
        pthread_mutex_unlock(&r->s->turn);
    else
        sqlite3_close(r->db);
    az_squeeze_release(&r->squeeze);
    free(r->found);
    free(r);
}

/* ---- rows ---- */

/* 1: a row, 0: no more, negative: an error. */
static int step(struct az_store_reader *r, int statement, struct az_error *err)
{
    int got = sqlite3_step(r->q[statement]);
    if (got == SQLITE_ROW)
        return 1;
    return got == SQLITE_DONE ? 0 : az_sql_fail(r->db, r->s->dir, err);
}

static int damaged(struct az_store_reader *r, int64_t seq, struct az_error *err)
{
    if (err && err->code == AZ_ENOMEM)
        return AZ_ENOMEM;
    az_wrap(err, "job '%s': item %lld in state.db", r->s->dir, (long long)seq);
    if (err)
        err->code = AZ_EIO;
    return AZ_EIO;
}

/* The ballot in this row, its judge as the store numbers it, into `a`. */
static int ballot_row(struct az_store_reader *r, sqlite3_stmt *q, struct az_arena *a,
                      struct az_ballot *ret, struct az_error *err)
{
    struct az_str text;
    int code = az_unsqueeze(&r->squeeze, az_sql_blob(q, 6), &text, err);
    if (code == 0)
        code = az_wire_ballot_unpack(text, a, ret, err);
    int64_t item = sqlite3_column_int64(q, 0);
    if (code < 0)
        return damaged(r, item, err);
    ret->key = (struct az_key){
        .item = item,
        .round = sqlite3_column_int(q, 1),
        .judge = sqlite3_column_int(q, 2),
        .criterion = sqlite3_column_int(q, 3),
        .order = sqlite3_column_int(q, 4),
        .sample = sqlite3_column_int(q, 5),
    };
    if (ret->key.judge < 0 || ret->key.judge >= AZ_JUDGES_MAX) {
        az_fail(err, AZ_EIO, "judge out of range");
        return damaged(r, item, err);
    }
    return 0;
}

/* One more into the scratch list. */
static int keep_ballot(struct az_store_reader *r, size_t n, const struct az_ballot *b,
                       struct az_error *err)
{
    if (az_grow(&r->found, &r->found_cap, n + 1, sizeof(*r->found)) < 0)
        return az_oom(err);
    r->found[n] = *b;
    return 0;
}

/* The first `n` of the scratch list into `a`, with the panel's judges; those
 * that it does not seat are left out. */
static int seat_ballots(struct az_store_reader *r, size_t n, struct az_arena *a,
                        struct az_ballots *ret, struct az_error *err)
{
    struct az_ballot *v = az_arena_zalloc(a, n * sizeof(*v));
    if (!v)
        return az_oom(err);
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        int seat = r->s->judges.to_panel[r->found[i].key.judge];
        if (seat < 0)
            continue;
        v[kept] = r->found[i];
        v[kept++].key.judge = seat;
    }
    *ret = (struct az_ballots){v, kept};
    return 0;
}

/* ---- one item ---- */

static int find(struct az_store_reader *r, struct az_str id, struct az_stored *ret,
                struct az_error *err)
{
    sqlite3_stmt *q = r->q[FIND];
    sqlite3_bind_int64(q, 1, (int64_t)az_hash64(0, id));
    int got;
    while ((got = step(r, FIND, err)) > 0) {
        struct az_str content = az_sql_blob(q, 1);
        if (!az_str_eq(az_sql_blob(q, 2), id) || content.n != AZ_HASH_BYTES)
            continue;
        ret->seq = sqlite3_column_int64(q, 0);
        memcpy(ret->content.bytes, content.p, AZ_HASH_BYTES);
        ret->status = (enum az_status)sqlite3_column_int(q, 3);
        return 0;
    }
    return got < 0 ? got : az_fail(err, AZ_ENOENT, "no item '" AZ_STR_FMT "'", AZ_STR_ARG(id));
}

int az_store_find(struct az_store_reader *r, struct az_str id, struct az_stored *ret,
                  struct az_error *err)
{
    if (r->s->null)
        return az_fail(err, AZ_ENOENT, "no item '" AZ_STR_FMT "'", AZ_STR_ARG(id));
    int code = snapshot(r, err);
    if (code < 0)
        return code;
    code = find(r, id, ret, err);
    quiet(r);
    return code;
}

static int ballots_of(struct az_store_reader *r, int64_t seq, struct az_arena *a,
                      struct az_ballots *ret, struct az_error *err)
{
    sqlite3_bind_int64(r->q[BALLOTS], 1, seq);
    size_t n = 0;
    int got;
    while ((got = step(r, BALLOTS, err)) > 0) {
        struct az_ballot b;
        int code = ballot_row(r, r->q[BALLOTS], a, &b, err);
        if (code == 0)
            code = keep_ballot(r, n++, &b, err);
        if (code < 0)
            return code;
    }
    return got < 0 ? got : seat_ballots(r, n, a, ret, err);
}

int az_store_ballots(struct az_store_reader *r, int64_t seq, struct az_arena *arena,
                     struct az_ballots *ret, struct az_error *err)
{
    *ret = (struct az_ballots){0};
    if (r->s->null)
        return 0;
    int code = snapshot(r, err);
    if (code < 0)
        return code;
    code = ballots_of(r, seq, arena, ret, err);
    quiet(r);
    return code;
}

/* ---- all items: three ordered cursors, merged ---- */

struct cases {
    struct az_store_reader *r;
    const struct az_panel *panel;
    struct az_case v[CASES_AT_ONCE];
    size_t n, bytes;
    bool verdict_row, ballot_row; /* the cursor stands on a row not yet taken */
};

static int cases_start(struct cases *c, int64_t from, struct az_error *err)
{
    for (int i = EACH_ITEM; i <= EACH_BALLOT; i++)
        sqlite3_bind_int64(c->r->q[i], 1, from);
    int got = step(c->r, EACH_VERDICT, err);
    if (got < 0)
        return got;
    c->verdict_row = got;
    if ((got = step(c->r, EACH_BALLOT, err)) < 0)
        return got;
    c->ballot_row = got;
    return 0;
}

/* The item in this row; its arena is the case's memory. */
static int case_item(struct cases *c, struct az_item **ret, struct az_error *err)
{
    sqlite3_stmt *q = c->r->q[EACH_ITEM];
    int64_t seq = sqlite3_column_int64(q, 0);
    struct az_str content = az_sql_blob(q, 2), body = az_sql_blob(q, 3), text;
    struct az_item *item = NULL;
    int code = az_unsqueeze(&c->r->squeeze, body, &text, err);
    if (code == 0)
        code = az_item_unpack(c->panel, text, &item, err);
    if (code < 0 || !item)
        return damaged(c->r, seq, err);
    item->seq = seq;
    item->line = sqlite3_column_int64(q, 1);
    if (content.n == AZ_HASH_BYTES)
        memcpy(item->content.bytes, content.p, AZ_HASH_BYTES);
    c->bytes += body.n;
    *ret = item;
    return 0;
}

static int case_verdict(struct cases *c, struct az_case *to, struct az_keys *used,
                        struct az_error *err)
{
    sqlite3_stmt *q = c->r->q[EACH_VERDICT];
    to->verdict = (struct az_verdict){.status = AZ_OPEN, .label = AZ_LABEL_NONE, .how = ""};
    while (c->verdict_row && sqlite3_column_int64(q, 0) <= to->item->seq) {
        if (sqlite3_column_int64(q, 0) == to->item->seq) {
            struct az_str text;
            int code = az_unsqueeze(&c->r->squeeze, az_sql_blob(q, 1), &text, err);
            if (code == 0)
                code = az_wire_verdict_unpack(text, to->item->arena, &to->verdict, used, err);
            if (code < 0)
                return damaged(c->r, to->item->seq, err);
        }
        int got = step(c->r, EACH_VERDICT, err);
        if (got < 0)
            return got;
        c->verdict_row = got;
    }
    az_store_map_bits(c->r->s->judges.to_panel, to->verdict.dissent, to->verdict.dissent);
    return 0;
}

static int key_order(const void *a, const void *b)
{
    return az_key_cmp(a, b);
}

static int case_ballots(struct cases *c, struct az_case *to, struct az_keys used,
                        struct az_error *err)
{
    sqlite3_stmt *q = c->r->q[EACH_BALLOT];
    size_t n = 0;
    while (c->ballot_row && sqlite3_column_int64(q, 0) <= to->item->seq) {
        if (sqlite3_column_int64(q, 0) == to->item->seq) {
            struct az_ballot b;
            c->bytes += (size_t)sqlite3_column_bytes(q, 6);
            int code = ballot_row(c->r, q, to->item->arena, &b, err);
            if (code < 0)
                return code;
            b.used = used.n && bsearch(&b.key, used.v, used.n, sizeof(*used.v), key_order);
            if ((code = keep_ballot(c->r, n++, &b, err)) < 0)
                return code;
        }
        int got = step(c->r, EACH_BALLOT, err);
        if (got < 0)
            return got;
        c->ballot_row = got;
    }
    return seat_ballots(c->r, n, to->item->arena, &to->ballots, err);
}

/* The case of the item on whose row the cursor stands. */
static int case_fill(struct cases *c, struct az_error *err)
{
    struct az_case *to = &c->v[c->n];
    struct az_keys used = {0};
    struct az_item *item = NULL;
    int code = case_item(c, &item, err);
    if (code < 0)
        return code;
    *to = (struct az_case){.item = item};
    c->n++; /* it is freed with the others from now on */
    code = case_verdict(c, to, &used, err);
    if (code == 0 && used.n)
        qsort((struct az_key *)used.v, used.n, sizeof(*used.v), key_order);
    return code == 0 ? case_ballots(c, to, used, err) : code;
}

/* Some cases from `from` on, at most `max`. Fewer than max and few bytes: the end. */
static int cases_gather(struct cases *c, int64_t from, size_t max, struct az_error *err)
{
    c->n = c->bytes = 0;
    int code = snapshot(c->r, err);
    if (code < 0)
        return code;
    code = cases_start(c, from, err);
    while (code == 0 && c->n < max && c->bytes < BYTES_AT_ONCE) {
        int got = step(c->r, EACH_ITEM, err);
        if (got <= 0) {
            code = got;
            break;
        }
        code = case_fill(c, err);
    }
    quiet(c->r);
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
        code = cases_gather(&c, from, CASES_AT_ONCE, err);
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

/* ---- totals ---- */

static int totals(struct az_store_reader *r, struct az_store_totals *ret, struct az_error *err)
{
    sqlite3_stmt *q = r->q[TOTALS];
    int got = step(r, TOTALS, err);
    if (got <= 0)
        return got < 0 ? got : az_fail(err, AZ_EIO, "job '%s': no totals in state.db", r->s->dir);
    int64_t *to[] = {&ret->items,   &ret->decided, &ret->abstained,
                     &ret->failed,  &ret->ballots, &ret->ballot_errors,
                     &ret->settled, &ret->ceiling, &ret->next_seq};
    for (size_t i = 0; i < AZ_LEN(to); i++)
        *to[i] = sqlite3_column_int64(q, (int)i);
    return 0;
}

int az_store_totals(struct az_store_reader *r, struct az_store_totals *ret, struct az_error *err)
{
    *ret = (struct az_store_totals){0};
    if (r->s->null) {
        ret->settled = r->s->settled;
        ret->ceiling = r->s->ceiling;
        return 0;
    }
    int code = snapshot(r, err);
    if (code < 0)
        return code;
    code = totals(r, ret, err);
    quiet(r);
    return code;
}
