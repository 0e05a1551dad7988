/* tests/stub/counts.h: what was asked, answered and billed. */
#pragma once
#include "core/base.h"
#include "core/json.h"
#include "tests/stub/ask.h"
#include "tests/stub/server.h"
#include "tests/stub/table.h"

enum { PATHS_MAX = 16, STATUS_MAX = 600 };

/* One question: model and messages. */
struct question {
    uint64_t key;
    char *model, *id;
    int64_t asked, billed, answered; /* answered: a completion was sent whole */
};

struct counts {
    int64_t requests, completions, in_flight, in_flight_max;
    int64_t dropped; /* the client left before the answer was whole */
    int64_t status[STATUS_MAX];
    int64_t billed, billed_in, billed_out, billed_nusd;
    int64_t faults;
    struct {
        char *path;
        int64_t n;
    } paths[PATHS_MAX];
    struct question *questions;
    size_t n_questions, questions_cap;
    int64_t asked_again, billed_again, answered_again;
    struct table by_key;
};

void counts_release(struct counts *c);
void counts_path(struct counts *c, struct az_str path);
/* The question's entry, made when it is new; NULL when out of memory. Valid
 * until the next call. */
struct question *counts_question(struct counts *c, const struct ask *ask);
void counts_print(struct az_buf *b, const struct counts *c, const struct server_stats *s,
                  bool questions);

/* A counter that /wait can name; NULL: none is called so. */
const int64_t *counts_find(const struct counts *c, struct az_str name);
