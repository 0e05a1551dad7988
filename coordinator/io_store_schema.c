#include "coordinator/io_store.h"

#include <errno.h>

/* "asze": so that another program's database is not taken for a job. */
#define APPLICATION_ID "1634957925"
enum { APPLICATION = 1634957925 };

/* Integer keys only: their inserts do not slow down as the table grows. Bodies
 * come last, so that a row's other columns are read without them.
 * Never edit a step that was released: add one. */
const char *const az_store_schema[] = {
    "CREATE TABLE meta(name TEXT PRIMARY KEY, value) WITHOUT ROWID;"
    "CREATE TABLE judges(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,"
    " identity BLOB NOT NULL, about TEXT NOT NULL);"
    "CREATE TABLE items(seq INTEGER PRIMARY KEY, line INTEGER NOT NULL, id_hash INTEGER NOT NULL,"
    " id TEXT NOT NULL, content BLOB NOT NULL, body BLOB NOT NULL);"
    "CREATE INDEX items_by_id ON items(id_hash);"
    "CREATE TABLE ballots(item INTEGER NOT NULL, round INTEGER NOT NULL, judge INTEGER NOT NULL,"
    " criterion INTEGER NOT NULL, ord INTEGER NOT NULL, sample INTEGER NOT NULL,"
    " error INTEGER NOT NULL, body BLOB NOT NULL,"
    " PRIMARY KEY(item, round, judge, criterion, ord, sample)) WITHOUT ROWID;"
    "CREATE TABLE verdicts(item INTEGER PRIMARY KEY, status INTEGER NOT NULL, body BLOB NOT NULL);"
    "CREATE TABLE ledger(id INTEGER PRIMARY KEY CHECK(id = 1), settled INTEGER NOT NULL,"
    " ceiling INTEGER NOT NULL);"
    "INSERT INTO ledger VALUES(1, 0, 0);"
    /* Kept in step with the rows by the one writer: counting millions takes seconds. */
    "CREATE TABLE totals(id INTEGER PRIMARY KEY CHECK(id = 1), items INTEGER NOT NULL,"
    " decided INTEGER NOT NULL, abstained INTEGER NOT NULL, failed INTEGER NOT NULL,"
    " ballots INTEGER NOT NULL, ballot_errors INTEGER NOT NULL);"
    "INSERT INTO totals VALUES(1, 0, 0, 0, 0, 0, 0);"
    "PRAGMA application_id = " APPLICATION_ID ";",

    /* In which order items were decided, so that verdicts can be read as they
     * come. `pos` finds an item's row there without an index of its own. */
    "CREATE TABLE decided(pos INTEGER PRIMARY KEY, item INTEGER NOT NULL);"
    "INSERT INTO decided SELECT row_number() OVER (ORDER BY item), item FROM verdicts;"
    "ALTER TABLE verdicts ADD COLUMN pos INTEGER NOT NULL DEFAULT 0;"
    "UPDATE verdicts SET pos = place FROM"
    " (SELECT item AS of, row_number() OVER (ORDER BY item) AS place FROM verdicts)"
    " WHERE item = of;"
    "ALTER TABLE totals ADD COLUMN decisions INTEGER NOT NULL DEFAULT 0;"
    "UPDATE totals SET decisions = (SELECT count(*) FROM verdicts);"
    /* How much of a submitted file is in. */
    "CREATE TABLE progress(id INTEGER PRIMARY KEY CHECK(id = 1), chunks INTEGER NOT NULL,"
    " lines INTEGER NOT NULL, bad_lines INTEGER NOT NULL, doubles INTEGER NOT NULL,"
    " sealed INTEGER NOT NULL);"
    "INSERT INTO progress VALUES(1, 0, 0, 0, 0, 0);",

    /* Which line was the last. Of a file that was half in before this was kept, bad
     * lines behind its last item come again. */
    "ALTER TABLE progress ADD COLUMN last_line INTEGER NOT NULL DEFAULT 0;"
    "UPDATE progress SET last_line = (SELECT coalesce(max(line), 0) FROM items) WHERE chunks > 0;",
};
const int az_store_version = AZ_LEN(az_store_schema);

static int broken(const char *dir, struct az_error *err)
{
    az_fail(err, AZ_EIO, "job '%s': state.db is damaged or no database", dir);
    az_hint(err, "Restore it from a copy, or use --job NEW: the cache still answers.");
    return AZ_EIO;
}

/* The system's error behind SQLite's: a quota must be told from a broken disk.
 * sqlite3_system_errno() does not know that of a WAL or journal. */
static int system_errno(sqlite3 *db)
{
    int e = 0;
    sqlite3_file *journal = NULL;
    sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &journal);
    if (journal && journal->pMethods)
        journal->pMethods->xFileControl(journal, SQLITE_FCNTL_LAST_ERRNO, &e);
    if (!e)
        sqlite3_file_control(db, "main", SQLITE_FCNTL_LAST_ERRNO, &e);
    return e ? e : sqlite3_system_errno(db);
}

