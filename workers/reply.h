/* workers/reply.h: what came back from a model, in one form for all backends.
 * Plain data, borrowed from the reply's own document until az_reply_release(). */
#pragma once
#include "core/base.h"
#include "core/json.h"
#include "core/model.h"

struct az_top {
    struct az_str text; /* bytes joined where the server gives bytes */
    double logprob;
};

struct az_token {
    struct az_str text;
    double logprob;
    size_t n_top;
    const struct az_top *top;
};

/* What the call told about the backend rather than about the item. */
enum az_trouble {
    AZ_TROUBLE_NONE,
    AZ_TROUBLE_RETRY, /* transient: ask again later, at retry_after_ms if >= 0 */
    AZ_TROUBLE_STOP,  /* final for the backend: key, quota, money */
    AZ_TROUBLE_LEARN, /* a parameter was refused: az_caps_learn() says which */
    AZ_TROUBLE_ITEM,  /* final for this question */
};

/* AZ_TROUBLE_LEARN: what of the request was refused; bits. */
enum {
    AZ_REFUSED_FORM = 1 << 0,        /* response_format, output_config … */
    AZ_REFUSED_TEMPERATURE = 1 << 1, /* any but its own */
    AZ_REFUSED_LENGTH = 1 << 2,      /* the name: max_tokens or max_completion_tokens */
    AZ_REFUSED_SEED = 1 << 3,
    AZ_REFUSED_TOP = 1 << 4, /* as many top log-probabilities */
};

struct az_reply {
    struct az_json *doc;     /* owns the text below; may be NULL */
    struct az_arena *arena;  /* likewise */
    enum az_trouble trouble; /* NONE: az_answer_read() says what it is worth; error
                                may be EMPTY or LENGTH, which ask again */
    unsigned refused;        /* LEARN: AZ_REFUSED_* */
    enum az_ballot_error error;
    char error_text[256];    /* the provider's words, one line, cut short */
    int64_t retry_after_ms;  /* -1 = not said */
    struct az_str text;      /* the answer, without reasoning */
    struct az_str reasoning; /* kept as rationale, never parsed as the answer */
    bool cut;                /* the model stopped for want of room */
    struct az_str model;
    int64_t tokens_in, tokens_out, tokens_cached, tokens_reasoning;
    bool has_usage;
    bool has_cost; /* the provider names the price itself */
    az_nusd cost;
    size_t n_tokens; /* with log-probabilities; 0 = the server gave none */
    const struct az_token *tokens;
};

void az_reply_release(struct az_reply *r); /* zeroes it, too */

/* ---- for the files in workers/backends/ ---- */

/* Starts *r: nothing known but an arena, and the body parsed into r->doc. A body
 * that is no JSON leaves doc NULL and the error BODY, no memory INTERNAL. */
void az_reply_begin(struct az_reply *r, struct az_str body);

/* Note the trouble with its words: one line, no control characters, no API key
 * that a provider echoes, cut at a whole character. */
void az_reply_fail(struct az_reply *r, enum az_trouble trouble, enum az_ballot_error error,
                   const char *fmt, ...) AZ_PRINTF(4, 5);

/* Set text and reasoning from what the model wrote: `apart` is what the server
 * itself set apart as reasoning ({NULL, 0}: nothing); <think> is looked for in
 * `content` otherwise. An answer without text becomes EMPTY or, when it was cut,
 * LENGTH. r->cut is set before. */
void az_reply_text(struct az_reply *r, struct az_str content, struct az_str apart);

/* After the usage was read: counts that are negative or beyond all sense were
 * not said at all. */
void az_reply_usage(struct az_reply *r);

/* What x-litellm-response-cost says, if the provider named no price itself. */
void az_reply_cost_header(struct az_reply *r, struct az_str headers);
