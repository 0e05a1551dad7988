/* tests/stub/body.h: what providers answer: a completion, an error. */
#pragma once
#include "core/base.h"
#include "core/buf.h"
#include "tests/stub/judge.h"

struct usage {
    bool told;
    int64_t in, out, cached;
};

struct completion {
    const struct ask *ask;
    const struct said *said;
    const struct judge *judge;
    struct usage usage;
    int64_t number;
    int what; /* enum fault_body; 0: nothing is amiss */
};

void body_completion(struct az_buf *b, const struct completion *c);

/* `k` names status, type, code and message. */
void body_error(struct az_buf *b, enum provider provider, const struct fault_kind *k);

/* Where a huge body's content is cut open: up to and after the filler. */
void body_huge_start(struct az_buf *b, const struct completion *c);
const char *body_huge_tail(enum provider provider);
