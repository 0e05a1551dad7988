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
    struct az_json *doc; /* NULL for TSV, and for a ballot inside a verdict */
    az_jv object;        /* the ballot's; NULL for TSV */
    struct az_str item, judge, label;
    struct az_str kind;  /* of the judge: human, llm, rm …; empty = not said */
    struct az_str note;  /* rationale, or the error's text */
    struct az_buf probs; /* JSON; empty = none */
    double score;        /* NAN = none */
    int32_t round, sample;
    int8_t order;
    int8_t order_n; /* responses that the order names; 0 = none */
    enum az_ballot_error error;
};

/* 0: a ballot; 1: a header or an empty line. AZ_EINVAL: "line 3: …".
 * Release in any case. */
int az_recorded_line_read(struct az_recorded_form *form, struct az_str line,
                          struct az_recorded_line *ret, struct az_error *err);
void az_recorded_line_release(struct az_recorded_line *b);

/* A ballot object by itself, as one of those inside a verdict; without an "item"
 * it is about `item`. Text is borrowed from `v`. AZ_EINVAL without the line's number. Release
 * in any case. */
int az_recorded_ballot_read(az_jv v, struct az_str item, struct az_recorded_line *ret,
                            struct az_error *err);
