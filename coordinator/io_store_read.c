/* Readers. Each has a connection of its own, but for a job on a network file
 * system, where the one that writes is the only one there can be.
 *
 * No transaction is open while the caller's code runs: a snapshot that is kept
 * open holds every later frame of the WAL in place. */
#include "coordinator/io_store_reader.h"

#include "core/item.h"
#include "core/mem.h"
#include "core/wire_model.h"

#define BALLOT_COLUMNS "item, round, judge, criterion, ord, sample, body"
#define BALLOT_ORDER "ORDER BY item, round, judge, criterion, ord, sample"

static const char *const statements[AZ_READER_STATEMENTS] = {
    [AZ_Q_FIND] = "SELECT seq, content, id, coalesce(status, 0) FROM items"
                  " LEFT JOIN verdicts ON item = seq WHERE id_hash = ? ORDER BY seq",
    [AZ_Q_BALLOTS] = "SELECT " BALLOT_COLUMNS " FROM ballots WHERE item = ? " BALLOT_ORDER,
    [AZ_Q_ITEM] = "SELECT seq, line, content, body FROM items WHERE seq = ?",
    [AZ_Q_VERDICT] = "SELECT item, body FROM verdicts WHERE item = ?",
    [AZ_Q_DECIDED] = "SELECT pos, item FROM decided WHERE pos >= ? ORDER BY pos",
    [AZ_Q_SETTLED] = "SELECT item FROM verdicts WHERE item >= ? ORDER BY item",
    [AZ_Q_RETRIED] = "SELECT item FROM verdicts WHERE item >= ? AND status IN (2, 3) ORDER BY item",
    [AZ_Q_EACH_ITEM] = "SELECT seq, line, content, body FROM items WHERE seq >= ? ORDER BY seq",
    [AZ_Q_EACH_VERDICT] = "SELECT item, body FROM verdicts WHERE item >= ? ORDER BY item",
    [AZ_Q_EACH_BALLOT] = "SELECT " BALLOT_COLUMNS " FROM ballots WHERE item >= ? " BALLOT_ORDER,
    [AZ_Q_TOTALS] =
        "SELECT items, decided, abstained, totals.failed, ballots, ballot_errors, settled,"
        " ceiling, (SELECT coalesce(max(seq) + 1, 0) FROM items), decisions,"
        " chunks, lines, bad_lines, doubles, last_line, sealed FROM totals, ledger, progress",
    [AZ_Q_BEGIN] = "BEGIN",
    [AZ_Q_COMMIT] = "COMMIT",
};

/* ---- opening ---- */

static int prepare(struct az_store_reader *r, struct az_error *err)
{
    int code = 0;
    for (int i = 0; code == 0 && i < AZ_READER_STATEMENTS; i++)
        code = az_sql_prepare(r->db, r->s->dir, statements[i], &r->q[i], err);
    return code;
}

int az_reader_snapshot(struct az_store_reader *r, struct az_error *err)
{
    if (r->held)
        return 0;
    if (r->db == r->s->db) {
        pthread_mutex_lock(&r->s->turn);
        return 0;
    }
    int step = sqlite3_step(r->q[AZ_Q_BEGIN]);
    sqlite3_reset(r->q[AZ_Q_BEGIN]);
    return step == SQLITE_DONE ? 0 : az_sql_fail(r->db, r->s->dir, err);
}

void az_reader_quiet(struct az_store_reader *r)
{
    for (int i = 0; i < AZ_Q_BEGIN; i++)
        sqlite3_reset(r->q[i]);
    if (r->held)
        return;
    if (r->db == r->s->db) {
        pthread_mutex_unlock(&r->s->turn);
        return;
    }
    sqlite3_step(r->q[AZ_Q_COMMIT]); /* of a transaction that read: it can't fail */
    sqlite3_reset(r->q[AZ_Q_COMMIT]);
}

int az_store_hold(struct az_store_reader *r, struct az_error *err)
{
    int code = r->s->null ? 0 : az_reader_snapshot(r, err);
    r->held = code == 0;
    return code;
}

