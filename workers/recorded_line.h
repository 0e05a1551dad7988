/* workers/recorded_line.h: one line of a file of recorded ballots, in either of
 * its forms (workers/recorded.h). Pure. */
#pragma once
#include "core/base.h"
#include "core/buf.h"
#include "core/error.h"
#include "core/json.h"
#include "core/model.h"

enum { AZ_RECORDED_COLUMNS = 64 };

/* What the lines so far told; starts zeroed. */
struct az_recorded_form {
    enum { AZ_RECORDED_UNKNOWN, AZ_RECORDED_TSV, AZ_RECORDED_JSONL } kind;
    int64_t line;
    int columns[AZ_RECORDED_COLUMNS]; /* TSV: what stands at each place; -1 = passed over */
    size_t n_columns;
};

/* A ballot; text is borrowed from the line and from `doc`. */
struct az_recorded_line {
    struct az_json *doc; /* NULL for TSV */
    struct az_str item, judge, label;
    struct az_str note;  /* rationale, or the error's text */
    struct az_buf probs; /* JSON; empty = none */
    double score;        /* NAN = none */
    int32_t round, sample;
    int8_t order;
    enum az_ballot_error error;
};

/* 0: a ballot; 1: a header or an empty line. AZ_EINVAL: "line 3: …".
 * Release in any case. */
int az_recorded_line_read(struct az_recorded_form *form, struct az_str line,
                          struct az_recorded_line *ret, struct az_error *err);
void az_recorded_line_release(struct az_recorded_line *b);
