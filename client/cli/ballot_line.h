/* client/cli/ballot_line.h: one line of a SOURCE: a verdict with its ballots, a
 * ballot as JSON, or a row of a ballots TSV. Pure. */
#pragma once
#include "core/arena.h"
#include "core/base.h"
#include "core/error.h"
#include "core/json.h"
#include "core/model.h"
#include "workers/recorded_line.h"

struct az_ballot_line {
    struct az_recorded_line row; /* a ballot by itself; a verdict's latest */
    struct az_json *doc;         /* of a verdict */
    az_jv verdict;               /* NULL: a ballot by itself */
    az_jv next;                  /* the verdict's ballot that comes next */
    struct az_str item;          /* whom it is about */
    bool any;                    /* the ballot by itself was not handed out yet */
};

/* 0, or 1: a header or an empty line. AZ_EINVAL: "line 3: neither a ballot nor a
 * verdict"; lines are counted in `form`. Release in any case. */
int az_ballot_line_read(struct az_recorded_form *form, struct az_str text,
                        struct az_ballot_line *ret, struct az_error *err);
void az_ballot_line_release(struct az_ballot_line *l);

/* The line's ballots one after the other: 1 and l->row, 0 at the end, AZ_EINVAL. */
int az_ballot_line_next(struct az_ballot_line *l, struct az_error *err);

/* What l->row says, as the question reads it (workers/recorded_match.h), with all that
 * a ballot's JSON has beside it. A score beside a label is kept. The key lacks item
 * and judge. In `arena`. AZ_ENOMEM. */
int az_ballot_line_ballot(const struct az_ballot_line *l, const struct az_question *q,
                          const struct az_item *item, struct az_arena *arena,
                          struct az_ballot *ret);

/* The verdict of a line that is one. What can't be read is not there; a label that
 * is none of the question's leaves the verdict open. AZ_ENOMEM. */
int az_ballot_line_verdict(const struct az_ballot_line *l, const struct az_question *q,
                           const struct az_item *item, struct az_arena *arena,
                           struct az_verdict *ret);
