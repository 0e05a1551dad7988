/* The store's thread: takes batches, turns records into rows, commits every
 * AZ_STORE_ROWS rows or AZ_STORE_COMMIT_MS, and moves the WAL into the database
 * between commits. */
#include "coordinator/io_store.h"

#include "core/io_clock.h"

enum {
    ADD_ITEM,
    RENEW_ITEM,
    ADD_BALLOT,
    ANSWER_FOR_ERROR,
    ADD_VERDICT,
    ADD_DECIDED,
    SET_LEDGER,
    SET_PROGRESS,
    DROP_VERDICT,
    DROP_DECIDED,
    DROP_ERRORS,
    SET_TOTALS,
    BEGIN,
    COMMIT,
    N_STATEMENTS
};

static const char *const statements[N_STATEMENTS] = {
    [ADD_ITEM] = "INSERT OR IGNORE INTO items VALUES(?, ?, ?, ?, ?, ?)",
    [RENEW_ITEM] = "UPDATE items SET line = ?2, id_hash = ?3, id = ?4, body = ?6"
                   " WHERE seq = ?1 AND content = ?5",
    [ADD_BALLOT] = "INSERT OR IGNORE INTO ballots VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
    [ANSWER_FOR_ERROR] = "UPDATE ballots SET error = 0, body = ?8 WHERE item = ?1 AND round = ?2"
                         " AND judge = ?3 AND criterion = ?4 AND ord = ?5 AND sample = ?6"
                         " AND error <> 0 AND NOT EXISTS"
                         " (SELECT 1 FROM verdicts WHERE verdicts.item = ?1)",
    [ADD_VERDICT] = "INSERT OR IGNORE INTO verdicts VALUES(?, ?, ?, ?)",
    [ADD_DECIDED] = "INSERT INTO decided VALUES(?, ?)",
    [SET_LEDGER] = "UPDATE ledger SET settled = ?, ceiling = ?",
    [SET_PROGRESS] = "UPDATE progress SET chunks = ?, lines = ?, bad_lines = ?, doubles = ?,"
                     " last_line = ?, sealed = ?",
    [DROP_VERDICT] = "DELETE FROM verdicts WHERE item = ? RETURNING status, pos",
    [DROP_DECIDED] = "DELETE FROM decided WHERE pos = ?",
    [DROP_ERRORS] = "DELETE FROM ballots WHERE item = ? AND error <> 0",
    [SET_TOTALS] = "UPDATE totals SET items = ?, decided = ?, abstained = ?, failed = ?,"
                   " ballots = ?, ballot_errors = ?, decisions = ?",
    [BEGIN] = "BEGIN IMMEDIATE",
    [COMMIT] = "COMMIT",
};

struct writer {
    struct az_store *s;
    sqlite3 *db;
    sqlite3_stmt *q[N_STATEMENTS];
    struct az_squeeze squeeze;
    struct az_store_totals totals;
    /* The transaction under way. */
    bool begun;
    az_ms due;
    size_t rows, bytes;
    uint64_t ticket;
    /* The WAL after the last commit, and the size that calls for a checkpoint. */
    int wal_pages, checkpoint_at;
};

/* ---- records to rows ---- */

/* Run one statement that returns no row; *changes, if given, is how many rows
 * it changed. 0 or -1: SQLite's error stands. */
static int run(struct writer *w, int statement, int *changes)
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
static int put_item(struct writer *w, const struct az_record *rec, struct az_str body)
{
    int changes;
    struct az_str id = {body.p, (size_t)rec->state};
    struct az_str plain = {body.p + id.n, body.n - id.n};
    struct az_str packed = az_squeeze(&w->squeeze, plain, AZ_STORE_SQUEEZE_ITEM);
    bind_item(w->q[ADD_ITEM], rec, id, packed);
    if (run(w, ADD_ITEM, &changes) < 0)
        return -1;
    w->totals.items += changes;
    if (changes)
        return 0;
    bind_item(w->q[RENEW_ITEM], rec, id, packed);
    return run(w, RENEW_ITEM, NULL);
}

static void bind_ballot(sqlite3_stmt *q, const struct az_record *rec, struct az_str body)
{
    const struct az_key *k = &rec->key;
    sqlite3_bind_int64(q, 1, k->item);
    sqlite3_bind_int(q, 2, k->round);
    sqlite3_bind_int(q, 3, k->judge);
    sqlite3_bind_int(q, 4, k->criterion);
    sqlite3_bind_int(q, 5, k->order);
    sqlite3_bind_int(q, 6, k->sample);
    bind_body(q, 8, body);
}

static int put_ballot(struct writer *w, const struct az_record *rec, struct az_str body)
{
    int changes;
    body = az_squeeze(&w->squeeze, body, AZ_STORE_SQUEEZE_BALLOT);
    bind_ballot(w->q[ADD_BALLOT], rec, body);
    sqlite3_bind_int(w->q[ADD_BALLOT], 7, rec->state);
    if (run(w, ADD_BALLOT, &changes) < 0)
        return -1;
    w->totals.ballots += changes;
    w->totals.ballot_errors += rec->state ? changes : 0;
    if (changes || rec->state)
        return 0;

    /* The key is taken. An answer may take an error's place. */
    bind_ballot(w->q[ANSWER_FOR_ERROR], rec, body);
    if (run(w, ANSWER_FOR_ERROR, &changes) < 0)
        return -1;
    w->totals.ballot_errors -= changes;
    return 0;
}

