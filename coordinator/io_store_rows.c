/* The store's thread: records to rows.
 *
 * Answers and verdicts wait in two groups, which are inserted when they are full
 * or the batch ends. What is kept is as if each had been inserted when it came:
 * a ballot and its item's verdict change places only where the ballot came first,
 * and whatever else there is finds the groups empty. */
#include "coordinator/io_store_writer.h"

static const char *const statements[AZ_WRITER_STATEMENTS] = {
    [AZ_W_ADD_ITEM] = "INSERT OR IGNORE INTO items VALUES(?, ?, ?, ?, ?, ?)",
    [AZ_W_RENEW_ITEM] = "UPDATE items SET line = ?2, id_hash = ?3, id = ?4, body = ?6"
                        " WHERE seq = ?1 AND content = ?5",
    [AZ_W_ADD_BALLOT] = "INSERT OR IGNORE INTO ballots VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
    [AZ_W_ANSWER_FOR_ERROR] = "UPDATE ballots SET error = 0, body = ?8 WHERE item = ?1 AND"
                              " round = ?2 AND judge = ?3 AND criterion = ?4 AND ord = ?5"
                              " AND sample = ?6 AND error <> 0 AND NOT EXISTS"
                              " (SELECT 1 FROM verdicts WHERE verdicts.item = ?1)",
    [AZ_W_ADD_VERDICT] = "INSERT OR IGNORE INTO verdicts VALUES(?, ?, ?, ?)",
    [AZ_W_PLACE_OF] = "SELECT pos FROM verdicts WHERE item = ?",
    [AZ_W_ADD_DECIDED] = "INSERT INTO decided VALUES(?, ?)",
    [AZ_W_SET_LEDGER] = "UPDATE ledger SET settled = ?, ceiling = ?",
    [AZ_W_SET_PROGRESS] = "UPDATE progress SET chunks = ?, lines = ?, bad_lines = ?, doubles = ?,"
                          " last_line = ?, sealed = ?",
    [AZ_W_DROP_VERDICT] = "DELETE FROM verdicts WHERE item = ? RETURNING status, pos",
    [AZ_W_DROP_DECIDED] = "DELETE FROM decided WHERE pos = ?",
    [AZ_W_DROP_ERRORS] = "DELETE FROM ballots WHERE item = ? AND error <> 0",
    [AZ_W_SET_TOTALS] = "UPDATE totals SET items = ?, decided = ?, abstained = ?, failed = ?,"
                        " ballots = ?, ballot_errors = ?, decisions = ?",
    [AZ_W_BEGIN] = "BEGIN IMMEDIATE",
    [AZ_W_COMMIT] = "COMMIT",
};

/* OR IGNORE spares a statement of many rows the journal with which it could be
 * undone alone; a place in `decided` is never taken. */
static const struct {
    enum az_writer_statement statement;
    const char *into, *row;
} many[] = {
    {AZ_W_ADD_BALLOTS, "INSERT OR IGNORE INTO ballots VALUES", "(?, ?, ?, ?, ?, ?, ?, ?)"},
    {AZ_W_ADD_VERDICTS, "INSERT OR IGNORE INTO verdicts VALUES", "(?, ?, ?, ?)"},
    {AZ_W_ADD_ALL_DECIDED, "INSERT OR IGNORE INTO decided VALUES", "(?, ?)"},
};

enum { BALLOT_COLUMNS = 8, VERDICT_COLUMNS = 4, DECIDED_COLUMNS = 2 };

/* ---- statements ---- */

static int prepare_many(struct az_writer *w, size_t i, struct az_error *err)
{
    AZ_AUTO_BUF sql = az_buf(4096);
    az_buf_z(&sql, many[i].into);
    for (int row = 0; row < AZ_ROWS_AT_ONCE; row++) {
        az_buf_char(&sql, row ? ',' : ' ');
        az_buf_z(&sql, many[i].row);
    }
    int r = az_buf_check(&sql, err);
    return r < 0 ? r : az_sql_prepare(w->db, w->s->dir, sql.p, &w->q[many[i].statement], err);
}

