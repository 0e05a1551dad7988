/* The store's thread: takes batches, commits after AZ_STORE_ROWS rows or
 * AZ_STORE_COMMIT_MS, and moves the WAL into the database between commits. */
#include "coordinator/io_store_writer.h"

#include "core/io_clock.h"

/* ---- transactions ---- */

static int begin(struct az_writer *w)
{
    if (w->s->network)
        pthread_mutex_lock(&w->s->turn);
    w->begun = true;
    w->due = az_clock_ms() + AZ_STORE_COMMIT_MS;
    w->rows = w->bytes = 0;
    return az_writer_run(w, AZ_W_BEGIN, NULL);
}

static void ended(struct az_writer *w)
{
    w->begun = false;
    if (w->s->network)
        pthread_mutex_unlock(&w->s->turn);
}

/* What could not be committed is lost, and so is what comes after: the loop is
 * told and nothing of it is ever acknowledged. */
static void give_up(struct az_writer *w)
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

/* A passive checkpoint waits for nobody. With no reader in the way it moves all
 * of the WAL, and the next commit starts the file from its beginning: so it is
 * done here, between two commits; on another thread the WAL would grow past it
 * for as long as there is work. Its failure costs no durability. */
static void checkpoint(struct az_writer *w)
{
    int in_wal = 0, moved = 0;
    sqlite3_wal_checkpoint_v2(w->db, NULL, SQLITE_CHECKPOINT_PASSIVE, &in_wal, &moved);
    /* Readers in the way: again when it has grown by as much again. */
    w->checkpoint_at = AZ_STORE_WAL_PAGES + (moved < in_wal ? in_wal : 0);
}

static void commit(struct az_writer *w)
{
    struct az_store *s = w->s;
    if (az_writer_totals(w) < 0 || az_writer_run(w, AZ_W_COMMIT, NULL) < 0) {
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

static void take(struct az_writer *w, struct az_batch *b)
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
        if (az_writer_apply(w, b) < 0)
            give_up(w);
    }
    recycle(s, b);
}

/* When the next batch must have come, or what there is is committed: with enough rows
 * only what waits already goes along. The slower the disk the more that is, and the
 * fewer its syncs. */
static az_ms patience(const struct az_writer *w)
{
    if (!w->begun)
        return -1;
    return w->rows < AZ_STORE_ROWS ? AZ_MAX(w->due - az_clock_ms(), (az_ms)0) : 0;
}

static void serve(struct az_writer *w)
{
    for (;;) {
        void *batch = NULL;
        int r = az_queue_pop_wait(w->s->queue, patience(w), &batch);
        if (r == 0)
            take(w, batch);
        if (w->begun && (r < 0 || az_clock_ms() >= w->due))
            commit(w);
        if (r == AZ_ENOENT)
            return;
    }
}

/* ---- the thread ---- */

static int on_wal(void *arg, sqlite3 *db, const char *name, int pages)
{
    ((struct az_writer *)arg)->wal_pages = pages;
    return SQLITE_OK;
}

static int load_totals(struct az_writer *w, struct az_error *err)
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

static int set_up(struct az_writer *w, struct az_error *err)
{
    int r = load_totals(w, err);
    if (r == 0)
        r = az_writer_prepare(w, err);
    sqlite3_wal_hook(w->db, on_wal, w); /* and no automatic checkpoints */
    return r;
}

int az_store_write(struct az_thread *t, void *arg, struct az_error *err)
{
    struct az_store *s = arg;
    struct az_writer w = {.s = s, .db = s->db, .checkpoint_at = AZ_STORE_WAL_PAGES};
    int r = set_up(&w, err);
    if (r == 0) {
        az_thread_ready(t);
        serve(&w);
    }
    az_writer_release(&w);
    sqlite3_wal_hook(w.db, NULL, NULL);
    if (r == 0 && atomic_load(&s->failed)) {
        if (err)
            *err = s->why;
        r = s->why.code;
    }
    return r;
}
