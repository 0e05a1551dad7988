/* client/cli/import/reader.h: bytes to the records of a form, whatever the chunks
 * they come in. Pure. Holds one record at a time.
 *
 * Lines, rows (quoted cells may hold line ends) or JSON: one object a line, or one
 * document whose elements are cut out as it comes. Which of the two JSON is, is
 * told by how it begins. */
#pragma once
#include "client/cli/import/import.h"
#include "core/json_split.h"

struct az_reader {
    struct az_import *im;
    bool strict; /* a bad record stops it */
    /* Told of every bad record: "line 3: what". May be NULL. */
    void (*bad)(void *arg, const char *what);
    void *arg;
    /* the rest is its own */
    enum { AZ_READ_HEAD, AZ_READ_LINES, AZ_READ_ROWS, AZ_READ_DOCUMENT } mode;
    struct az_buf carry; /* bytes that are not read yet: the head, or a line's beginning */
    struct az_buf head;  /* how it begins, for a guess at what it is */
    int64_t line;
    bool too_long; /* the line under way is passed over */
    struct az_buf row;
    int64_t row_line;
    bool open; /* the row under way ends inside quotes */
    char separator;
    struct az_csv *csv;
    struct az_json_split split;
};

void az_reader_init(struct az_reader *rd, struct az_import *im);
void az_reader_release(struct az_reader *rd);

/* The next bytes. AZ_EINVAL: this is not a file of that form, or it is broken from
 * here on; with `strict` also a bad record. */
int az_reader_feed(struct az_reader *rd, struct az_str bytes, struct az_error *err);
/* One record by itself, as an entry of an archive has it; instead of feeding. */
int az_reader_value(struct az_reader *rd, struct az_str json, struct az_error *err);
/* One that was to be, and is not: *err says why. As a bad record. */
int az_reader_bad(struct az_reader *rd, struct az_error *err);
/* No more bytes can be had, and the last record is torn: reads what is whole. */
int az_reader_cut(struct az_reader *rd, struct az_error *err);
/* All bytes are there. */
int az_reader_end(struct az_reader *rd, struct az_error *err);
