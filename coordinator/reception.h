/* coordinator/reception.h: a submitted file on its way into its job's store: which
 * chunk is the next, what its lines count as, and when it may be acknowledged. Pure;
 * one thread at a time.
 *
 * What a chunk brought and that it came is one write, so a submission that was broken
 * off goes on exactly where it stopped. For each chunk: az_reception_chunk(), then for
 * each line that is not blank one of _bad(), _double() and _item(), then _end(), whose
 * progress is put with the items; and it has come once _committed() says so. A write
 * that failed leaves a reception that is good for nothing: begin another from what the
 * store has. */
#pragma once
#include "coordinator/store.h"
#include "core/arena.h"
#include "core/base.h"
#include "core/error.h"
#include "core/str.h"

struct az_chunk_line {
    struct az_str text, gold; /* gold: JSON in place of the line's own, or {NULL} */
    int64_t number;           /* in its file, from 1 */
};
struct az_chunk {
    struct az_arena *arena; /* owns it */
    int64_t index;          /* from 0 */
    int64_t after;          /* number of the line before its first; 0: not said */
    size_t n, bytes;
    struct az_chunk_line *lines;
    bool last;
};
void az_chunk_free(struct az_chunk *c);

enum { AZ_BAD_TOLD = 100 };

/* What is wrong with single lines: the first of a chunk. */
struct az_bad_lines {
    size_t n;
    struct az_bad_line {
        int64_t line;
        char what[200];
    } v[AZ_BAD_TOLD];
};

struct az_reception {
    struct az_received {
        struct az_store_progress progress;
        int64_t items, next_seq;
    } durable, coming;
    uint64_t ticket; /* of what is coming */
};

struct az_reception az_reception(const struct az_store_totals *totals);

/* AZ_CHUNK_BEFORE: it came before, and nothing is to be done. AZ_EINVAL: chunks before
 * it or lines before it are missing, the last one was there already, or its lines are not
 * in order. */
enum { AZ_CHUNK_NEXT, AZ_CHUNK_BEFORE };
int az_reception_chunk(struct az_reception *r, const struct az_chunk *chunk, struct az_error *err);

/* The line is no item; it is told, if there is room. */
void az_reception_bad(struct az_reception *r, int64_t line, const char *what,
                      struct az_bad_lines *bad);
/* The line is an item that there is: the same (true), or one of another content. */
void az_reception_double(struct az_reception *r, int64_t line, struct az_str id, bool same,
                         struct az_bad_lines *bad);
/* The line is a new item: returns its number. */
int64_t az_reception_item(struct az_reception *r);

/* All lines were seen. Borrowed until the next chunk. */
const struct az_store_progress *az_reception_end(struct az_reception *r,
                                                 const struct az_chunk *chunk);
void az_reception_submitted(struct az_reception *r, uint64_t ticket);
/* Is it there, with this ticket as the store's highest durable one? */
bool az_reception_committed(struct az_reception *r, uint64_t committed);