static int64_t *status_total(struct writer *w, int status)
{
    return status == AZ_DECIDED     ? &w->totals.decided
           : status == AZ_ABSTAINED ? &w->totals.abstained
                                    : &w->totals.failed;
}

static int put_verdict(struct writer *w, const struct az_record *rec, struct az_str body)
{
    int changes;
    sqlite3_stmt *q = w->q[ADD_VERDICT];
    sqlite3_bind_int64(q, 1, rec->key.item);
    sqlite3_bind_int(q, 2, rec->state);
    bind_body(q, 3, body);
    sqlite3_bind_int64(q, 4, w->totals.decisions + 1);
    if (run(w, ADD_VERDICT, &changes) < 0)
        return -1;
    if (!changes)
        return 0;
    ++*status_total(w, rec->state);
    sqlite3_bind_int64(w->q[ADD_DECIDED], 1, ++w->totals.decisions);
    sqlite3_bind_int64(w->q[ADD_DECIDED], 2, rec->key.item);
    return run(w, ADD_DECIDED, NULL);
}

static int put_ledger(struct writer *w, const struct az_record *rec)
{
    sqlite3_bind_int64(w->q[SET_LEDGER], 1, rec->settled);
    sqlite3_bind_int64(w->q[SET_LEDGER], 2, rec->ceiling);
    return run(w, SET_LEDGER, NULL);
}

static int put_progress(struct writer *w, struct az_str body)
{
    struct az_store_progress p;
    az_assert(body.n == sizeof(p));
    memcpy(&p, body.p, sizeof(p));
    const int64_t values[] = {p.chunks, p.lines, p.bad_lines, p.doubles, p.last_line, p.sealed};
    for (size_t i = 0; i < AZ_LEN(values); i++)
        sqlite3_bind_int64(w->q[SET_PROGRESS], (int)i + 1, values[i]);
    return run(w, SET_PROGRESS, NULL);
}

/* A verdict is found once at the most, and with it its place. */
static int drop_verdict(struct writer *w, int64_t item)
{
    sqlite3_stmt *q = w->q[DROP_VERDICT];
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
    sqlite3_bind_int64(w->q[DROP_DECIDED], 1, pos);
    return pos ? run(w, DROP_DECIDED, NULL) : 0;
}

static int reopen_item(struct writer *w, const struct az_record *rec)
{
    int changes;
    if (drop_verdict(w, rec->key.item) < 0)
        return -1;
    sqlite3_bind_int64(w->q[DROP_ERRORS], 1, rec->key.item);
    if (run(w, DROP_ERRORS, &changes) < 0)
        return -1;
    w->totals.ballots -= changes;
    w->totals.ballot_errors -= changes;
    return 0;
}

static int apply_record(struct writer *w, const struct az_record *rec, struct az_str body)
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

static int apply(struct writer *w, const struct az_batch *b)
{
    for (size_t at = 0; at < b->records.n;) {
        struct az_record rec;
        memcpy(&rec, b->records.p + at, sizeof(rec));
        at += sizeof(rec);
        if (apply_record(w, &rec, (struct az_str){b->records.p + at, rec.n}) < 0)
            return -1;
        at += (rec.n + 7) & ~(size_t)7;
    }
    return 0;
}

/* ---- transactions ---- */

static int begin(struct writer *w)
{
    if (w->s->network)
        pthread_mutex_lock(&w->s->turn);
    w->begun = true;
    w->due = az_clock_ms() + AZ_STORE_COMMIT_MS;
    w->rows = w->bytes = 0;
    return run(w, BEGIN, NULL);
}

static void ended(struct writer *w)
{
    w->begun = false;
    if (w->s->network)
        pthread_mutex_unlock(&w->s->turn);
}

/* What could not be committed is lost, and so is what comes after: the loop is
 * told and nothing of it is ever acknowledged. */
static void give_up(struct writer *w)
{
    struct az_store *s = w->s;
    az_sql_fail(w->db, s->dir, &s->why);
    if (s->why.code != AZ_ENOMEM)
        s->why.code = AZ_EOUTPUT;
    sqlite3_exec(w->db, "ROLLBACK", NULL, NULL, NULL);
    ended(w);
    atomic_fetch_sub(&s->backlog, w->bytes);
    atomic_store(&s->failed, true);
    az_store_signal(s);
}

static int set_totals(struct writer *w)
{
    sqlite3_stmt *q = w->q[SET_TOTALS];
    const struct az_store_totals *t = &w->totals;
    const int64_t values[] = {t->items,   t->decided,       t->abstained, t->failed,
                              t->ballots, t->ballot_errors, t->decisions};
    for (size_t i = 0; i < AZ_LEN(values); i++)
        sqlite3_bind_int64(q, (int)i + 1, values[i]);
    return run(w, SET_TOTALS, NULL);
}

