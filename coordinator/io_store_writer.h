/* coordinator/io_store_writer.h: what the files of the store's thread share.
 *
 * io_store_write.c  the thread: transactions, group commit, checkpoints
 * io_store_rows.c   records to rows */
#pragma once
#include "coordinator/io_store.h"

/* One row's insert is mostly what surrounds it: the statement begins, opens its
 * table, ends. So ballots, verdicts and their places in the order of decisions are
 * inserted so many at a time, as long as they wait in one batch. */
enum { AZ_ROWS_AT_ONCE = 16 };

enum az_writer_statement {
    AZ_W_ADD_ITEM,
    AZ_W_RENEW_ITEM,
    AZ_W_ADD_BALLOT,
    AZ_W_ADD_BALLOTS,
    AZ_W_ANSWER_FOR_ERROR,
    AZ_W_ADD_VERDICT,
    AZ_W_ADD_VERDICTS,
    AZ_W_PLACE_OF,
    AZ_W_ADD_DECIDED,
    AZ_W_ADD_ALL_DECIDED,
    AZ_W_SET_LEDGER,
    AZ_W_SET_PROGRESS,
    AZ_W_DROP_VERDICT,
    AZ_W_DROP_DECIDED,
    AZ_W_DROP_ERRORS,
    AZ_W_SET_TOTALS,
    AZ_W_BEGIN,
    AZ_W_COMMIT,
    AZ_WRITER_STATEMENTS
};

/* Rows of one table that wait for the others; bodies are borrowed from the batch. */
struct az_rows {
    size_t n;
    struct az_row {
        struct az_key key;
        int32_t state;
        struct az_str body;
    } v[AZ_ROWS_AT_ONCE];
};

struct az_writer {
    struct az_store *s;
    sqlite3 *db;
    sqlite3_stmt *q[AZ_WRITER_STATEMENTS];
    struct az_squeeze squeeze;
    struct az_store_totals totals;
    struct az_rows ballots /* answers */, verdicts;
    struct az_key bound[AZ_ROWS_AT_ONCE]; /* in AZ_W_ADD_BALLOTS: mostly the same again */
    /* The transaction under way. */
    bool begun;
    az_ms due;
    size_t rows, bytes;
    uint64_t ticket;
    /* The WAL after the last commit, and the size that calls for a checkpoint. */
    int wal_pages, checkpoint_at;
};

/* The statements; az_writer_release() finalizes what there is. */
int az_writer_prepare(struct az_writer *w, struct az_error *err);
void az_writer_release(struct az_writer *w);

/* Run one statement that returns no row; *changes, if given, is how many rows
 * it changed. 0 or -1: SQLite's error stands. */
int az_writer_run(struct az_writer *w, enum az_writer_statement statement, int *changes);

/* A batch's records into rows, all of them. 0 or -1: SQLite's error stands. */
int az_writer_apply(struct az_writer *w, const struct az_batch *b);
int az_writer_totals(struct az_writer *w); /* the same; before a commit */
