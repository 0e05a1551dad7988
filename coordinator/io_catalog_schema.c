#include "coordinator/io_catalog_schema.h"

#include "coordinator/io_store.h"
#include "core/buf.h"

/* "aszc": so that another program's database is not taken for a catalog. */
#define APPLICATION_ID "1634957923"
enum { APPLICATION = 1634957923 };

/* Never edit a step that was released: add one. */
const char *const az_catalog_schema[] = {
    "CREATE TABLE jobs(id INTEGER PRIMARY KEY, owner TEXT NOT NULL, key TEXT NOT NULL,"
    " name TEXT, why TEXT, sets TEXT, state INTEGER NOT NULL, cause INTEGER NOT NULL,"
    " priority INTEGER NOT NULL, created_s INTEGER NOT NULL, ended_s INTEGER NOT NULL,"
    " deadline_s INTEGER NOT NULL, sealed INTEGER NOT NULL, items INTEGER NOT NULL,"
    " bad_lines INTEGER NOT NULL, decided INTEGER NOT NULL, abstained INTEGER NOT NULL,"
    " failed INTEGER NOT NULL, ballots INTEGER NOT NULL, ballot_errors INTEGER NOT NULL,"
    " spent INTEGER NOT NULL, spend_limit INTEGER NOT NULL, UNIQUE(owner, key));"
    /* Outlives the jobs: a number that was told is never another job's. */
    "CREATE TABLE next(id INTEGER NOT NULL);"
    "INSERT INTO next VALUES(1);"
    "PRAGMA application_id = " APPLICATION_ID ";",
    "ALTER TABLE jobs ADD COLUMN retry INTEGER NOT NULL DEFAULT 0;",
};
const int az_catalog_version = AZ_LEN(az_catalog_schema);

const char az_catalog_put_sql[] = "INSERT OR REPLACE INTO jobs VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
                                  " ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

int az_catalog_sql_fail(sqlite3 *db, const char *dir, struct az_error *err)
{
    struct az_error job = {0};
    int code = az_sql_fail(db, dir, &job);
    if (code == AZ_ENOMEM)
        return az_oom(err);
    const char *colon = strstr(job.what, "state.db: "); /* what the system says of it */
    if (code == AZ_EOUTPUT) {
        az_fail(err, code, "cannot write '%s/catalog.db': %s", dir,
                colon ? colon + strlen("state.db: ") : sqlite3_errmsg(db));
        az_hint(err, "What was committed is safe; it is tried again every second.");
    } else {
        az_fail(err, code, "'%s/catalog.db': %s", dir, sqlite3_errmsg(db));
        if (code == AZ_EIO)
            az_hint(err, "Restore it from a copy.");
    }
    return code;
}

static int exec(sqlite3 *db, const char *dir, const char *sql, struct az_error *err)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0
                                                                : az_catalog_sql_fail(db, dir, err);
}

static int read_int(sqlite3 *db, const char *dir, const char *sql, int64_t *ret,
                    struct az_error *err)
{
    return az_sql_int(db, dir, sql, ret, NULL) < 0 ? az_catalog_sql_fail(db, dir, err) : 0;
}

/* ---- versions ---- */

static int migrate(sqlite3 *db, const char *dir, const char *const *steps, int n,
                   struct az_error *err)
{
    int64_t application = 0, tables = 0, version = 0;
    int r = read_int(db, dir, "PRAGMA application_id", &application, err);
    if (r == 0)
        r = read_int(db, dir, "SELECT count(*) FROM sqlite_schema", &tables, err);
    if (r == 0)
        r = read_int(db, dir, "PRAGMA user_version", &version, err);
    if (r < 0)
        return r;
    if (tables && application != APPLICATION)
        return az_fail(err, AZ_EINVAL, "'%s/catalog.db' is no catalog of jobs", dir);
    if (version > n) {
        az_fail(err, AZ_EINVAL,
                "'%s/catalog.db' was written by a newer assize: its format is %lld, this one "
                "knows %d",
                dir, (long long)version, n);
        az_hint(err, "Use the newer assize.");
        return AZ_EINVAL;
    }
    if (version == n)
        return 0; /* without a write: it may be a full disk */
    for (; r == 0 && version < n; version++)
        r = exec(db, dir, steps[version], err);
    char stamp[64];
    snprintf(stamp, sizeof(stamp), "PRAGMA user_version = %d", n);
    return r < 0 ? r : exec(db, dir, stamp, err);
}

