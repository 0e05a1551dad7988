/* client/cli/table.h: a small table with aligned columns for a terminal. Pure;
 * columns count as a terminal counts them (wide and combining characters). */
#pragma once
#include "core/base.h"
#include "core/buf.h"

struct az_column {
    const char *title;
    bool right;  /* aligned to the right: numbers */
    int need;    /* too narrow: the column with the least need is dropped; 0 = never */
    size_t most; /* columns it may take; 0 = any */
};

struct az_table;

/* `columns` is borrowed. NULL: out of memory. */
struct az_table *az_table_new(const struct az_column *columns, size_t n);
void az_table_free(struct az_table *t);
AZ_FREEP(table)

/* Cells from left to right, row after row; copied. Failing for memory sticks,
 * and az_table_print() passes it on to the buffer. */
void az_table_cell(struct az_table *t, struct az_str text);
void az_table_cell_z(struct az_table *t, const char *text);

size_t az_table_rows(const struct az_table *t);

/* Title row and rows, each with `indent` spaces before it and "\n" after it,
 * within `width` columns: columns are dropped by need, then the widest one is
 * cut. A last row that is not full is padded. */
void az_table_print(struct az_buf *b, const struct az_table *t, size_t indent, size_t width);