static void bind_key(sqlite3_stmt *q, int at, const struct az_key *key, const struct az_key *bound)
{
    sqlite3_bind_int64(q, at, key->item);
    if (!bound || bound->round != key->round)
        sqlite3_bind_int(q, at + 1, key->round);
    if (!bound || bound->judge != key->judge)
        sqlite3_bind_int(q, at + 2, key->judge);
    if (!bound || bound->criterion != key->criterion)
        sqlite3_bind_int(q, at + 3, key->criterion);
    if (!bound || bound->order != key->order)
        sqlite3_bind_int(q, at + 4, key->order);
    if (!bound || bound->sample != key->sample)
        sqlite3_bind_int(q, at + 5, key->sample);
}

int az_writer_prepare(struct az_writer *w, struct az_error *err)
{
    az_squeeze_init(&w->squeeze, AZ_STORE_BODY_MAX);
    int r = 0;
    for (int i = 0; r == 0 && i < AZ_WRITER_STATEMENTS; i++) {
        if (statements[i])
            r = az_sql_prepare(w->db, w->s->dir, statements[i], &w->q[i], err);
    }
    for (size_t i = 0; r == 0 && i < AZ_LEN(many); i++)
        r = prepare_many(w, i, err);
    for (int i = 0; r == 0 && i < AZ_ROWS_AT_ONCE; i++) {
        bind_key(w->q[AZ_W_ADD_BALLOTS], i * BALLOT_COLUMNS + 1, &w->bound[i], NULL);
        sqlite3_bind_int(w->q[AZ_W_ADD_BALLOTS], i * BALLOT_COLUMNS + 7, 0);
    }
    return r;
}

void az_writer_release(struct az_writer *w)
{
    for (int i = 0; i < AZ_WRITER_STATEMENTS; i++)
        sqlite3_finalize(w->q[i]);
    az_squeeze_release(&w->squeeze);
}

int az_writer_run(struct az_writer *w, enum az_writer_statement statement, int *changes)
{
    sqlite3_stmt *q = w->q[statement];
    int r = sqlite3_step(q);
    sqlite3_reset(q);
    if (changes)
        *changes = sqlite3_changes(w->db);
    return r == SQLITE_DONE ? 0 : -1;
}

static void bind_body(sqlite3_stmt *q, int at, struct az_str body)
{
    sqlite3_bind_blob64(q, at, body.p, body.n, SQLITE_STATIC);
}

/* ---- items ---- */

static void bind_item(sqlite3_stmt *q, const struct az_record *rec, struct az_str id,
                      struct az_str body)
{
    sqlite3_bind_int64(q, 1, rec->key.item);
    sqlite3_bind_int64(q, 2, rec->line);
    sqlite3_bind_int64(q, 3, (int64_t)az_hash64(0, id));
    sqlite3_bind_text64(q, 4, id.p, id.n, SQLITE_STATIC, SQLITE_UTF8);
    sqlite3_bind_blob(q, 5, rec->content.bytes, AZ_HASH_BYTES, SQLITE_STATIC);
    bind_body(q, 6, body);
}

/* The record's body: the id, then the packed item. */
static int put_item(struct az_writer *w, const struct az_record *rec, struct az_str body)
{
    int changes;
    struct az_str id = {body.p, (size_t)rec->state};
    struct az_str plain = {body.p + id.n, body.n - id.n};
    struct az_str packed = az_squeeze(&w->squeeze, plain, AZ_STORE_SQUEEZE_ITEM);
    bind_item(w->q[AZ_W_ADD_ITEM], rec, id, packed);
    if (az_writer_run(w, AZ_W_ADD_ITEM, &changes) < 0)
        return -1;
    w->totals.items += changes;
    if (changes)
        return 0;
    bind_item(w->q[AZ_W_RENEW_ITEM], rec, id, packed);
    return az_writer_run(w, AZ_W_RENEW_ITEM, NULL);
}