static int unwritten(sqlite3 *db, const char *dir, struct az_error *err)
{
    int e = system_errno(db);
    bool full = sqlite3_errcode(db) == SQLITE_FULL || e == ENOSPC || e == EDQUOT || e == EFBIG;
    az_fail(err, AZ_EOUTPUT, "job '%s': cannot write state.db: %s", dir,
            full ? "the disk or a quota is full"
            : e  ? strerror(e)
                 : sqlite3_errmsg(db));
    az_hint(err, "What was committed is safe. %s, then run the same command again.",
            full ? "Make room" : "Mend that");
    return AZ_EOUTPUT;
}

int az_sql_fail(sqlite3 *db, const char *dir, struct az_error *err)
{
    int extended = sqlite3_extended_errcode(db);
    switch (extended & 0xff) {
    case SQLITE_NOMEM:
        return az_oom(err);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return az_fail(err, AZ_EBUSY, "job '%s' is in use by another assize", dir);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return broken(dir, err);
    case SQLITE_FULL:
    case SQLITE_READONLY:
        return unwritten(db, dir, err);
    case SQLITE_IOERR:
        if (extended != SQLITE_IOERR_READ && extended != SQLITE_IOERR_SHORT_READ)
            return unwritten(db, dir, err);
        break;
    }
    int e = sqlite3_system_errno(db);
    return az_fail(err, AZ_EIO, "job '%s': state.db: %s%s%s", dir, sqlite3_errmsg(db),
                   e ? ": " : "", e ? strerror(e) : "");
}

int az_sql_exec(sqlite3 *db, const char *dir, const char *sql, struct az_error *err)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : az_sql_fail(db, dir, err);
}

int az_sql_prepare(sqlite3 *db, const char *dir, const char *sql, sqlite3_stmt **ret,
                   struct az_error *err)
{
    int r = sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, ret, NULL);
    return r == SQLITE_OK ? 0 : az_sql_fail(db, dir, err);
}

int az_sql_int(sqlite3 *db, const char *dir, const char *sql, int64_t *ret, struct az_error *err)
{
    sqlite3_stmt *q = NULL;
    int r = az_sql_prepare(db, dir, sql, &q, err);
    if (r < 0)
        return r;
    int step = sqlite3_step(q);
    *ret = step == SQLITE_ROW ? sqlite3_column_int64(q, 0) : 0;
    if (step != SQLITE_ROW && step != SQLITE_DONE)
        r = az_sql_fail(db, dir, err);
    sqlite3_finalize(q);
    return r;
}

struct az_str az_sql_blob(sqlite3_stmt *q, int column)
{
    const char *p = sqlite3_column_blob(q, column); /* before its length */
    return (struct az_str){p ? p : "", (size_t)sqlite3_column_bytes(q, column)};
}

/* The database's version, 0 when it is new; another program's is refused. */
static int version_of(sqlite3 *db, const char *dir, int64_t *ret, struct az_error *err)
{
    int64_t application = 0, tables = 0;
    int r = az_sql_int(db, dir, "PRAGMA application_id", &application, err);
    if (r == 0)
        r = az_sql_int(db, dir, "SELECT count(*) FROM sqlite_schema", &tables, err);
    if (r == 0)
        r = az_sql_int(db, dir, "PRAGMA user_version", ret, err);
    if (r == 0 && tables && application != APPLICATION)
        r = az_fail(err, AZ_EINVAL, "'%s/state.db' is not an assize job", dir);
    return r;
}

static int newer(const char *dir, int64_t version, int n, struct az_error *err)
{
    az_fail(err, AZ_EINVAL,
            "job '%s' was written by a newer assize: its format is %lld, this one knows %d", dir,
            (long long)version, n);
    az_hint(err, "Use the newer assize, or --job NEW.");
    return AZ_EINVAL;
}

static int migrate(sqlite3 *db, const char *dir, const char *const *steps, int n,
                   struct az_error *err)
{
    int64_t version = 0;
    int r = version_of(db, dir, &version, err);
    if (r < 0)
        return r;
    if (version > n)
        return newer(dir, version, n, err);
    if (version == n)
        return 0; /* without a write: it may be a full disk */
    for (; version < n; version++) {
        if (az_sql_exec(db, dir, steps[version], err) < 0)
            return az_wrap(err, "migrating from format %lld", (long long)version);
    }
    char stamp[64];
    snprintf(stamp, sizeof(stamp), "PRAGMA user_version = %d", n);
    return az_sql_exec(db, dir, stamp, err);
}

int az_store_migrate(sqlite3 *db, const char *dir, const char *const *steps, int n,
                     struct az_error *err)
{
    int r = az_sql_exec(db, dir, "BEGIN IMMEDIATE", err);
    if (r < 0)
        return r;
    r = migrate(db, dir, steps, n, err);
    if (r == 0)
        r = az_sql_exec(db, dir, "COMMIT", err);
    if (r < 0)
        sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    return r;
}

int az_store_check_version(sqlite3 *db, const char *dir, int n, struct az_error *err)
{
    int64_t version = 0;
    int r = version_of(db, dir, &version, err);
    if (r < 0)
        return r;
    if (version > n)
        return newer(dir, version, n, err);
    if (version == 0)
        return az_fail(err, AZ_ENOENT, "no job in '%s' yet", dir);
    if (version < n) {
        az_fail(err, AZ_EINVAL, "job '%s' is in an older format: %lld, this assize reads %d", dir,
                (long long)version, n);
        az_hint(err, "Run the job once more: that brings it up to date.");
        return AZ_EINVAL;
    }
    return 0;
}
