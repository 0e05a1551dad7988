/* A connection that only reads, wherever the job lies. */
#include "coordinator/io_store.h"

#include <unistd.h>

static int connect_to(const struct az_store *s, const char *name, int flags, sqlite3 **ret,
                      struct az_error *err)
{
    flags |= SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    sqlite3 *db = NULL;
    int64_t tables;
    int r = sqlite3_open_v2(name, &db, flags, NULL) == SQLITE_OK ? 0
            : db                                                 ? az_sql_fail(db, s->dir, err)
                                                                 : az_oom(err);
    if (r == 0) {
        sqlite3_busy_timeout(db, 5000);
        r = az_sql_int(db, s->dir, "SELECT count(*) FROM sqlite_schema", &tables, err);
    }
    if (r == 0) {
        *ret = db;
        return 0;
    }
    int code = sqlite3_errcode(db) & 0xff; /* extended: which folder or file it is */
    if (code == SQLITE_CANTOPEN || code == SQLITE_READONLY)
        r = AZ_EAGAIN; /* err stands */
    sqlite3_close(db);
    return r;
}

/* The path as SQLite's URI, for a file that nobody changes. */
static void immutable_uri(struct az_buf *uri, const char *path)
{
    az_buf_z(uri, "file:");
    for (const char *p = path; *p; p++) {
        if (strchr("?#%", *p))
            az_buf_fmt(uri, "%%%02X", (unsigned char)*p);
        else
            az_buf_char(uri, *p);
    }
    az_buf_z(uri, "?immutable=1");
}

/* On read-only media SQLite can't make the WAL's index, and needs none as long
 * as there is no WAL. */
int az_store_connect(const struct az_store *s, sqlite3 **ret, struct az_error *err)
{
    struct az_error first = {0};
    int r = connect_to(s, s->path, 0, ret, &first);
    AZ_AUTO_BUF name = az_buf(16384);
    az_buf_fmt(&name, "%s-wal", s->path);
    if (r == AZ_EAGAIN && az_buf_check(&name, NULL) == 0 && access(name.p, F_OK) < 0) {
        az_buf_clear(&name);
        immutable_uri(&name, s->path);
        r = az_buf_check(&name, &first);
        if (r == 0)
            r = connect_to(s, name.p, SQLITE_OPEN_URI, ret, &first);
    }
    if (r < 0 && err)
        *err = first;
    return r < 0 ? first.code : 0;
}