void az_store_let_go(struct az_store_reader *r)
{
    bool held = r->held && !r->s->null;
    r->held = false;
    if (held)
        az_reader_quiet(r);
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
    for (int i = 0; i < AZ_READER_STATEMENTS; i++)
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

int az_reader_step(struct az_store_reader *r, enum az_reader_statement statement,
                   struct az_error *err)
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

int az_reader_item(struct az_store_reader *r, sqlite3_stmt *q, const struct az_panel *panel,
                   struct az_item **ret, struct az_error *err)
{
    int64_t seq = sqlite3_column_int64(q, 0);
    struct az_str content = az_sql_blob(q, 2), body = az_sql_blob(q, 3), text;
    struct az_item *item = NULL;
    int code = az_unsqueeze(&r->squeeze, body, &text, err);
    if (code == 0)
        code = az_item_unpack(panel, text, &item, err);
    if (code < 0 || !item)
        return damaged(r, seq, err);
    item->seq = seq;
    item->line = sqlite3_column_int64(q, 1);
    if (content.n == AZ_HASH_BYTES)
        memcpy(item->content.bytes, content.p, AZ_HASH_BYTES);
    *ret = item;
    return 0;
}

static int key_order(const void *a, const void *b)
{
    return az_key_cmp(a, b);
}

int az_reader_verdict(struct az_store_reader *r, sqlite3_stmt *q, struct az_item *item,
                      struct az_verdict *ret, struct az_keys *used, struct az_error *err)
{
    struct az_str text;
    int code = az_unsqueeze(&r->squeeze, az_sql_blob(q, 1), &text, err);
    if (code == 0)
        code = az_wire_verdict_unpack(text, item->arena, ret, used, err);
    if (code < 0)
        return damaged(r, item->seq, err);
    az_store_map_bits(r->s->judges.to_panel, ret->dissent, ret->dissent);
    if (used->n)
        qsort((struct az_key *)used->v, used->n, sizeof(*used->v), key_order);
    return 0;
}

int az_reader_ballot(struct az_store_reader *r, sqlite3_stmt *q, struct az_arena *a,
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

int az_reader_keep(struct az_store_reader *r, size_t n, const struct az_ballot *b,
                   struct az_error *err)
{
    if (az_grow(&r->found, &r->found_cap, n + 1, sizeof(*r->found)) < 0)
        return az_oom(err);
    r->found[n] = *b;
    return 0;
}

int az_reader_seat(struct az_store_reader *r, size_t n, struct az_arena *a, struct az_ballots *ret,
                   struct az_error *err)
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
    sqlite3_stmt *q = r->q[AZ_Q_FIND];
    sqlite3_bind_int64(q, 1, (int64_t)az_hash64(0, id));
    int got;
    while ((got = az_reader_step(r, AZ_Q_FIND, err)) > 0) {
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
    int code = az_reader_snapshot(r, err);
    if (code < 0)
        return code;
    code = find(r, id, ret, err);
    az_reader_quiet(r);
    return code;
}

bool az_reader_used(struct az_keys used, const struct az_key *key)
{
    return used.n && bsearch(key, used.v, used.n, sizeof(*used.v), key_order);
}

int az_reader_ballots(struct az_store_reader *r, int64_t seq, struct az_keys used,
                      struct az_arena *a, struct az_ballots *ret, struct az_error *err)
{
    sqlite3_bind_int64(r->q[AZ_Q_BALLOTS], 1, seq);
    size_t n = 0;
    int got;
    while ((got = az_reader_step(r, AZ_Q_BALLOTS, err)) > 0) {
        struct az_ballot b;
        int code = az_reader_ballot(r, r->q[AZ_Q_BALLOTS], a, &b, err);
        b.used = code == 0 && az_reader_used(used, &b.key);
        if (code == 0)
            code = az_reader_keep(r, n++, &b, err);
        if (code < 0)
            return code;
    }
    return got < 0 ? got : az_reader_seat(r, n, a, ret, err);
}

int az_store_ballots(struct az_store_reader *r, int64_t seq, struct az_arena *arena,
                     struct az_ballots *ret, struct az_error *err)
{
    *ret = (struct az_ballots){0};
    if (r->s->null)
        return 0;
    int code = az_reader_snapshot(r, err);
    if (code < 0)
        return code;
    code = az_reader_ballots(r, seq, (struct az_keys){0}, arena, ret, err);
    az_reader_quiet(r);
    return code;
}

/* ---- totals ---- */

static int totals(struct az_store_reader *r, struct az_store_totals *ret, struct az_error *err)
{
    sqlite3_stmt *q = r->q[AZ_Q_TOTALS];
    int got = az_reader_step(r, AZ_Q_TOTALS, err);
    if (got <= 0)
        return got < 0 ? got : az_fail(err, AZ_EIO, "job '%s': no totals in state.db", r->s->dir);
    int64_t *to[] = {&ret->items,
                     &ret->decided,
                     &ret->abstained,
                     &ret->failed,
                     &ret->ballots,
                     &ret->ballot_errors,
                     &ret->settled,
                     &ret->ceiling,
                     &ret->next_seq,
                     &ret->decisions,
                     &ret->progress.chunks,
                     &ret->progress.lines,
                     &ret->progress.bad_lines,
                     &ret->progress.doubles,
                     &ret->progress.last_line};
    for (size_t i = 0; i < AZ_LEN(to); i++)
        *to[i] = sqlite3_column_int64(q, (int)i);
    ret->progress.sealed = sqlite3_column_int(q, (int)AZ_LEN(to));
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
    int code = az_reader_snapshot(r, err);
    if (code < 0)
        return code;
    code = totals(r, ret, err);
    az_reader_quiet(r);
    return code;
}
