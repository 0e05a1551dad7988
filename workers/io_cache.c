#include "workers/io_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include "core/io_disk.h"
#include "core/io_queue.h"
#include "core/io_squeeze.h"
#include "core/io_thread.h"
#include "core/mem.h"

enum {
    BATCH = 256,
    BUSY_MS = 10000,    /* another process writes */
    SQUEEZE_FROM = 256, /* bytes */
    QUEUE_ITEMS = 2 * AZ_CACHE_ASKS,
    APPLICATION = 0x61737a63, /* "aszc" */
    VERSION = 1,
};

/* An ask becomes its own answer, so that there is always memory to say "not
 * there". */
struct request {
    struct az_cache_answer answer; /* first: what the caller frees */
    enum { ASK, PUT } kind;
    struct az_hash hash;
    size_t n;
    char body[]; /* PUT: a body as core/io_squeeze.h has it */
};

struct az_cache {
    char *path;
    struct az_thread *thread;
    struct az_queue *requests, *answers;
    size_t under_way;        /* asked and not yet taken; the caller's */
    bool told;               /* the caller's */
    atomic_bool has_warning; /* set after `warning`, which never changes then */
    struct az_error warning;

    /* The thread's. */
    sqlite3 *db; /* NULL: no cache (any more) */
    sqlite3_stmt *find, *add, *begin, *begin_write, *commit, *rollback;
    struct az_squeeze squeeze;
};

/* ---- the file ---- */

static void close_db(struct az_cache *c)
{
    sqlite3_stmt **all[] = {&c->find,        &c->add,    &c->begin,
                            &c->begin_write, &c->commit, &c->rollback};
    for (size_t i = 0; i < AZ_LEN(all); i++) {
        sqlite3_finalize(*all[i]);
        *all[i] = NULL;
    }
    sqlite3_close(c->db);
    c->db = NULL;
}

static void warn(struct az_cache *c, const char *what, const char *hint)
{
    if (atomic_load(&c->has_warning))
        return;
    az_fail(&c->warning, AZ_EIO, "cache '%s': %s", c->path, what);
    az_hint(&c->warning, "%s", hint);
    atomic_store(&c->has_warning, true);
}

/* SQLite failed: say so once and go on without. A file that is merely busy with
 * another process is kept. */
static void give_up(struct az_cache *c)
{
    int code = sqlite3_errcode(c->db) & 0xff;
    bool damaged = code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
    bool busy = code == SQLITE_BUSY || code == SQLITE_LOCKED;
    int e = sqlite3_system_errno(c->db);
    char what[200];
    snprintf(what, sizeof(what), "%s%s%s",
             damaged ? "damaged, or no database" : sqlite3_errmsg(c->db),
             e && !damaged && !busy ? ": " : "", e && !damaged && !busy ? strerror(e) : "");
    warn(c, what,
         damaged ? "Going on without it. Delete it: it is made anew."
         : busy  ? "Another process holds it; some answers are not kept."
                 : "Going on without it.");
    if (!busy)
        close_db(c);
}

