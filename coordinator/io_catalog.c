#include "coordinator/io_catalog.h"

#include <errno.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "coordinator/io_catalog_schema.h"
#include "core/io_queue.h"
#include "core/io_thread.h"
#include "core/mem.h"

enum {
    QUEUE_CHANGES = 65536,
    RETRY_MS = 1000,
    GROUP_MAX = 4096, /* changes in one commit */
};

/* One record that is new, or that goes (then only its id is set). */
struct change {
    struct change *next;
    uint64_t ticket;
    bool drop;
    struct az_job_record job;
};

struct az_catalog {
    char *dir;
    sqlite3 *db; /* the thread's, once that runs */
    sqlite3_stmt *put, *drop, *next;
    int64_t next_id;
    uint64_t ticket;

    struct az_thread *thread;
    struct az_queue *queue; /* of changes */
    int fd;
    atomic_uint_fast64_t committed;
    pthread_mutex_t lock; /* of `why` */
    struct az_error why;  /* code < 0: the last try failed */
};

/* ---- what the loop calls ---- */

static void change_free(struct change *c)
{
    az_job_record_release(&c->job);
    free(c);
}

/* Gives the change away. The queue is so long that it never waits in earnest. */
static int push(struct az_catalog *c, struct change *change, uint64_t *ticket)
{
    change->ticket = *ticket = ++c->ticket;
    int r = az_queue_push_wait(c->queue, change, 0);
    az_assert(r == 0); /* it closes with the catalog */
    return 0;
}

int az_catalog_put(struct az_catalog *c, const struct az_job_record *job, uint64_t *ticket,
                   struct az_error *err)
{
    const char *broken = az_job_broken(job);
    az_assert(!broken);
    struct change *change = az_zalloc(sizeof(*change));
    if (!change)
        return az_oom(err);
    int r = az_job_record_copy(job, &change->job, err);
    if (r < 0) {
        free(change);
        return r;
    }
    return push(c, change, ticket);
}

int az_catalog_drop(struct az_catalog *c, int64_t id, uint64_t *ticket, struct az_error *err)
{
    struct change *change = az_zalloc(sizeof(*change));
    if (!change)
        return az_oom(err);
    change->drop = true;
    change->job.id = id;
    return push(c, change, ticket);
}

int64_t az_catalog_next_id(struct az_catalog *c)
{
    return c->next_id++;
}

bool az_catalog_is_new(const struct az_catalog *c, int64_t id)
{
    return id >= c->next_id;
}

void az_catalog_skip(struct az_catalog *c, int64_t id)
{
    c->next_id = AZ_MAX(c->next_id, id + 1);
}

uint64_t az_catalog_committed(const struct az_catalog *c)
{
    return atomic_load(&c->committed);
}

int az_catalog_fd(const struct az_catalog *c)
{
    return c->fd;
}

void az_catalog_ack(struct az_catalog *c)
{
    eventfd_t n;
    (void)eventfd_read(c->fd, &n);
}

int az_catalog_failing(struct az_catalog *c, struct az_error *err)
{
    pthread_mutex_lock(&c->lock);
    int code = c->why.code;
    if (code < 0 && err)
        *err = c->why;
    pthread_mutex_unlock(&c->lock);
    return code;
}

/* ---- the thread ---- */

static int finish_statement(sqlite3_stmt *q)
{
    int r = sqlite3_step(q);
    sqlite3_reset(q);
    sqlite3_clear_bindings(q);
    return r == SQLITE_DONE ? 0 : -1;
}

static void bind_text(sqlite3_stmt *q, int at, const char *text)
{
    sqlite3_bind_text(q, at, text, -1, SQLITE_STATIC); /* NULL binds null */
}

static int put_record(struct az_catalog *c, const struct az_job_record *job)
{
    const struct az_job_figures *f = &job->figures;
    const char *const texts[] = {job->owner, job->key, job->name, job->why, job->sets};
    const int64_t numbers[] = {
        (int64_t)job->state, (int64_t)job->cause, job->priority, job->created_s,
        job->ended_s,        job->deadline_s,     job->sealed,   f->items,
        f->bad_lines,        f->decided,          f->abstained,  f->failed,
        f->ballots,          f->ballot_errors,    f->spent,      f->limit,
        job->retry};
    sqlite3_bind_int64(c->put, 1, job->id);
    for (size_t i = 0; i < AZ_LEN(texts); i++)
        bind_text(c->put, 2 + (int)i, texts[i]);
    for (size_t i = 0; i < AZ_LEN(numbers); i++)
        sqlite3_bind_int64(c->put, 2 + (int)(AZ_LEN(texts) + i), numbers[i]);
    if (finish_statement(c->put) < 0)
        return -1;
    sqlite3_bind_int64(c->next, 1, job->id + 1);
    return finish_statement(c->next);
}

static int apply(struct az_catalog *c, const struct change *change)
{
    if (!change->drop)
        return put_record(c, &change->job);
    sqlite3_bind_int64(c->drop, 1, change->job.id);
    return finish_statement(c->drop);
}

