/* coordinator/io_store.h: what the store's files share. Nobody else includes
 * it but tests of the store.
 *
 * io_store.c         open, close, what the loop calls
 * io_store_write.c   the store's thread: group commit, checkpoints
 * io_store_rows.c    records to rows (io_store_writer.h is what the two share)
 * io_store_read.c    readers (io_store_reader.h says which file reads what)
 * io_store_reopen.c  all items that failed, open again
 * io_store_connect.c a connection for them
 * io_store_bind.c    judges by name, identities
 * io_store_schema.c  versions, migrations, SQLite's errors in our words
 * io_store_null.c    a store that keeps nothing */
#pragma once
#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>

#include "coordinator/store.h"
#include "core/buf.h"
#include "core/io_queue.h"
#include "core/io_squeeze.h"
#include "core/io_thread.h"

enum {
    AZ_STORE_COMMIT_MS = 5,        /* a commit waits no longer than this after the first row */
    AZ_STORE_BODY_MAX = 256 << 20, /* bytes of a packed item, or of one batch */
    AZ_STORE_SQUEEZE_ITEM = 128,   /* bytes from which compression is tried */
    AZ_STORE_SQUEEZE_BALLOT = 1024,
    AZ_STORE_WAL_PAGES = 4096, /* 16 MiB of WAL, and a checkpoint is due */
};

/* How the file system locks: asked of statfs, or told by a test. */
enum az_store_disk { AZ_DISK_ASK, AZ_DISK_LOCAL, AZ_DISK_NETWORK };

int az_store_open_on(const char *dir, enum az_store_mode mode, const struct az_panel *panel,
                     enum az_store_disk disk, struct az_store **ret, struct az_error *err);

/* Judges are numbered in the order in which the job met them; a panel numbers
 * its seats. -1 = not there. */
struct az_store_judges {
    int16_t to_db[AZ_JUDGES_MAX], to_panel[AZ_JUDGES_MAX];
};

/* One change, followed in the batch by `n` bytes of body, padded to eight. */
struct az_record {
    enum {
        AZ_REC_ITEM,
        AZ_REC_BALLOT,
        AZ_REC_VERDICT,
        AZ_REC_LEDGER,
        AZ_REC_REOPEN,
        AZ_REC_PROGRESS
    } kind;
    int32_t state;     /* ballot: error; verdict: status; item: bytes of its id */
    struct az_key key; /* judges as the store numbers them; else key.item alone */
    union {
        int64_t line; /* item */
        struct {
            az_nusd settled, ceiling; /* ledger */
        };
    };
    struct az_hash content; /* item */
    size_t n;
};

/* What is submitted at once. */
struct az_batch {
    uint64_t ticket;
    size_t rows;
    struct az_buf records;
};
void az_batch_free(struct az_batch *b);
AZ_FREEP(batch)

struct az_store {
    char *dir, *path; /* of the job, of its state.db */
    enum az_store_mode mode;
    bool null;    /* keeps nothing */
    bool network; /* one connection for all, exclusive; see `turn` */
    int lock_fd;
    unsigned char secret[AZ_SECRET_BYTES];
    struct az_store_judges judges;
    sqlite3 *db; /* the thread's, once that runs */

    /* Of the loop. */
    uint64_t ticket;
    struct az_batch *open; /* what was put since the last submit, or NULL */
    struct az_key *used;   /* scratch */
    size_t used_cap;
    az_nusd settled, ceiling; /* of the null store */
    bool dirty;               /* of the null store: something was put */

    /* Between the loop and the thread. */
    struct az_thread *thread;
    struct az_queue *queue;           /* of batches */
    _Atomic(struct az_batch *) spare; /* an empty one with its memory, or NULL */
    int fd;
    atomic_uint_fast64_t committed;
    atomic_size_t backlog;
    atomic_bool failed; /* set after `why`; `why` never changes then */
    struct az_error why;
    /* Network: held by the thread from BEGIN to COMMIT and by a reader while it
     * reads on the thread's connection, so that it sees committed rows only. */
    pthread_mutex_t turn;
};

void az_store_signal(struct az_store *s); /* make the descriptor readable */

/* io_store_null.c */
int az_null_put(struct az_store *s);
uint64_t az_null_submit(struct az_store *s);

/* io_store_write.c: the thread; `arg` is the store. */
az_thread_fn az_store_write;

/* io_store_connect.c: a connection that only reads; the caller closes it. */
int az_store_connect(const struct az_store *s, sqlite3 **ret, struct az_error *err);

/* io_store_bind.c. Fills s->judges and s->secret; RUN adds what is new. */
int az_store_bind(struct az_store *s, sqlite3 *db, const struct az_panel *panel,
                  struct az_error *err);

/* A set of judges, renumbered by `to`; those that are not there are left out. */
void az_store_map_bits(const int16_t to[AZ_JUDGES_MAX], const uint64_t from[AZ_JUDGES_MAX / 64],
                       uint64_t ret[AZ_JUDGES_MAX / 64]);

/* io_store_schema.c */
extern const char *const az_store_schema[]; /* step i leads from version i to i + 1 */
extern const int az_store_version;
/* Bring the database up to version n by steps[version] … steps[n-1], all in one
 * transaction. `dir` is for messages. */
int az_store_migrate(sqlite3 *db, const char *dir, const char *const *steps, int n,
                     struct az_error *err);
/* May this database be read as it is? */
int az_store_check_version(sqlite3 *db, const char *dir, int n, struct az_error *err);

/* SQLite's last error in our words: AZ_ENOMEM, AZ_EBUSY, AZ_EIO (reading,
 * damage), AZ_EOUTPUT (full disk, failed write). */
int az_sql_fail(sqlite3 *db, const char *dir, struct az_error *err);
int az_sql_exec(sqlite3 *db, const char *dir, const char *sql, struct az_error *err);
int az_sql_prepare(sqlite3 *db, const char *dir, const char *sql, sqlite3_stmt **ret,
                   struct az_error *err);
/* The first column of the first row; 0 when there is none. */
int az_sql_int(sqlite3 *db, const char *dir, const char *sql, int64_t *ret, struct az_error *err);
struct az_str az_sql_blob(sqlite3_stmt *q, int column); /* until the next step */