static int exec(struct az_cache *c, const char *sql)
{
    return sqlite3_exec(c->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : -1;
}

/* Going to WAL mode does not wait for other processes by itself. */
static int set_journal(struct az_cache *c, bool network)
{
    const char *sql = network ? "PRAGMA journal_mode = TRUNCATE" : "PRAGMA journal_mode = WAL";
    for (int i = 0; exec(c, sql) < 0; i++) {
        if ((sqlite3_errcode(c->db) & 0xff) != SQLITE_BUSY || i == BUSY_MS / 10)
            return -1;
        sqlite3_sleep(10);
    }
    return exec(c, "PRAGMA synchronous = NORMAL");
}

static int pragma(struct az_cache *c, const char *sql, int *ret)
{
    sqlite3_stmt *q = NULL;
    int r = sqlite3_prepare_v2(c->db, sql, -1, &q, NULL);
    if (r == SQLITE_OK && (r = sqlite3_step(q)) == SQLITE_ROW)
        *ret = sqlite3_column_int(q, 0);
    sqlite3_finalize(q);
    return r == SQLITE_ROW ? 0 : -1;
}

/* 1: it is ours and of this version, or new. 0: it is not, and was said. One
 * transaction: another process may be making the file. */
static int check_version(struct az_cache *c)
{
    int application = 0, version = 0, tables = 0;
    if (exec(c, "BEGIN") < 0 || pragma(c, "PRAGMA application_id", &application) < 0 ||
        pragma(c, "PRAGMA user_version", &version) < 0 ||
        pragma(c, "SELECT count(*) FROM sqlite_schema", &tables) < 0 || exec(c, "COMMIT") < 0)
        return -1;
    if (tables && (application != APPLICATION || version != VERSION)) {
        warn(c,
             application != APPLICATION ? "not a cache of assize" : "of another version of assize",
             "Going on without it. Give another file with --cache.");
        return 0;
    }
    return 1;
}

static int make_schema(struct az_cache *c)
{
    char sql[512];
    /* The hash is in an index of its own: as the key of the table it would
     * scatter the bodies, and inserts would slow down as they grow. */
    snprintf(sql, sizeof(sql),
             "BEGIN IMMEDIATE;"
             "CREATE TABLE IF NOT EXISTS answers(id INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE,"
             " day INTEGER NOT NULL, body BLOB NOT NULL);"
             "PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT",
             APPLICATION, VERSION);
    return exec(c, sql);
}

static int prepare(struct az_cache *c)
{
    const struct {
        sqlite3_stmt **q;
        const char *sql;
    } all[] = {
        {&c->find, "SELECT body FROM answers WHERE hash = ?"},
        {&c->add, "INSERT OR IGNORE INTO answers(hash, day, body) VALUES(?, ?, ?)"},
        {&c->begin, "BEGIN"},
        {&c->begin_write, "BEGIN IMMEDIATE"},
        {&c->commit, "COMMIT"},
        {&c->rollback, "ROLLBACK"},
    };
    for (size_t i = 0; i < AZ_LEN(all); i++) {
        if (sqlite3_prepare_v3(c->db, all[i].sql, -1, SQLITE_PREPARE_PERSISTENT, all[i].q, NULL) !=
            SQLITE_OK)
            return -1;
    }
    return 0;
}

/* The folder the file is in; "." without one. */
static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *dir = az_strdup(slash ? path : ".");
    if (dir && slash)
        dir[AZ_MAX(slash - path, (ptrdiff_t)1)] = '\0';
    return dir;
}

static int set_up_db(struct az_cache *c, const char *dir)
{
    sqlite3_busy_timeout(c->db, BUSY_MS);
    int r = check_version(c);
    if (r <= 0)
        return r;
    if (set_journal(c, az_disk_is_network(dir)) < 0)
        return -1;
    int version = 0;
    if (pragma(c, "PRAGMA user_version", &version) < 0)
        return -1;
    return (version == VERSION || make_schema(c) == 0) && prepare(c) == 0 ? 1 : -1;
}

static void open_db(struct az_cache *c)
{
    AZ_AUTO_MEM char *dir = folder_of(c->path);
    if (!dir || az_disk_make_dirs(dir, 0700) < 0) {
        char what[200];
        snprintf(what, sizeof(what), "cannot make its folder: %s", strerror(dir ? errno : ENOMEM));
        warn(c, what, "Going on without it.");
        return;
    }
    /* Replies may be private. SQLite's other files take their mode from this. */
    int fd = open(c->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0)
        close(fd);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    int r = sqlite3_open_v2(c->path, &c->db, flags | SQLITE_OPEN_EXRESCODE, NULL);
    int ok = r == SQLITE_OK ? set_up_db(c, dir) : -1;
    if (ok < 0)
        give_up(c);
    if (ok <= 0 || !c->find) /* also when it is busy: nothing is prepared */
        close_db(c);
}

