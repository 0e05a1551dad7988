/* coordinator/store.h: the job's state on disk: SQLite behind a thread of its
 * own with group commit. Every call here is quick: it hands work over, or reads
 * on a connection of its own.
 *
 * Writing: append records to a batch, submit it, and get a ticket; when the
 * ticket is committed (durable), az_store_committed() passes it. Nothing is
 * ever acknowledged before that. Memory handed over is copied. */
#pragma once
#include "core/base.h"
#include "core/error.h"
#include "core/hash.h"
#include "core/model.h"
#include "core/panel.h"

struct az_store; /* an open job */

/* For a process of many jobs, before the first is opened: so many bytes are for the
 * page caches of all its databases together. Above that a cache takes its own oldest
 * page for a new one, and only what is not written yet may pass it. 0: no bound. */
void az_store_share_memory(size_t bytes);

enum az_store_mode {
    AZ_STORE_RUN,  /* read and write; AZ_EBUSY when another process has it */
    AZ_STORE_READ, /* read only, also beside a running job */
};

/* Open or make DIR/state.db (and DIR, in a folder that exists). `panel` binds
 * judges by name and checks identities: AZ_ECHANGED says what changed and since
 * how many ballots, with the hint what to do; AZ_STORE_READ may go without
 * (NULL), and then a ballot's judge is the store's own number. A schema from an
 * older version is migrated by AZ_STORE_RUN; from a newer one, AZ_EINVAL.
 * AZ_ENOENT: nothing there to read; AZ_EIO: damaged. */
int az_store_open(const char *dir, enum az_store_mode mode, const struct az_panel *panel,
                  struct az_store **ret, struct az_error *err);
/* Submits and commits what was put, stops the thread, closes and frees. The
 * last error, if a write failed. Readers are freed before. */
int az_store_close(struct az_store *s, struct az_error *err);
void az_store_free(struct az_store *s); /* close without asking */
AZ_FREEP(store)

/* A store that keeps nothing and commits at once: for a filter without --job. */
int az_store_open_null(struct az_store **ret, struct az_error *err);

/* A whole sentence for the user about how this job is kept (locking on a network
 * file system), or NULL. */
const char *az_store_note(const struct az_store *s);

/* The 32 bytes that fence this job's prompts; made once, kept in the store. */
const unsigned char *az_store_secret(const struct az_store *s);

/* ---- writing: by one thread (the loop) ---- */

/* item->seq is its number. The packed item is compressed and kept. Put again
 * with the same content, it renews id, line, gold and the rest; with other
 * content it changes nothing, for the ballots speak of the first. */
int az_store_put_item(struct az_store *s, const struct az_item *item, struct az_error *err);
/* First answer stays; an answer replaces an error as long as the item has no
 * verdict; an error replaces nothing (--retry-failed reopens the item first).
 * AZ_EINVAL: a field is out of range. */
int az_store_put_ballot(struct az_store *s, const struct az_ballot *ballot, struct az_error *err);
/* `ballots` tell which were used. Final: a second one changes nothing. */
int az_store_put_verdict(struct az_store *s, int64_t seq, const struct az_verdict *verdict,
                         struct az_ballots ballots, struct az_error *err);
/* What may have been spent, at the worst, by all runs so far. */
int az_store_put_ledger(struct az_store *s, az_nusd settled, az_nusd ceiling, struct az_error *err);
/* The item is open again (--retry-failed): its verdict and error ballots go. */
int az_store_reopen_item(struct az_store *s, int64_t seq, struct az_error *err);
/* All that failed or abstained; durable when this returns, which may take a while. */
int az_store_reopen_failed(struct az_store *s, struct az_error *err);

/* How much of a submitted file is in the store: durable with the items that were
 * put since the last submit, or not at all. */
struct az_store_progress {
    int64_t chunks;                    /* taken in whole */
    int64_t lines, bad_lines, doubles; /* in them */
    int64_t last_line;                 /* its number in the file; 0 = none */
    bool sealed;                       /* the last is among them */
};
int az_store_put_progress(struct az_store *s, const struct az_store_progress *progress,
                          struct az_error *err);

/* Hand over what was put since the last submit; the ticket grows by one each
 * time. Returns it; 0 when there was nothing to submit. Waits only when
 * thousands of tickets are under way. */
uint64_t az_store_submit(struct az_store *s);
/* So many rows are worth a commit: whoever puts them need not wait for its turn's end to
 * submit, and the store waits for no more. */
