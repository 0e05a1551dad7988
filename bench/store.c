/* bench_store [ROWS [DIR]]: ballots a second into the store, beside the same rows
 * put into bare SQLite (WAL, FULL, a commit each 992 rows, 16 a statement) by one thread, taking
 * turns in one run. DIR (default: the working directory) should lie on the disk
 * that is meant; what is made there is removed. */
#include <dirent.h>
#include <poll.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "coordinator/store.h"
#include "core/buf.h"
#include "core/wire_model.h"

enum { JUDGES = 3, ROUNDS = 3, BATCH = 16, COMMIT_ROWS = 992, BACKLOG = 8 << 20 };

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void fail(const char *what)
{
    fprintf(stderr, "bench_store: %s\n", what);
    exit(1);
}

/* A ballot of about 300 bytes packed. */
static struct az_ballot ballot(int64_t row)
{
    static const char rationale[] =
        "The first answer names the cause and gives the command that mends it, while the second "
        "repeats the question and adds a warning that does not apply here.";
    return (struct az_ballot){
        .key = {.item = row / JUDGES, .judge = (int)(row % JUDGES), .round = 1, .criterion = -1},
        .label = (int)(row % 2),
        .how = AZ_STR("json"),
        .rationale = AZ_STR(rationale),
        .model = AZ_STR("a-model-of-some-provider-2026"),
        .params = AZ_STR("{\"temperature\":0,\"max_tokens\":800}"),
        .request = {{(unsigned char)row, (unsigned char)(row >> 8), (unsigned char)(row >> 16)}},
        .has_request = true,
        .tokens_in = 812,
        .tokens_out = 40,
        .cost = 1234567,
        .cost_known = true,
        .ms = 480,
        .attempts = 1,
    };
}

static void sql(sqlite3 *db, const char *text)
{
    if (sqlite3_exec(db, text, NULL, NULL, NULL) != SQLITE_OK)
        fail(sqlite3_errmsg(db));
}

/* One statement for a batch; OR IGNORE spares it a journal of its own. */
static sqlite3_stmt *insert_of(sqlite3 *db)
{
    AZ_AUTO_BUF text = az_buf(4096);
    sqlite3_stmt *q = NULL;
    az_buf_z(&text, "INSERT OR IGNORE INTO ballots VALUES");
    for (int i = 0; i < BATCH; i++)
        az_buf_fmt(&text, "%s(?, 1, ?, -1, 0, 0, 0, ?)", i ? "," : "");
    if (sqlite3_prepare_v2(db, text.p, -1, &q, NULL) != SQLITE_OK)
        fail(sqlite3_errmsg(db));
    return q;
}

static double bare(const char *dir, int64_t rows)
{
    char path[4096];
    sqlite3 *db = NULL;
    snprintf(path, sizeof(path), "%s/bare.db", dir);
    if (sqlite3_open(path, &db) != SQLITE_OK)
        fail("cannot open a database");
    sql(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
            "CREATE TABLE ballots(item INTEGER, round INTEGER, judge INTEGER, criterion INTEGER,"
            " ord INTEGER, sample INTEGER, error INTEGER, body BLOB,"
            " PRIMARY KEY(item, round, judge, criterion, ord, sample)) WITHOUT ROWID");
    sqlite3_stmt *q = insert_of(db);
    AZ_AUTO_BUF body = az_buf(AZ_BUF_MAX);
    struct az_ballot one = ballot(0);
    if (az_wire_ballot_pack(&body, &one, NULL) < 0)
        fail("cannot pack");

    double start = now_s();
    for (int64_t row = 0; row < rows;) {
        if (row % COMMIT_ROWS == 0)
            sql(db, "BEGIN");
        for (int i = 0; i < BATCH; i++, row++) {
            sqlite3_bind_int64(q, 3 * i + 1, row / JUDGES);
            sqlite3_bind_int64(q, 3 * i + 2, row % JUDGES);
            sqlite3_bind_blob(q, 3 * i + 3, body.p, (int)body.n, SQLITE_STATIC);
        }
        if (sqlite3_step(q) != SQLITE_DONE)
            fail(sqlite3_errmsg(db));
        sqlite3_reset(q);
        if (row % COMMIT_ROWS == 0 || row >= rows)
            sql(db, "COMMIT");
    }
    double seconds = now_s() - start;
    sqlite3_finalize(q);
    sqlite3_close(db);
    return (double)rows / seconds;
}

static void wait_until(struct az_store *s, uint64_t ticket, size_t backlog)
{
    struct az_error err;
    struct pollfd p = {.fd = az_store_fd(s), .events = POLLIN};
    while (az_store_committed(s) < ticket && az_store_backlog(s) > backlog) {
        if (az_store_failed(s, &err) < 0)
            fail(err.what);
        poll(&p, 1, -1);
        az_store_ack(s);
    }
}

/* As the loop does it: a small batch each time round, packed by the caller,
 * until the last one is durable. */
static double store(const char *dir, int64_t rows)
{
    char path[4096];
    struct az_judge judges[JUDGES] = {{.name = "a"}, {.name = "b"}, {.name = "c"}};
    struct az_panel panel = {.path = "", .name = "p", .n_judges = JUDGES, .judges = judges};
    struct az_error err = {0};
    struct az_store *s = NULL;
    snprintf(path, sizeof(path), "%s/job", dir);
    if (az_store_open(path, AZ_STORE_RUN, &panel, &s, &err) < 0)
        fail(err.what);

    double start = now_s();
    uint64_t ticket = 0;
    for (int64_t row = 0; row < rows; row++) {
        struct az_ballot b = ballot(row);
        if (az_store_put_ballot(s, &b, &err) < 0)
            fail(err.what);
        if (row % BATCH == BATCH - 1 || row == rows - 1) {
            ticket = az_store_submit(s);
            wait_until(s, ticket, BACKLOG);
        }
    }
    wait_until(s, ticket, 0);
    double seconds = now_s() - start;
    if (az_store_close(s, &err) < 0)
        fail(err.what);
    return (double)rows / seconds;
}

static void remove_dir(const char *path)
{
    DIR *d = opendir(path);
    for (struct dirent *e; d && (e = readdir(d));) {
        if (e->d_name[0] == '.')
            continue;
        char name[4096 + 256];
        snprintf(name, sizeof(name), "%s/%s", path, e->d_name);
        if (unlink(name) < 0)
            remove_dir(name);
    }
    if (d)
        closedir(d);
    rmdir(path);
}

int main(int argc, char **argv)
{
    int64_t rows = argc > 1 ? strtoll(argv[1], NULL, 10) : 300000;
    if (rows <= 0)
        fail("usage: bench_store [ROWS [DIR]]");
    rows = (rows + BATCH - 1) / BATCH * BATCH;
    printf("%-8s %14s %14s %8s\n", "round", "bare rows/s", "store rows/s", "ratio");
    double best_bare = 0, best_store = 0;
    for (int i = 0; i < ROUNDS; i++) {
        char dir[4096];
        snprintf(dir, sizeof(dir), "%s/bench-store-XXXXXX", argc > 2 ? argv[2] : ".");
        if (!mkdtemp(dir))
            fail("cannot make a directory");
        double b = bare(dir, rows), s = store(dir, rows);
        remove_dir(dir);
        printf("%-8d %14.0f %14.0f %8.2f\n", i + 1, b, s, s / b);
        best_bare = AZ_MAX(best_bare, b);
        best_store = AZ_MAX(best_store, s);
    }
    printf("%-8s %14.0f %14.0f %8.2f\n", "best", best_bare, best_store, best_store / best_bare);
    return 0;
}