/* ---- asking ---- */

/* The body's text behind the answer; on any trouble the ask stays "not there". */
static struct request *answered(struct az_cache *c, struct request *ask, struct az_str body)
{
    struct az_str text;
    if (az_unsqueeze(&c->squeeze, body, &text, NULL) < 0)
        return ask;
    struct request *hit = az_alloc(sizeof(*hit) + text.n);
    if (!hit)
        return ask;
    *hit = *ask;
    if (text.n)
        memcpy(hit->body, text.p, text.n);
    hit->answer.hit = true;
    hit->answer.bytes = (struct az_str){hit->body, text.n};
    free(ask);
    return hit;
}

/* What waits to be written in the same batch is there already. */
static const struct request *find_put(struct request *const *batch, size_t n,
                                      const struct az_hash *hash)
{
    for (size_t i = 0; i < n; i++) {
        if (batch[i] && batch[i]->kind == PUT && az_hash_eq(&batch[i]->hash, hash))
            return batch[i];
    }
    return NULL;
}

static struct request *look_up(struct az_cache *c, struct request *ask)
{
    if (!c->db)
        return ask;
    sqlite3_bind_blob(c->find, 1, ask->hash.bytes, AZ_HASH_BYTES, SQLITE_STATIC);
    int r = sqlite3_step(c->find);
    if (r == SQLITE_ROW) {
        const char *p = sqlite3_column_blob(c->find, 0);
        ask = answered(c, ask, (struct az_str){p, (size_t)sqlite3_column_bytes(c->find, 0)});
    }
    sqlite3_reset(c->find);
    if (r != SQLITE_ROW && r != SQLITE_DONE)
        give_up(c);
    return ask;
}

static bool step(struct az_cache *c, sqlite3_stmt *q)
{
    int r = sqlite3_step(q);
    sqlite3_reset(q);
    return r == SQLITE_DONE;
}

/* Answer all that is asked in the batch: one look at the file's state for all. */
static void answer_all(struct az_cache *c, struct request **batch, size_t n)
{
    if (c->db)
        step(c, c->begin);
    for (size_t i = 0; i < n; i++) {
        if (batch[i]->kind != ASK)
            continue;
        batch[i] = look_up(c, batch[i]);
        const struct request *put = find_put(batch, i, &batch[i]->hash);
        if (put && !batch[i]->answer.hit)
            batch[i] = answered(c, batch[i], (struct az_str){put->body, put->n});
    }
    if (c->db)
        step(c, c->commit);
    for (size_t i = 0; i < n; i++) {
        if (batch[i]->kind != ASK)
            continue;
        if (az_queue_push_wait(c->answers, batch[i], 0) < 0)
            free(batch[i]); /* closed: nobody wants it */
        batch[i] = NULL;
    }
}

/* ---- writing ---- */

static bool write_one(struct az_cache *c, const struct request *put, int64_t day)
{
    struct az_str body = az_squeeze(&c->squeeze, (struct az_str){put->body, put->n}, SQUEEZE_FROM);
    sqlite3_bind_blob(c->add, 1, put->hash.bytes, AZ_HASH_BYTES, SQLITE_STATIC);
    sqlite3_bind_int64(c->add, 2, day);
    sqlite3_bind_blob64(c->add, 3, body.p, body.n, SQLITE_STATIC);
    return step(c, c->add);
}

static void write_all(struct az_cache *c, struct request **batch, size_t n)
{
    if (!c->db)
        return;
    if (!step(c, c->begin_write)) {
        give_up(c);
        return;
    }
    int64_t day = time(NULL) / 86400;
    bool good = true;
    for (size_t i = 0; good && i < n; i++)
        good = !batch[i] || write_one(c, batch[i], day);
    if (good && step(c, c->commit))
        return;
    give_up(c);
    if (c->db)
        step(c, c->rollback);
}