int az_catalog_migrate(sqlite3 *db, const char *dir, const char *const *steps, int n,
                       struct az_error *err)
{
    int r = exec(db, dir, "BEGIN IMMEDIATE", err);
    if (r < 0)
        return r;
    r = migrate(db, dir, steps, n, err);
    if (r == 0)
        r = exec(db, dir, "COMMIT", err);
    if (r < 0)
        sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    return r;
}

/* ---- rows ---- */

int az_catalog_connect(const char *dir, sqlite3 **ret, struct az_error *err)
{
    AZ_AUTO_BUF path = az_buf(1 << 16);
    az_buf_fmt(&path, "%s/catalog.db", dir);
    int r = az_buf_check(&path, err);
    if (r < 0)
        return r;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX;
    int opened = sqlite3_open_v2(path.p, ret, flags | SQLITE_OPEN_EXRESCODE, NULL);
    if (!*ret)
        return az_oom(err);
    if (opened != SQLITE_OK)
        return az_catalog_sql_fail(*ret, dir, err);
    sqlite3_busy_timeout(*ret, 5000);
    r = exec(*ret, dir, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL", err);
    return r < 0 ? r : az_catalog_migrate(*ret, dir, az_catalog_schema, az_catalog_version, err);
}

int az_catalog_read_next(sqlite3 *db, const char *dir, int64_t *ret, struct az_error *err)
{
    return read_int(db, dir, "SELECT id FROM next", ret, err);
}

/* The texts are the statement's until the next step. */
static struct az_job_record record_of(sqlite3_stmt *q)
{
    struct az_job_record job = {0};
    char **const texts[] = {&job.owner, &job.key, &job.name, &job.why, &job.sets};
    struct az_job_figures *f = &job.figures;
    int64_t state, cause, priority, sealed, retry;
    int64_t *const numbers[] = {
        &state,          &cause,     &priority,   &job.created_s,    &job.ended_s,
        &job.deadline_s, &sealed,    &f->items,   &f->bad_lines,     &f->decided,
        &f->abstained,   &f->failed, &f->ballots, &f->ballot_errors, &f->spent,
        &f->limit,       &retry};
    job.id = sqlite3_column_int64(q, 0);
    for (size_t i = 0; i < AZ_LEN(texts); i++)
        *texts[i] = (char *)sqlite3_column_text(q, 1 + (int)i);
    for (size_t i = 0; i < AZ_LEN(numbers); i++)
        *numbers[i] = sqlite3_column_int64(q, 1 + (int)(AZ_LEN(texts) + i));
    bool known = state >= 0 && state < AZ_JOB_STATES && cause >= 0 && cause < AZ_JOB_CAUSES;
    job.state = known ? (enum az_job_state)state : AZ_JOB_STATES;
    job.cause = known ? (enum az_job_cause)cause : AZ_JOB_CAUSES;
    job.priority = (int)AZ_MIN(AZ_MAX(priority, INT64_C(0)), INT64_C(1) << 30);
    job.sealed = sealed != 0;
    job.retry = retry != 0;
    return job;
}

int az_catalog_read(sqlite3 *db, const char *dir, az_catalog_each_fn *each, void *arg,
                    struct az_error *err)
{
    sqlite3_stmt *q = NULL;
    if (sqlite3_prepare_v2(db, "SELECT * FROM jobs ORDER BY id", -1, &q, NULL) != SQLITE_OK)
        return az_catalog_sql_fail(db, dir, err);
    int r = 0, step = SQLITE_DONE;
    while (r == 0 && (step = sqlite3_step(q)) == SQLITE_ROW) {
        struct az_job_record job = record_of(q);
        const char *broken = az_job_broken(&job);
        if (broken)
            r = az_fail(err, AZ_EIO, "'%s/catalog.db': job %lld: %s", dir, (long long)job.id,
                        broken);
        else
            r = each(arg, &job, err);
    }
    if (r == 0 && step != SQLITE_DONE)
        r = az_catalog_sql_fail(db, dir, err);
    sqlite3_finalize(q);
    return r;
}
