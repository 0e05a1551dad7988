/* coordinator/io_store_reader.h: what the files that read a job's store share.
 *
 * io_store_read.c   readers, rows; one item by id, totals
 * io_store_cases.c  items in order with all that is known of them
 * io_store_order.c  items in another order: as they were decided, open ones */
#pragma once
#include "coordinator/io_store.h"
#include "core/wire_model.h"

enum az_reader_statement {
    AZ_Q_FIND,
    AZ_Q_BALLOTS,
    AZ_Q_ITEM,
    AZ_Q_VERDICT,
    AZ_Q_DECIDED,
    AZ_Q_SETTLED,
    AZ_Q_RETRIED,
    AZ_Q_EACH_ITEM,
    AZ_Q_EACH_VERDICT,
    AZ_Q_EACH_BALLOT,
    AZ_Q_TOTALS,
    AZ_Q_BEGIN,
    AZ_Q_COMMIT,
    AZ_READER_STATEMENTS
};

enum {
    AZ_READ_CASES = 64,      /* in memory at once */
    AZ_READ_BYTES = 4 << 20, /* of their packed bodies; one case may be larger */
};

struct az_store_reader {
    struct az_store *s;
    sqlite3 *db;
    sqlite3_stmt *q[AZ_READER_STATEMENTS];
    struct az_squeeze squeeze;
    struct az_ballot *found; /* scratch: the ballots of one item */
    size_t found_cap;
    bool held; /* the snapshot is not that of one call */
};

/* From here to az_reader_quiet() the reader sees one state of the job. */
int az_reader_snapshot(struct az_store_reader *r, struct az_error *err);
void az_reader_quiet(struct az_store_reader *r);

/* 1: a row, 0: no more, negative: an error. */
int az_reader_step(struct az_store_reader *r, enum az_reader_statement q, struct az_error *err);

/* The row of an item (seq, line, content, body) on which `q` stands, its arena
 * is what goes with it; of a verdict (item, body), with the sorted keys of what
 * it used; of a ballot, its judge as the store numbers it. */
int az_reader_item(struct az_store_reader *r, sqlite3_stmt *q, const struct az_panel *panel,
                   struct az_item **ret, struct az_error *err);
int az_reader_verdict(struct az_store_reader *r, sqlite3_stmt *q, struct az_item *item,
                      struct az_verdict *ret, struct az_keys *used, struct az_error *err);
int az_reader_ballot(struct az_store_reader *r, sqlite3_stmt *q, struct az_arena *a,
                     struct az_ballot *ret, struct az_error *err);

/* One more into the scratch list; then the first `n` of it into `a`, with the
 * panel's judges: those that it does not seat are left out. */
int az_reader_keep(struct az_store_reader *r, size_t n, const struct az_ballot *b,
                   struct az_error *err);
int az_reader_seat(struct az_store_reader *r, size_t n, struct az_arena *a, struct az_ballots *ret,
                   struct az_error *err);
/* All ballots of one item; those among `used` are marked. */
int az_reader_ballots(struct az_store_reader *r, int64_t seq, struct az_keys used,
                      struct az_arena *a, struct az_ballots *ret, struct az_error *err);
bool az_reader_used(struct az_keys used, const struct az_key *key);
