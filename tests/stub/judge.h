/* tests/stub/judge.h: what the judge says to a request. Pure but for the
 * script's and the replay's place. */
#pragma once
#include "core/base.h"
#include "core/buf.h"
#include "tests/stub/ask.h"
#include "tests/stub/fault.h"

struct replay;

/* How a vote is written when no schema was asked for. */
enum form { FORM_BRACKET, FORM_LETTER, FORM_ARENA_HARD, FORM_RATING, FORM_JSON };

/* "A", "A@model", "hash", "hash@model": the first that fits the model. */
struct vote {
    char *label; /* "hash": by a hash of the question */
    char *model; /* NULL: any */
};

struct script_row {
    char *text;  /* NULL: as if there were no script */
    char *model; /* NULL: any */
    const struct fault_kind *fault;
    bool used;
};

struct judge {
    char *says; /* NULL: votes decide */
    char *reasoning;
    struct vote *votes;
    size_t n_votes, votes_cap;
    enum form form;
    char *labels; /* "A,B": to choose from without a schema */
    int64_t scale_low, scale_high;
    char *probs; /* "A:0.7, A:0.1,B:0.2"; NULL: drawn */
    struct script_row *script;
    size_t n_script, script_cap;
    bool has_script;
    struct replay *replay;
    uint64_t seed;
};

/* What was said, and where in it the label stands (for log-probabilities). */
struct said {
    struct az_buf text;
    size_t label_at, label_n;
    const struct fault_kind *fault; /* a script row may name one */
    const char *trouble;            /* nothing can be said: why; static */
};

void judge_release(struct judge *j);
/* AZ_EINVAL: "LABEL[@MODEL]". */
int judge_add_vote(struct judge *j, const char *spec, struct az_error *err);
void judge_clear_votes(struct judge *j);
/* JSONL: "text", {"text", "model"}, {"fault", "model"}. An empty path ends it. */
int judge_load_script(struct judge *j, const char *path, struct az_error *err);

/* `said->text` is cleared and filled. `plain`: ignore the schema; `outside`:
 * a label that nobody offered; `asking`: how often this question was answered. */
void judge_say(struct judge *j, const struct ask *ask, bool plain, bool outside, int64_t answered,
               struct said *said);

/* The labels offered: the schema's, else the option's. */
size_t judge_labels(const struct judge *j, const struct ask *ask, struct az_str *ret, size_t max);