/* A passive checkpoint waits for nobody. With no reader in the way it moves all
 * of the WAL, and the next commit starts the file from its beginning: so it is
 * done here, between two commits; on another thread the WAL would grow past it
 * for as long as there is work. Its failure costs no durability. */
static void checkpoint(struct writer *w)
{
    int in_wal = 0, moved = 0;
    sqlite3_wal_checkpoint_v2(w->db, NULL, SQLITE_CHECKPOINT_PASSIVE, &in_wal, &moved);
    /* Readers in the way: again when it has grown by as much again. */
    w->checkpoint_at = AZ_STORE_WAL_PAGES + (moved < in_wal ? in_wal : 0);
}

static void commit(struct writer *w)
{
    struct az_store *s = w->s;
    if (set_totals(w) < 0 || run(w, COMMIT, NULL) < 0) {
        give_up(w);
        return;
    }
    ended(w);
    atomic_fetch_sub(&s->backlog, w->bytes);
    atomic_store(&s->committed, w->ticket);
    az_store_signal(s);
    if (w->wal_pages >= w->checkpoint_at)
        checkpoint(w);
}

/* Its memory serves the next batch. */
static void recycle(struct az_store *s, struct az_batch *b)
{
    enum { KEEP = 4 << 20 };
    if (b->records.cap > KEEP)
        az_buf_release(&b->records);
    az_buf_clear(&b->records);
    b->rows = 0;
    az_batch_free(atomic_exchange(&s->spare, b));
}

static void take(struct writer *w, struct az_batch *b)
{
    struct az_store *s = w->s;
    if (atomic_load(&s->failed)) {
        atomic_fetch_sub(&s->backlog, b->records.n);
    } else if (!w->begun && begin(w) < 0) {
        w->bytes = b->records.n;
        give_up(w);
    } else {
        w->bytes += b->records.n;
        w->rows += b->rows;
        w->ticket = b->ticket;
        if (apply(w, b) < 0)
            give_up(w);
    }
    recycle(s, b);
}

static void serve(struct writer *w)
{
    for (;;) {
        void *batch = NULL;
        az_ms wait = w->begun ? AZ_MAX(w->due - az_clock_ms(), (az_ms)0) : -1;
        int r = az_queue_pop_wait(w->s->queue, wait, &batch);
        if (r == 0)
            take(w, batch);
        if (w->begun && (r < 0 || w->rows >= AZ_STORE_ROWS || az_clock_ms() >= w->due))
            commit(w);
        if (r == AZ_ENOENT)
            return;
    }
}

/* ---- the thread ---- */

static int on_wal(void *arg, sqlite3 *db, const char *name, int pages)
{
    ((struct writer *)arg)->wal_pages = pages;
    return SQLITE_OK;
}

static int load_totals(struct writer *w, struct az_error *err)
{
    sqlite3_stmt *q = NULL;
    int r = az_sql_prepare(w->db, w->s->dir,
                           "SELECT items, decided, abstained, failed, ballots, ballot_errors,"
                           " decisions FROM totals",
                           &q, err);
    if (r < 0)
        return r;
    int64_t *to[] = {&w->totals.items,    &w->totals.decided, &w->totals.abstained,
                     &w->totals.failed,   &w->totals.ballots, &w->totals.ballot_errors,
                     &w->totals.decisions};
    if (sqlite3_step(q) == SQLITE_ROW) {
        for (size_t i = 0; i < AZ_LEN(to); i++)
            *to[i] = sqlite3_column_int64(q, (int)i);
    } else {
        r = az_sql_fail(w->db, w->s->dir, err);
    }
    sqlite3_finalize(q);
    return r;
}

static int set_up(struct writer *w, struct az_error *err)
{
    int r = load_totals(w, err);
    for (int i = 0; r == 0 && i < N_STATEMENTS; i++)
        r = az_sql_prepare(w->db, w->s->dir, statements[i], &w->q[i], err);
    sqlite3_wal_hook(w->db, on_wal, w); /* and no automatic checkpoints */
    return r;
}

int az_store_write(struct az_thread *t, void *arg, struct az_error *err)
{
    struct az_store *s = arg;
    struct writer w = {.s = s, .db = s->db, .checkpoint_at = AZ_STORE_WAL_PAGES};
    az_squeeze_init(&w.squeeze, AZ_STORE_BODY_MAX);
    int r = set_up(&w, err);
    if (r == 0) {
        az_thread_ready(t);
        serve(&w);
    }
    for (int i = 0; i < N_STATEMENTS; i++)
        sqlite3_finalize(w.q[i]);
    sqlite3_wal_hook(w.db, NULL, NULL);
    az_squeeze_release(&w.squeeze);
    if (r == 0 && atomic_load(&s->failed)) {
        if (err)
            *err = s->why;
        r = s->why.code;
    }
    return r;
}