/* ---- ballots ---- */

/* The key is taken. An answer may take an error's place. */
static int answer_for_error(struct az_writer *w, const struct az_row *row)
{
    int changes;
    sqlite3_stmt *q = w->q[AZ_W_ANSWER_FOR_ERROR];
    bind_key(q, 1, &row->key, NULL);
    bind_body(q, BALLOT_COLUMNS, row->body);
    if (az_writer_run(w, AZ_W_ANSWER_FOR_ERROR, &changes) < 0)
        return -1;
    w->totals.ballot_errors -= changes;
    return 0;
}

static int add_ballot(struct az_writer *w, const struct az_row *row)
{
    int changes;
    sqlite3_stmt *q = w->q[AZ_W_ADD_BALLOT];
    bind_key(q, 1, &row->key, NULL);
    sqlite3_bind_int(q, 7, row->state);
    bind_body(q, BALLOT_COLUMNS, row->body);
    if (az_writer_run(w, AZ_W_ADD_BALLOT, &changes) < 0)
        return -1;
    w->totals.ballots += changes;
    w->totals.ballot_errors += row->state ? changes : 0;
    return changes || row->state ? 0 : answer_for_error(w, row);
}

/* Which keys were taken is not told: those that were not hold no error. */
static int add_ballots(struct az_writer *w, const struct az_rows *rows)
{
    int changes;
    sqlite3_stmt *q = w->q[AZ_W_ADD_BALLOTS];
    for (int i = 0; i < AZ_ROWS_AT_ONCE; i++) {
        const struct az_row *row = &rows->v[i];
        bind_key(q, i * BALLOT_COLUMNS + 1, &row->key, &w->bound[i]);
        bind_body(q, (i + 1) * BALLOT_COLUMNS, row->body);
        w->bound[i] = row->key;
    }
    if (az_writer_run(w, AZ_W_ADD_BALLOTS, &changes) < 0)
        return -1;
    w->totals.ballots += changes;
    int r = 0;
    for (size_t i = 0; changes < AZ_ROWS_AT_ONCE && r == 0 && i < rows->n; i++)
        r = answer_for_error(w, &rows->v[i]);
    return r;
}

static int flush_ballots(struct az_writer *w)
{
    struct az_rows *rows = &w->ballots;
    int r = rows->n == AZ_ROWS_AT_ONCE ? add_ballots(w, rows) : 0;
    for (size_t i = 0; rows->n < AZ_ROWS_AT_ONCE && r == 0 && i < rows->n; i++)
        r = add_ballot(w, &rows->v[i]);
    rows->n = 0;
    return r;
}

/* ---- verdicts ---- */

static int64_t *status_total(struct az_writer *w, int status)
{
    return status == AZ_DECIDED     ? &w->totals.decided
           : status == AZ_ABSTAINED ? &w->totals.abstained
                                    : &w->totals.failed;
}

static void bind_verdict(sqlite3_stmt *q, int at, const struct az_row *row, int64_t pos)
{
    sqlite3_bind_int64(q, at, row->key.item);
    sqlite3_bind_int(q, at + 1, row->state);
    bind_body(q, at + 2, row->body);
    sqlite3_bind_int64(q, at + 3, pos);
}

static int add_decided(struct az_writer *w, const struct az_row *row, int64_t pos)
{
    ++*status_total(w, row->state);
    sqlite3_bind_int64(w->q[AZ_W_ADD_DECIDED], 1, pos);
    sqlite3_bind_int64(w->q[AZ_W_ADD_DECIDED], 2, row->key.item);
    return az_writer_run(w, AZ_W_ADD_DECIDED, NULL);
}

static int add_verdict(struct az_writer *w, const struct az_row *row)
{
    int changes;
    bind_verdict(w->q[AZ_W_ADD_VERDICT], 1, row, w->totals.decisions + 1);
    if (az_writer_run(w, AZ_W_ADD_VERDICT, &changes) < 0)
        return -1;
    return changes ? add_decided(w, row, ++w->totals.decisions) : 0;
}

