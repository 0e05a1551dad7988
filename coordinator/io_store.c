#include "coordinator/io_store.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/io_disk.h"
#include "core/item.h"
#include "core/mem.h"
#include "core/wire_model.h"

enum { QUEUE_BATCHES = 8192 };

/* ---- the directory ---- */

static char *join(const char *dir, const char *name)
{
    size_t n = strlen(dir) + strlen(name) + 2;
    char *path = az_alloc(n);
    if (path)
        snprintf(path, n, "%s/%s", dir, name);
    return path;
}

static void sync_dir(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd); /* some file systems refuse: then there is nothing to do */
        close(fd);
    }
}

static int make_dir(const char *dir, struct az_error *err)
{
    if (mkdir(dir, 0777) == 0) {
        AZ_AUTO_MEM char *parent = join(dir, "..");
        if (!parent)
            return az_oom(err);
        sync_dir(parent);
        return 0;
    }
    int e = errno;
    struct stat st;
    if (e == EEXIST && stat(dir, &st) == 0 && S_ISDIR(st.st_mode))
        return 0;
    return az_fail(err, AZ_EOUTPUT, "cannot make job directory '%s': %s", dir, strerror(e));
}

/* flock goes with the process, kill -9 included; no stale lock is ever left. */
static int lock_dir(struct az_store *s, struct az_error *err)
{
    AZ_AUTO_MEM char *path = join(s->dir, "lock");
    if (!path)
        return az_oom(err);
    s->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (s->lock_fd < 0)
        return az_fail(err, AZ_EOUTPUT, "job '%s': cannot open '%s': %s", s->dir, path,
                       strerror(errno));
    if (flock(s->lock_fd, LOCK_EX | LOCK_NB) == 0)
        return 0;
    if (errno != EWOULDBLOCK)
        return az_fail(err, AZ_EOUTPUT, "job '%s': cannot lock '%s': %s", s->dir, path,
                       strerror(errno));
    az_fail(err, AZ_EBUSY, "job '%s' is in use by another assize", s->dir);
    az_hint(err, "Wait for it, or use another directory with --job DIR.");
    return AZ_EBUSY;
}

/* ---- opening ---- */

void az_store_share_memory(size_t bytes)
{
    sqlite3_soft_heap_limit64((int64_t)bytes);
}

static struct az_store *store_new(const char *dir, enum az_store_mode mode)
{
    struct az_store *s = az_zalloc(sizeof(*s));
    if (!s)
        return NULL;
    s->mode = mode;
    s->lock_fd = s->fd = -1;
    pthread_mutex_init(&s->turn, NULL);
    s->dir = az_strdup(dir);
    s->path = join(dir, "state.db");
    if (!s->dir || !s->path) {
        az_store_free(s);
        return NULL;
    }
    return s;
}

static int open_db(struct az_store *s, struct az_error *err)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    int r =
        sqlite3_open_v2(s->path, &s->db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
    if (!s->db)
        return az_oom(err);
    sqlite3_busy_timeout(s->db, 5000);
    if (r != SQLITE_OK)
        return az_sql_fail(s->db, s->dir, err);
    return 0;
}

static int set_pragmas(struct az_store *s, struct az_error *err)
{
    const char *local = "PRAGMA locking_mode = NORMAL; PRAGMA journal_mode = WAL;"
                        "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0;"
                        "PRAGMA cache_size = -32000; PRAGMA temp_store = MEMORY;";
    const char *network = "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = TRUNCATE;"
                          "PRAGMA synchronous = FULL;"
                          "PRAGMA cache_size = -32000; PRAGMA temp_store = MEMORY;";
    return az_sql_exec(s->db, s->dir, s->network ? network : local, err);
}

static int start(struct az_store *s, struct az_error *err)
{
    int r = az_queue_new(QUEUE_BATCHES, 0, &s->queue, err);
    if (r < 0)
        return r;
    s->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (s->fd < 0)
        return az_fail(err, AZ_ELIMIT, "cannot make an event descriptor: %s", strerror(errno));
    return az_thread_start("store", az_store_write, s, &s->thread, err);
}

static int open_run(struct az_store *s, const struct az_panel *panel, struct az_error *err)
{
    int r = lock_dir(s, err);
    if (r == 0)
        r = open_db(s, err);
    if (r == 0)
        r = set_pragmas(s, err);
    if (r == 0)
        r = az_store_migrate(s->db, s->dir, az_store_schema, az_store_version, err);
    if (r == 0)
        r = az_store_bind(s, s->db, panel, err);
    if (r == 0)
        r = start(s, err);
    if (r == 0)
        sync_dir(s->dir);
    return r;
}

static int open_read(struct az_store *s, const struct az_panel *panel, struct az_error *err)
{
    if (access(s->path, F_OK) < 0)
        return az_fail(err, AZ_ENOENT, "no job in '%s'", s->dir);
    sqlite3 *db = NULL;
    int r = az_store_connect(s, &db, err);
    if (r == 0)
        r = az_store_check_version(db, s->dir, az_store_version, err);
    if (r == 0)
        r = az_store_bind(s, db, panel, err);
    sqlite3_close(db);
    return r;
}