enum { AZ_STORE_ROWS = 1000 };
/* Rows that would be handed over. */
size_t az_store_pending(const struct az_store *s);
/* The highest ticket that is durable. Any thread. */
uint64_t az_store_committed(const struct az_store *s);
/* Wait until a ticket is durable. AZ_EOUTPUT: az_store_failed(). */
int az_store_await(struct az_store *s, uint64_t ticket, struct az_error *err);
/* Readable (poll) whenever az_store_committed() may have grown or writing has
 * failed; az_store_ack() makes it quiet again. */
int az_store_fd(const struct az_store *s);
void az_store_ack(struct az_store *s);
/* 0, or AZ_EOUTPUT with *err: a commit failed (full disk). Nothing after the
 * last committed ticket is durable. */
int az_store_failed(const struct az_store *s, struct az_error *err);
/* Bytes submitted and not yet committed (or lost: az_store_failed()): the loop stops feeding above
 * a bound. */
size_t az_store_backlog(const struct az_store *s);

/* ---- reading: a reader is used by one thread; it sees what is committed ---- */

struct az_store_reader;
int az_store_reader_open(struct az_store *s, struct az_store_reader **ret, struct az_error *err);
void az_store_reader_free(struct az_store_reader *r);
AZ_FREEP(store_reader)

/* What follows is told of one state of the job, until it is let go: looking up many ids
 * costs less, for no lock is taken and given back for each. For a little while: the WAL
 * grows meanwhile, and on a network file system nothing is committed. */
int az_store_hold(struct az_store_reader *r, struct az_error *err);
void az_store_let_go(struct az_store_reader *r);

struct az_stored {
    int64_t seq;
    struct az_hash content;
    enum az_status status; /* AZ_OPEN: no verdict yet */
};
/* By id. AZ_ENOENT: no such item. */
int az_store_find(struct az_store_reader *r, struct az_str id, struct az_stored *ret,
                  struct az_error *err);
/* All ballots of one item, copied into `arena`, `used` false; judges that the
 * panel no longer seats are left out. */
int az_store_ballots(struct az_store_reader *r, int64_t seq, struct az_arena *arena,
                     struct az_ballots *ret, struct az_error *err);

/* Every item in order with its verdict and ballots (and which were used).
 * Return non-zero from `each` to stop; that value is returned. Memory: some 64
 * items at a time. `each` may take its time: no transaction is open while it
 * runs, so the WAL stays bounded; what is committed meanwhile may be seen. */
struct az_case {
    int64_t pos; /* its place in the order of decisions; 0 where that was not asked */
    const struct az_item *item;
    struct az_verdict verdict; /* status AZ_OPEN when there is none */
    struct az_ballots ballots;
};
typedef int az_store_each_fn(void *arg, const struct az_case *c, struct az_error *err);
int az_store_each(struct az_store_reader *r, const struct az_panel *panel, az_store_each_fn *each,
                  void *arg, struct az_error *err);
/* The same from the item `seq` on. */
int az_store_each_from(struct az_store_reader *r, const struct az_panel *panel, int64_t seq,
                       az_store_each_fn *each, void *arg, struct az_error *err);
/* The same for one item. AZ_ENOENT. */
int az_store_one(struct az_store_reader *r, const struct az_panel *panel, struct az_str id,
                 az_store_each_fn *each, void *arg, struct az_error *err);

/* Items that have a verdict, as they were decided, from the place `pos` on (1 is
 * the first). Places only grow: an item that is decided again, after it was open
 * again, has a new one. As az_store_each() otherwise. */
int az_store_each_decided(struct az_store_reader *r, const struct az_panel *panel, int64_t pos,
                          az_store_each_fn *each, void *arg, struct az_error *err);

/* Items without a verdict, in order, from the item `seq` on. The item is the
 * callback's to free; its ballots live as long as it does. As az_store_each()
 * otherwise. */
typedef int az_store_open_fn(void *arg, struct az_item *item, struct az_ballots ballots,
                             struct az_error *err);
int az_store_each_open(struct az_store_reader *r, const struct az_panel *panel, int64_t seq,
                       az_store_open_fn *each, void *arg, struct az_error *err);

struct az_store_totals {
    int64_t items, decided, abstained, failed, ballots, ballot_errors;
    az_nusd settled, ceiling;
    int64_t next_seq;
    int64_t decisions; /* the last place in the order of decisions */
    struct az_store_progress progress;
};
int az_store_totals(struct az_store_reader *r, struct az_store_totals *ret, struct az_error *err);
