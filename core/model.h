/* core/model.h: the plain structs that everything speaks of: question, item,
 * ballot, verdict. Pure data; policies see these and never the wire.
 *
 * Text inside an item is borrowed from its arena, inside a ballot from
 * whatever made it (az_ballot_copy() moves it to an arena). Labels are indexes
 * into the question's label set, always in the item's own frame: for pair and
 * best, label 0 is the first response as the item lists them. */
#pragma once
#include "core/arena.h"
#include "core/base.h"
#include "core/hash.h"
#include "core/str.h"

enum {
    AZ_LABEL_NONE = -1,
    AZ_LABEL_A = 0,
    AZ_LABEL_B = 1,
    AZ_LABEL_TIE = 2, /* of a pair */
    AZ_RESPONSES_MAX = 26,
    AZ_LABELS_MAX = 64,
    AZ_JUDGES_MAX = 256,
    AZ_SAMPLES_MAX = 64,
    AZ_ROUNDS_MAX = 16,
};

enum az_kind { AZ_CHOICE, AZ_SCORE, AZ_PAIR, AZ_BEST, AZ_RANK };

struct az_level {
    double at;
    const char *text;
};

/* A score passes on one side of a number; a label passes when it is listed. */
enum az_pass_op { AZ_PASS_NONE, AZ_PASS_LABELS, AZ_PASS_GE, AZ_PASS_GT, AZ_PASS_LE, AZ_PASS_LT };

struct az_question {
    enum az_kind kind;
    const char *ask;
    bool ties;                         /* pair: tie is an answer (default true) */
    size_t n_labels;                   /* choice: as listed; pair: 2 or 3; else 0 */
    const char **labels;               /* choice: names; pair: "A", "B", "tie" */
    const char **meanings;             /* choice: may be NULL, as may each of them */
    double scale_min, scale_max, step; /* score; step 0 = any number */
    size_t n_levels;
    struct az_level *levels;
    enum az_pass_op pass;
    double pass_at;
    uint64_t pass_labels; /* bit i: label i passes (for best: response i) */
};

/* Which order the responses are shown in. */
enum az_order { AZ_ORDER_NONE = -1, AZ_ORDER_LISTED = 0, AZ_ORDER_REVERSED = 1 };

/* Gold: at most one of labels and number. Weights sum to 1. */
struct az_gold {
    size_t n;
    int *labels;
    double *weights;
    bool has_number;
    double number;
    struct az_str unknown; /* given, but no answer of the question: its JSON */
};

struct az_item {
    struct az_arena *arena; /* owns the item itself too */
    int64_t seq;            /* number in the job, from 0; -1 = none yet */
    int64_t line;           /* in its file, from 1 */
    struct az_str id;
    struct az_str prompt;
    size_t n_responses;
    struct az_str *responses;
    struct az_str *systems; /* NULL, or one name a response */
    struct az_str reference, context;
    struct az_str turns, images;   /* JSON text, or not there */
    struct az_str gold_json, meta; /* JSON text, or not there */
    struct az_str cluster;         /* not there: the hash of the prompt stands for it */
    struct az_gold gold;
    struct az_hash content; /* prompt, responses, reference, context, turns, images */
};

/* An empty item (seq -1) in an arena of its own whose first block has `bytes`.
 * NULL when out of memory. */
struct az_item *az_item_new(size_t bytes);
void az_item_free(struct az_item *item); /* frees its arena; NULL is fine */
AZ_FREEP(item)

/* One question to one judge about one item. */
struct az_key {
    int64_t item;      /* seq */
    int32_t judge;     /* index into the panel */
    int32_t round;     /* from 1 */
    int32_t criterion; /* -1 = none */
    int32_t order;     /* enum az_order */
    int32_t sample;    /* from 0 */
};

int az_key_cmp(const struct az_key *a, const struct az_key *b); /* by field */

/* kind, its name in files, and whether the judge's own text is at fault: then
 * it is asked once more, with the mistake shown or with more room. */