int az_store_open_on(const char *dir, enum az_store_mode mode, const struct az_panel *panel,
                     enum az_store_disk disk, struct az_store **ret, struct az_error *err)
{
    az_assert(panel || mode == AZ_STORE_READ);
    AZ_AUTO(store) s = store_new(dir, mode);
    if (!s)
        return az_oom(err);
    int r = mode == AZ_STORE_RUN ? make_dir(dir, err) : 0;
    if (r < 0)
        return r;
    s->network = disk == AZ_DISK_NETWORK || (disk == AZ_DISK_ASK && az_disk_is_network(dir));
    r = mode == AZ_STORE_RUN ? open_run(s, panel, err) : open_read(s, panel, err);
    if (r < 0)
        return r;
    *ret = AZ_TAKE(s);
    return 0;
}

int az_store_open(const char *dir, enum az_store_mode mode, const struct az_panel *panel,
                  struct az_store **ret, struct az_error *err)
{
    return az_store_open_on(dir, mode, panel, AZ_DISK_ASK, ret, err);
}

/* ---- closing ---- */

void az_batch_free(struct az_batch *b)
{
    if (b)
        az_buf_release(&b->records);
    free(b);
}

int az_store_close(struct az_store *s, struct az_error *err)
{
    if (!s)
        return 0;
    int r = 0;
    if (s->thread) {
        az_store_submit(s);
        az_queue_close(s->queue);
        r = az_thread_stop(s->thread, err);
    }
    az_queue_free(s->queue);
    az_batch_free(s->open);
    az_batch_free(atomic_load(&s->spare));
    sqlite3_close(s->db);
    if (s->lock_fd >= 0)
        close(s->lock_fd);
    if (s->fd >= 0)
        close(s->fd);
    pthread_mutex_destroy(&s->turn);
    free(s->used);
    free(s->dir);
    free(s->path);
    free(s);
    return r;
}

void az_store_free(struct az_store *s)
{
    az_store_close(s, NULL);
}

const char *az_store_note(const struct az_store *s)
{
    return s->network && s->mode == AZ_STORE_RUN
               ? "The job directory is on a network file system: its store is locked for this run "
                 "alone and keeps a rollback journal, which is slower."
               : NULL;
}

const unsigned char *az_store_secret(const struct az_store *s)
{
    return s->secret;
}

/* ---- writing ---- */

/* A record begins: its place is kept for end() to fill. NULL: *code says why. */
static struct az_buf *begin(struct az_store *s, size_t *mark, int *code, struct az_error *err)
{
    az_assert(s->mode == AZ_STORE_RUN);
    if ((*code = az_store_failed(s, err)) < 0)
        return NULL;
    if (!s->open)
        s->open = atomic_exchange(&s->spare, NULL);
    if (!s->open && (s->open = az_zalloc(sizeof(*s->open))))
        s->open->records = az_buf(AZ_STORE_BODY_MAX);
    if (!s->open) {
        *code = az_oom(err);
        return NULL;
    }
    struct az_buf *b = &s->open->records;
    *mark = b->n;
    if (az_buf_room(b, sizeof(struct az_record)))
        b->n += sizeof(struct az_record);
    return b;
}

/* It is whole, or it is taken back. */
static int end(struct az_store *s, size_t mark, struct az_record *rec, int r, struct az_error *err)
{
    static const char zeros[8];
    struct az_buf *b = &s->open->records;
    if (r == 0) {
        rec->n = b->n - mark - sizeof(*rec);
        az_buf_put(b, zeros, -b->n & 7);
        r = az_buf_check(b, err);
    }
    if (r < 0) {
        b->failed = 0;
        b->n = mark;
        return r;
    }
    memcpy(b->p + mark, rec, sizeof(*rec));
    s->open->rows++;
    return 0;
}

int az_store_put_item(struct az_store *s, const struct az_item *item, struct az_error *err)
{
    az_assert(item->seq >= 0);
    if (s->null)
        return az_null_put(s);
    size_t mark;
    int r;
    struct az_buf *b = begin(s, &mark, &r, err);
    if (!b)
        return r;
    struct az_record rec = {
        .kind = AZ_REC_ITEM,
        .state = (int32_t)item->id.n,
        .key.item = item->seq,
        .line = item->line,
        .content = item->content,
    };
    az_buf_str(b, item->id);
    az_buf_char(b, AZ_BODY_PLAIN);
    az_item_pack(b, item);
    return end(s, mark, &rec, 0, err);
}

