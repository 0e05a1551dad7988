/* client/cli/io_ballot_file.h: a SOURCE that is a file: verdicts, ballots, or a
 * ballots TSV. It is read twice: once to see who cast ballots on what, and then
 * item by item, in any order. Edge.
 *
 * Between the two, memory holds 16 bytes for each run of neighbouring lines
 * about one item (a file grouped by item: one an item; one by judge: one a
 * ballot), and the names, shared by all files. */
#pragma once
#include "client/cli/ballot_line.h"
#include "client/cli/corpus.h"
#include "client/cli/guess.h"
#include "core/base.h"
#include "core/buf.h"
#include "workers/names.h"

/* Who and what, over all files. */
struct az_roster {
    struct az_arena *arena; /* of names */
    struct az_names items, judges;
    struct az_caster *casters; /* by the judge's number, less 1 */
    size_t cap;
    int rounds; /* the last that a ballot was cast in */
};

void az_roster_release(struct az_roster *r);
/* The judge of that name, new or known; AZ_NAME_NONE: no memory. */
uint32_t az_roster_judge(struct az_roster *r, struct az_str name);

struct az_extent {
    uint64_t at;   /* bytes from the beginning */
    uint32_t n;    /* bytes */
    uint32_t next; /* extent + 1 about the same item; 0 = none */
};

struct az_ballot_file {
    const char *path; /* borrowed; for messages too */
    int fd;
    struct az_recorded_form form;
    struct az_guess guess;
    int64_t ballots, bad_lines;
    int64_t verdicts; /* lines that are verdicts */
    size_t n_extents, cap_extents;
    struct az_extent *extents;
    size_t n_items, cap_first, cap_last;
    uint32_t *first, *last; /* by item, less 1: extent + 1; 0 = none */
};

/* Opens and reads it once. Bad lines are told on stderr, the first ten, and counted.
 * AZ_ENOENT: no such file, an empty one, or without a ballot or verdict; AZ_EIO. */
int az_ballot_file_open(struct az_ballot_file *f, const char *path, struct az_roster *roster,
                        struct az_error *err);
void az_ballot_file_release(struct az_ballot_file *f);

/* Does it say something about the item? */
bool az_ballot_file_has(const struct az_ballot_file *f, uint32_t item);

/* The item's lines, one after the other; `each` may read a line's ballots. What it returns
 * below 0 stops, and is returned. */
typedef int az_ballot_file_fn(void *arg, struct az_ballot_line *line, struct az_error *err);
int az_ballot_file_item(struct az_ballot_file *f, uint32_t item, struct az_buf *scratch,
                        az_ballot_file_fn *each, void *arg, struct az_error *err);
