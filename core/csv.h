/* core/csv.h: rows of comma- or tab-separated text (RFC 4180; "" inside quotes
 * is one quote, newlines inside quotes stay). Pure. */
#pragma once
#include "core/base.h"
#include "core/error.h"
#include "core/str.h"

struct az_csv;

struct az_csv_row {
    size_t n;
    const struct az_str *v; /* cells, until the next call */
    int64_t line;           /* where the row begins, from 1 */
};

/* Reads `text`, which must live as long. NULL when out of memory. */
struct az_csv *az_csv_new(struct az_str text, char separator);
void az_csv_free(struct az_csv *c);
AZ_FREEP(csv)

/* Goes on with another text, whose first line is number `line`: for a reader of
 * a stream, who has one row at a time. */
void az_csv_set(struct az_csv *c, struct az_str text, int64_t line);

/* Does a quoted cell go on behind this line (without its line end)? `open`: one
 * came in from the line before. */
bool az_csv_open(bool open, struct az_str line, char separator);

/* 1 and a row; 0 at the end. AZ_EINVAL: "line 3: a quote that is never closed". */
int az_csv_next(struct az_csv *c, struct az_csv_row *row, struct az_error *err);