int az_store_put_ballot(struct az_store *s, const struct az_ballot *ballot, struct az_error *err)
{
    if (s->null)
        return az_null_put(s);
    if (ballot->key.judge < 0 || ballot->key.judge >= AZ_JUDGES_MAX ||
        s->judges.to_db[ballot->key.judge] < 0)
        return az_fail(err, AZ_EINVAL, "judge out of range");
    size_t mark;
    int r;
    struct az_buf *b = begin(s, &mark, &r, err);
    if (!b)
        return r;
    struct az_ballot kept = *ballot;
    kept.key.judge = s->judges.to_db[ballot->key.judge];
    struct az_record rec = {
        .kind = AZ_REC_BALLOT,
        .state = (int32_t)kept.error,
        .key = kept.key,
    };
    az_buf_char(b, AZ_BODY_PLAIN);
    r = az_wire_ballot_pack(b, &kept, err);
    return end(s, mark, &rec, r, err);
}

/* The keys of the ballots that were used, with the store's judges. */
static int used_keys(struct az_store *s, struct az_ballots ballots, struct az_keys *ret,
                     struct az_error *err)
{
    if (az_grow(&s->used, &s->used_cap, ballots.n, sizeof(*s->used)) < 0)
        return az_oom(err);
    size_t n = 0;
    for (size_t i = 0; i < ballots.n; i++) {
        struct az_key key = ballots.v[i].key;
        if (!ballots.v[i].used)
            continue;
        if (key.judge < 0 || key.judge >= AZ_JUDGES_MAX)
            return az_fail(err, AZ_EINVAL, "judge out of range");
        key.judge = s->judges.to_db[key.judge];
        s->used[n++] = key;
    }
    *ret = (struct az_keys){n, s->used};
    return 0;
}

int az_store_put_verdict(struct az_store *s, int64_t seq, const struct az_verdict *verdict,
                         struct az_ballots ballots, struct az_error *err)
{
    if (s->null)
        return az_null_put(s);
    size_t mark;
    int r;
    struct az_keys used = {0};
    struct az_buf *b = begin(s, &mark, &r, err);
    if (!b)
        return r;
    struct az_record rec = {
        .kind = AZ_REC_VERDICT,
        .state = (int32_t)verdict->status,
        .key.item = seq,
    };
    struct az_verdict kept = *verdict;
    az_store_map_bits(s->judges.to_db, verdict->dissent, kept.dissent);
    az_buf_char(b, AZ_BODY_PLAIN);
    r = used_keys(s, ballots, &used, err);
    if (r == 0)
        r = az_wire_verdict_pack(b, &kept, used, err);
    return end(s, mark, &rec, r, err);
}

int az_store_put_ledger(struct az_store *s, az_nusd settled, az_nusd ceiling, struct az_error *err)
{
    s->settled = settled;
    s->ceiling = ceiling;
    if (s->null)
        return az_null_put(s);
    size_t mark;
    int r;
    struct az_record rec = {.kind = AZ_REC_LEDGER, .settled = settled, .ceiling = ceiling};
    return begin(s, &mark, &r, err) ? end(s, mark, &rec, 0, err) : r;
}

int az_store_reopen_item(struct az_store *s, int64_t seq, struct az_error *err)
{
    if (s->null)
        return az_null_put(s);
    size_t mark;
    int r;
    struct az_record rec = {.kind = AZ_REC_REOPEN, .key.item = seq};
    return begin(s, &mark, &r, err) ? end(s, mark, &rec, 0, err) : r;
}

int az_store_put_progress(struct az_store *s, const struct az_store_progress *progress,
                          struct az_error *err)
{
    if (s->null)
        return az_null_put(s);
    size_t mark;
    int r;
    struct az_record rec = {.kind = AZ_REC_PROGRESS};
    struct az_buf *b = begin(s, &mark, &r, err);
    if (!b)
        return r;
    az_buf_put(b, progress, sizeof(*progress));
    return end(s, mark, &rec, 0, err);
}

uint64_t az_store_submit(struct az_store *s)
{
    if (s->null)
        return az_null_submit(s);
    struct az_batch *b = s->open;
    if (!b || !b->rows)
        return 0;
    s->open = NULL;
    b->ticket = ++s->ticket;
    atomic_fetch_add(&s->backlog, b->records.n);
    int r = az_queue_push_wait(s->queue, b, b->records.n);
    az_assert(r == 0); /* it closes with the store */
    return s->ticket;
}

size_t az_store_pending(const struct az_store *s)
{
    return s->open ? s->open->rows : 0;
}

uint64_t az_store_committed(const struct az_store *s)
{
    return atomic_load(&s->committed);
}

int az_store_fd(const struct az_store *s)
{
    return s->fd;
}

void az_store_signal(struct az_store *s)
{
    uint64_t one = 1;
    ssize_t n = write(s->fd, &one, sizeof(one));
    az_assert(n == sizeof(one) || errno == EAGAIN); /* full: it is readable */
}

void az_store_ack(struct az_store *s)
{
    uint64_t count;
    ssize_t n = read(s->fd, &count, sizeof(count));
    az_assert(n == sizeof(count) || errno == EAGAIN);
}

int az_store_failed(const struct az_store *s, struct az_error *err)
{
    if (!atomic_load(&s->failed))
        return 0;
    if (err)
        *err = s->why;
    return s->why.code;
}

size_t az_store_backlog(const struct az_store *s)
{
    return atomic_load(&s->backlog);
}