#define AZ_BALLOT_ERRORS(X)                                                         \
    X(NONE, "none", 0)                                                              \
    X(CONNECT, "connect", 0)   /* no connection */                                  \
    X(TIMEOUT, "timeout", 0)   /* connected, no whole answer in time */             \
    X(BROKEN, "broken", 0)     /* connection broke inside the answer */             \
    X(HTTP, "http", 0)         /* a status that is an error */                      \
    X(RATE, "rate_limit", 0)   /* 429 and its like, to the last attempt */          \
    X(BODY, "body", 0)         /* no JSON, or JSON without an answer in it */       \
    X(SERVER, "server", 0)     /* 200 with an error inside */                       \
    X(EMPTY, "empty", 1)       /* an answer without text */                         \
    X(LENGTH, "length", 1)     /* cut off before the answer */                      \
    X(REFUSAL, "refusal", 0)   /* the model or its provider declines */             \
    X(PARSE, "parse", 1)       /* text, but no answer in the agreed form */         \
    X(OUTSIDE, "outside", 1)   /* an answer outside labels or scale */              \
    X(LOGPROBS, "logprobs", 0) /* the server gives no probabilities */              \
    X(TOO_LONG, "too_long", 0) /* item over clip, prompt over context */            \
    X(MISSING, "missing", 0)   /* recorded: no such ballot */                       \
    X(UNFIT, "unfit", 0)       /* judge can't answer this item: no reference … */ \
    X(DOWN, "down", 0)         /* judge's backend is down (circuit breaker) */      \
    X(LOST, "lost", 0)         /* eight leases were lost */                         \
    X(DEADLINE, "deadline", 0) /* the item's time was up */                         \
    X(INTERNAL, "internal", 0)

enum az_ballot_error {
#define X(name, text, again) AZ_BE_##name,
    AZ_BALLOT_ERRORS(X)
#undef X
        AZ_BE_COUNT
};

const char *az_ballot_error_name(enum az_ballot_error e);
int az_ballot_error_find(struct az_str name); /* -1 = none of that name */
bool az_ballot_error_asks_again(enum az_ballot_error e);

struct az_ballot {
    struct az_key key;
    enum az_ballot_error error; /* then there is no label and no score */
    struct az_str error_text;
    int label; /* AZ_LABEL_NONE for a score question or an error */
    bool has_score;
    double score;
    size_t n_probs; /* 0, or one a label (for a score: one a step) */
    const double *probs;
    struct az_str how; /* "json", "logprobs", "lexical", "recorded" … */
    struct az_str rationale;
    struct az_str model;  /* the provider's own name for what answered */
    struct az_str params; /* effective parameters, JSON, or not there */
    struct az_str raw;    /* the reply as it came, or not there */
    struct az_hash request;
    bool has_request;
    int64_t tokens_in, tokens_out, tokens_cached, tokens_reasoning;
    az_nusd cost;     /* of all calls made for it */
    bool cost_known;  /* false: no price known, cost is 0 */
    int64_t ms;       /* the last call */
    int32_t attempts; /* calls made that count */
    bool cached;
    bool used; /* set by the fold */
};

/* Deep copy into `a`; AZ_ENOMEM. */
int az_ballot_copy(struct az_arena *a, const struct az_ballot *from, struct az_ballot *to);

/* The ballots of one item, any order. */
struct az_ballots {
    const struct az_ballot *v;
    size_t n;
};

enum az_status { AZ_OPEN, AZ_DECIDED, AZ_ABSTAINED, AZ_FAILED };

const char *az_status_name(enum az_status s);

struct az_seats {
    int n, asked, voted, errors, partial;
};

struct az_verdict {
    enum az_status status;
    int label;
    bool has_score;
    double score;
    bool has_share;
    double share;
    bool has_p;
    double p;
    const char *no_p; /* why there is no p where the method has one; static; not kept in a store */
    uint64_t set;     /* bit i: label (of a score: step) i may be the true one; 0: no set */
    size_t n_probs;   /* 0: none; else one a label, or one a step of a score */
    double probs[AZ_LABELS_MAX];
    const char *how;            /* aggregate's name; static */
    char reason[128];           /* abstained or failed: why; else empty */
    enum az_ballot_error error; /* failed: the commonest, or NONE */
    struct az_seats seats;
    int rounds;
    az_nusd cost;
    uint64_t dissent[AZ_JUDGES_MAX / 64]; /* bit j: judge j voted otherwise */
    bool early;                           /* decided before every seat was asked */
};

/* How many labels the question has for this item (best: its responses). */
size_t az_label_count(const struct az_question *q, const struct az_item *item);
/* Its name; for best "A" … "Z"; "" for AZ_LABEL_NONE. Static or the question's. */
const char *az_label_name(const struct az_question *q, int label);
/* Exact name to index among the first `n`; AZ_LABEL_NONE = no such label. */
int az_label_find(const struct az_question *q, size_t n, struct az_str name);
/* The label shown at place `shown` of `n` responses under `order`, in the
 * item's frame, and back (its own inverse). Tie and choices stay. */
int az_label_unshow(const struct az_question *q, size_t n, enum az_order order, int shown);

/* "AB", "BA", "ABCD", "DCBA"; "" for AZ_ORDER_NONE. Writes to `text`. */
const char *az_order_name(enum az_order order, size_t n_responses, char text[AZ_RESPONSES_MAX + 1]);
/* False: not an order of n responses that assize shows. Empty is NONE. */
bool az_order_find(struct az_str text, size_t n_responses, enum az_order *ret);

/* Does this answer pass? False when the question has no `pass`. */
bool az_passes(const struct az_question *q, int label, bool has_score, double score);