/* Some of its rows were there before: those that were not have the places that
 * they were given from `first` on. */
static int add_decided_new(struct az_writer *w, const struct az_rows *rows, int64_t first)
{
    sqlite3_stmt *q = w->q[AZ_W_PLACE_OF];
    for (size_t i = 0; i < rows->n; i++) {
        sqlite3_bind_int64(q, 1, rows->v[i].key.item);
        int step = sqlite3_step(q);
        bool is_new = step == SQLITE_ROW && sqlite3_column_int64(q, 0) == first + (int64_t)i;
        sqlite3_reset(q);
        if (step != SQLITE_ROW || (is_new && add_decided(w, &rows->v[i], first + (int64_t)i) < 0))
            return -1;
    }
    return 0;
}

static int add_verdicts(struct az_writer *w, const struct az_rows *rows)
{
    int changes;
    int64_t first = w->totals.decisions + 1;
    sqlite3_stmt *q = w->q[AZ_W_ADD_VERDICTS], *places = w->q[AZ_W_ADD_ALL_DECIDED];
    for (int i = 0; i < AZ_ROWS_AT_ONCE; i++)
        bind_verdict(q, i * VERDICT_COLUMNS + 1, &rows->v[i], first + i);
    if (az_writer_run(w, AZ_W_ADD_VERDICTS, &changes) < 0)
        return -1;
    w->totals.decisions += AZ_ROWS_AT_ONCE;
    if (changes < AZ_ROWS_AT_ONCE)
        return add_decided_new(w, rows, first);
    for (int i = 0; i < AZ_ROWS_AT_ONCE; i++) {
        ++*status_total(w, rows->v[i].state);
        sqlite3_bind_int64(places, i * DECIDED_COLUMNS + 1, first + i);
        sqlite3_bind_int64(places, i * DECIDED_COLUMNS + 2, rows->v[i].key.item);
    }
    return az_writer_run(w, AZ_W_ADD_ALL_DECIDED, NULL);
}

/* Ballots that came before them go before them. */
static int flush(struct az_writer *w)
{
    struct az_rows *rows = &w->verdicts;
    int r = flush_ballots(w);
    if (r == 0 && rows->n == AZ_ROWS_AT_ONCE)
        r = add_verdicts(w, rows);
    for (size_t i = 0; rows->n < AZ_ROWS_AT_ONCE && r == 0 && i < rows->n; i++)
        r = add_verdict(w, &rows->v[i]);
    rows->n = 0;
    return r;
}

/* ---- groups ---- */

static bool has_item(const struct az_rows *rows, int64_t item)
{
    for (size_t i = 0; i < rows->n; i++) {
        if (rows->v[i].key.item == item)
            return true;
    }
    return false;
}

/* One that was compressed lies in memory of the next. */
static int put_ballot(struct az_writer *w, const struct az_record *rec, struct az_str body)
{
    struct az_str packed = az_squeeze(&w->squeeze, body, AZ_STORE_SQUEEZE_BALLOT);
    struct az_row row = {rec->key, rec->state, packed};
    bool alone = rec->state || packed.p != body.p;
    if ((alone || has_item(&w->verdicts, row.key.item)) && flush(w) < 0)
        return -1;
    if (alone)
        return add_ballot(w, &row);
    w->ballots.v[w->ballots.n++] = row;
    return w->ballots.n == AZ_ROWS_AT_ONCE ? flush_ballots(w) : 0;
}

static int put_verdict(struct az_writer *w, const struct az_record *rec, struct az_str body)
{
    w->verdicts.v[w->verdicts.n++] = (struct az_row){rec->key, rec->state, body};
    return w->verdicts.n == AZ_ROWS_AT_ONCE ? flush(w) : 0;
}

/* ---- the rest ---- */

