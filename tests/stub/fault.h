/* tests/stub/fault.h: what goes wrong, and when.
 *
 * A rule is KIND[:WHEN][@MODEL]; WHEN is
 *   0.1        of the askings this share, by a hash of seed, question and the
 *              how-manieth asking it is: the order of arrival does not matter
 *   every=N    every Nth request
 *   nth=N,M    the Nth and the Mth request
 *   first=N    the first N requests
 *   after=N    every request but the first N
 *   tries=N    of each question the first N askings
 * and always without WHEN. The first rule that fits a request decides. */
#pragma once
#include "core/base.h"
#include "core/error.h"
#include "tests/stub/ask.h"

enum fault_act {
    FAULT_STATUS, /* an error status */
    FAULT_REFUSE, /* 400 for a field that the request has */
    FAULT_ENDING, /* the connection misbehaves */
    FAULT_BODY,   /* 200 with something amiss in it */
};

enum fault_body {
    BODY_ERROR = 1,    /* an error object */
    BODY_NOT_JSON,     /* text that is no JSON */
    BODY_EMPTY,        /* empty content */
    BODY_REFUSAL,      /* the model refuses */
    BODY_FILTER,       /* finish_reason content_filter */
    BODY_OUTSIDE,      /* an answer outside the labels */
    BODY_LENGTH,       /* half an answer, finish_reason length */
    BODY_NO_SCHEMA,    /* text though a schema was asked for */
    BODY_WRONG_LENGTH, /* Content-Length larger than what follows */
    BODY_HUGE,         /* huge_bytes of content */
};

struct fault_kind {
    const char *name;
    enum fault_act act;
    int status;
    const char *type, *code, *message; /* of the error body; code may be NULL */
    const char *param;                 /* FAULT_REFUSE: the field */
    int detail;                        /* enum ending or enum fault_body */
    bool retry_after;                  /* the header is sent, when set */
};

struct fault_rules;

struct fault_case {
    int64_t request; /* 1 for the first request that came */
    int64_t asking;  /* 1 the first time that this question is asked */
    uint64_t seed;
    const struct ask *ask;
};

int fault_add(struct fault_rules **rules, const char *spec, struct az_error *err);
void fault_clear(struct fault_rules **rules);
/* NULL: all goes well. */
const struct fault_kind *fault_pick(const struct fault_rules *rules, const struct fault_case *c);
/* For one script row: the kind of that name, or NULL. */
const struct fault_kind *fault_find(struct az_str name);
/* The nth kind, for --help; NULL: no more. */
const struct fault_kind *fault_nth(size_t n);