/* ---- the thread ---- */

static int serve(struct az_thread *t, void *arg, struct az_error *err)
{
    struct az_cache *c = arg;
    az_squeeze_init(&c->squeeze, AZ_CACHE_BODY_MAX);
    az_thread_ready(t);
    open_db(c); /* while requests may come already: a slow disk delays nobody */

    struct request *batch[BATCH];
    void *first;
    while (az_queue_pop_wait(c->requests, -1, &first) == 0) {
        size_t n = 0, puts = 0;
        for (void *p = first; p; p = n < BATCH ? az_queue_pop(c->requests) : NULL) {
            batch[n++] = p;
            puts += batch[n - 1]->kind == PUT;
        }
        if (puts < n)
            answer_all(c, batch, n);
        if (puts)
            write_all(c, batch, n);
        for (size_t i = 0; i < n; i++)
            free(batch[i]);
    }
    close_db(c);
    az_squeeze_release(&c->squeeze);
    return 0;
}

/* ---- the caller's side ---- */

int az_cache_open(const char *path, struct az_cache **ret, struct az_error *err)
{
    AZ_AUTO(cache) c = az_zalloc(sizeof(*c));
    if (!c || !(c->path = az_strdup(path)))
        return az_oom(err);
    int r = az_queue_new(QUEUE_ITEMS, AZ_CACHE_PUT_BYTES, &c->requests, err);
    if (r == 0)
        r = az_queue_new(AZ_CACHE_ASKS, 0, &c->answers, err);
    if (r == 0)
        r = az_thread_start("cache", serve, c, &c->thread, err);
    if (r < 0)
        return r;
    *ret = AZ_TAKE(c);
    return 0;
}

void az_cache_close(struct az_cache *c)
{
    if (!c)
        return;
    if (c->thread) {
        az_queue_close(c->answers); /* first, or the thread may wait for room in it */
        az_queue_close(c->requests);
        az_thread_stop(c->thread, NULL);
    }
    for (void *p; c->answers && (p = az_queue_pop(c->answers));)
        free(p);
    az_queue_free(c->requests);
    az_queue_free(c->answers);
    free(c->path);
    free(c);
}

int az_cache_ask(struct az_cache *c, const struct az_hash *hash, void *token)
{
    if (c->under_way >= AZ_CACHE_ASKS)
        return AZ_EAGAIN;
    struct request *ask = az_alloc(sizeof(*ask));
    if (!ask)
        return AZ_ENOMEM;
    *ask = (struct request){.answer = {.token = token}, .kind = ASK, .hash = *hash};
    int r = az_queue_push(c->requests, ask, 0);
    if (r < 0)
        free(ask);
    else
        c->under_way++;
    return r;
}

struct az_cache_answer *az_cache_next(struct az_cache *c)
{
    struct az_cache_answer *answer = az_queue_pop(c->answers);
    c->under_way -= answer ? 1 : 0;
    return answer;
}

int az_cache_fd(const struct az_cache *c)
{
    return az_queue_fd(c->answers);
}

void az_cache_put(struct az_cache *c, const struct az_hash *hash, struct az_str bytes)
{
    if (bytes.n >= AZ_CACHE_BODY_MAX)
        return;
    struct request *put = az_alloc(sizeof(*put) + bytes.n + 1);
    if (!put)
        return;
    *put = (struct request){.kind = PUT, .hash = *hash, .n = bytes.n + 1};
    put->body[0] = AZ_BODY_PLAIN;
    if (bytes.n)
        memcpy(put->body + 1, bytes.p, bytes.n);
    if (az_queue_push(c->requests, put, sizeof(*put) + put->n) < 0)
        free(put);
}

bool az_cache_warning(struct az_cache *c, struct az_error *ret)
{
    if (c->told || !atomic_load(&c->has_warning))
        return false;
    c->told = true;
    *ret = c->warning;
    return true;
}