/* All or none. */
static int commit(struct az_catalog *c, const struct change *first, struct az_error *err)
{
    int r = sqlite3_exec(c->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK ? 0 : -1;
    for (; r == 0 && first; first = first->next)
        r = apply(c, first);
    if (r == 0 && sqlite3_exec(c->db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK)
        return 0;
    az_catalog_sql_fail(c->db, c->dir, err);
    sqlite3_exec(c->db, "ROLLBACK", NULL, NULL, NULL);
    return AZ_EOUTPUT;
}

static void set_failing(struct az_catalog *c, const struct az_error *why)
{
    pthread_mutex_lock(&c->lock);
    c->why = *why;
    pthread_mutex_unlock(&c->lock);
}

static void signal_loop(struct az_catalog *c)
{
    eventfd_write(c->fd, 1); /* full: it is readable */
}

/* Changes that are popped and not durable yet, in order. */
struct group {
    struct change *first, **end;
    size_t n;
};

static void group_add(struct group *g, struct change *change)
{
    *g->end = change;
    g->end = &change->next;
    g->n++;
}

static void group_release(struct group *g)
{
    for (struct change *c = g->first, *next; c; c = next) {
        next = c->next;
        change_free(c);
    }
    *g = (struct group){.end = &g->first};
}

static int try_commit(struct az_catalog *c, struct group *g, struct az_error *err)
{
    struct az_error why = {0};
    int r = commit(c, g->first, &why);
    set_failing(c, &why);
    if (r == 0) {
        struct change *last = g->first;
        while (last->next)
            last = last->next;
        atomic_store(&c->committed, last->ticket);
        group_release(g);
    } else if (err) {
        *err = why;
    }
    signal_loop(c);
    return r;
}

/* What has come while the last commit was under way goes into the next. */
static int serve(struct az_catalog *c, struct az_error *err)
{
    struct group g = {.end = &g.first};
    bool failed = false;
    for (;;) {
        void *popped = NULL;
        int r = az_queue_pop_wait(c->queue, failed ? RETRY_MS : -1, &popped);
        if (r == 0)
            group_add(&g, popped);
        while (g.n < GROUP_MAX && (popped = az_queue_pop(c->queue)))
            group_add(&g, popped);
        int code = g.n ? try_commit(c, &g, err) : 0;
        failed = code < 0;
        if (r == AZ_ENOENT) {
            group_release(&g);
            return code;
        }
    }
}

static int catalog_main(struct az_thread *t, void *arg, struct az_error *err)
{
    az_thread_ready(t);
    return serve(arg, err);
}

/* ---- opening and closing ---- */

static int start(struct az_catalog *c, struct az_error *err)
{
    int r = az_queue_new(QUEUE_CHANGES, 0, &c->queue, err);
    if (r < 0)
        return r;
    c->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (c->fd < 0)
        return az_fail(err, AZ_ELIMIT, "cannot make an event descriptor: %s", strerror(errno));
    return az_thread_start("catalog", catalog_main, c, &c->thread, err);
}

static int prepare(struct az_catalog *c, struct az_error *err)
{
    const struct {
        sqlite3_stmt **q;
        const char *sql;
    } all[] = {{&c->put, az_catalog_put_sql},
               {&c->drop, "DELETE FROM jobs WHERE id = ?"},
               {&c->next, "UPDATE next SET id = max(id, ?)"}};
    for (size_t i = 0; i < AZ_LEN(all); i++) {
        if (sqlite3_prepare_v2(c->db, all[i].sql, -1, all[i].q, NULL) != SQLITE_OK)
            return az_catalog_sql_fail(c->db, c->dir, err);
    }
    return 0;
}

int az_catalog_open(const char *dir, struct az_catalog **ret, struct az_error *err)
{
    AZ_AUTO(catalog) c = az_zalloc(sizeof(*c));
    if (!c)
        return az_oom(err);
    c->fd = -1;
    pthread_mutex_init(&c->lock, NULL);
    c->dir = az_strdup(dir);
    if (!c->dir)
        return az_oom(err);
    int r = az_catalog_connect(dir, &c->db, err);
    if (r == 0)
        r = az_catalog_read_next(c->db, dir, &c->next_id, err);
    if (r == 0)
        r = prepare(c, err);
    if (r == 0)
        r = start(c, err);
    if (r < 0)
        return r;
    *ret = AZ_TAKE(c);
    return 0;
}

int az_catalog_each(struct az_catalog *c, az_catalog_each_fn *each, void *arg, struct az_error *err)
{
    az_assert(!c->ticket); /* the thread has had no use for the database yet */
    return az_catalog_read(c->db, c->dir, each, arg, err);
}

int az_catalog_close(struct az_catalog *c, struct az_error *err)
{
    if (!c)
        return 0;
    if (c->queue)
        az_queue_close(c->queue);
    int r = az_thread_stop(c->thread, err);
    az_queue_free(c->queue);
    sqlite3_finalize(c->put);
    sqlite3_finalize(c->drop);
    sqlite3_finalize(c->next);
    sqlite3_close(c->db);
    if (c->fd >= 0)
        close(c->fd);
    pthread_mutex_destroy(&c->lock);
    free(c->dir);
    free(c);
    return r;
}

void az_catalog_free(struct az_catalog *c)
{
    az_catalog_close(c, NULL);
}