static int put_ledger(struct az_writer *w, const struct az_record *rec)
{
    sqlite3_bind_int64(w->q[AZ_W_SET_LEDGER], 1, rec->settled);
    sqlite3_bind_int64(w->q[AZ_W_SET_LEDGER], 2, rec->ceiling);
    return az_writer_run(w, AZ_W_SET_LEDGER, NULL);
}

static int put_progress(struct az_writer *w, struct az_str body)
{
    struct az_store_progress p;
    az_assert(body.n == sizeof(p));
    memcpy(&p, body.p, sizeof(p));
    const int64_t values[] = {p.chunks, p.lines, p.bad_lines, p.doubles, p.last_line, p.sealed};
    for (size_t i = 0; i < AZ_LEN(values); i++)
        sqlite3_bind_int64(w->q[AZ_W_SET_PROGRESS], (int)i + 1, values[i]);
    return az_writer_run(w, AZ_W_SET_PROGRESS, NULL);
}

/* A verdict is found once at the most, and with it its place. */
static int drop_verdict(struct az_writer *w, int64_t item)
{
    sqlite3_stmt *q = w->q[AZ_W_DROP_VERDICT];
    sqlite3_bind_int64(q, 1, item);
    int64_t pos = 0;
    int r;
    while ((r = sqlite3_step(q)) == SQLITE_ROW) {
        --*status_total(w, sqlite3_column_int(q, 0));
        pos = sqlite3_column_int64(q, 1);
    }
    sqlite3_reset(q);
    if (r != SQLITE_DONE)
        return -1;
    sqlite3_bind_int64(w->q[AZ_W_DROP_DECIDED], 1, pos);
    return pos ? az_writer_run(w, AZ_W_DROP_DECIDED, NULL) : 0;
}

static int reopen_item(struct az_writer *w, const struct az_record *rec)
{
    int changes;
    if (flush(w) < 0 || drop_verdict(w, rec->key.item) < 0)
        return -1;
    sqlite3_bind_int64(w->q[AZ_W_DROP_ERRORS], 1, rec->key.item);
    if (az_writer_run(w, AZ_W_DROP_ERRORS, &changes) < 0)
        return -1;
    w->totals.ballots -= changes;
    w->totals.ballot_errors -= changes;
    return 0;
}

static int apply_record(struct az_writer *w, const struct az_record *rec, struct az_str body)
{
    switch (rec->kind) {
    case AZ_REC_ITEM:
        return put_item(w, rec, body);
    case AZ_REC_BALLOT:
        return put_ballot(w, rec, body);
    case AZ_REC_VERDICT:
        return put_verdict(w, rec, body);
    case AZ_REC_LEDGER:
        return put_ledger(w, rec);
    case AZ_REC_REOPEN:
        return reopen_item(w, rec);
    case AZ_REC_PROGRESS:
        return put_progress(w, body);
    }
    return -1;
}

int az_writer_apply(struct az_writer *w, const struct az_batch *b)
{
    w->ballots.n = w->verdicts.n = 0; /* of one that failed */
    for (size_t at = 0; at < b->records.n;) {
        struct az_record rec;
        memcpy(&rec, b->records.p + at, sizeof(rec));
        at += sizeof(rec);
        if (apply_record(w, &rec, (struct az_str){b->records.p + at, rec.n}) < 0)
            return -1;
        at += (rec.n + 7) & ~(size_t)7;
    }
    return flush(w);
}

int az_writer_totals(struct az_writer *w)
{
    sqlite3_stmt *q = w->q[AZ_W_SET_TOTALS];
    const struct az_store_totals *t = &w->totals;
    const int64_t values[] = {t->items,   t->decided,       t->abstained, t->failed,
                              t->ballots, t->ballot_errors, t->decisions};
    for (size_t i = 0; i < AZ_LEN(values); i++)
        sqlite3_bind_int64(q, (int)i + 1, values[i]);
    return az_writer_run(w, AZ_W_SET_TOTALS, NULL);
}
