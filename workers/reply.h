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
    AZ_TROUBLE_RETRY,  /* transient: ask again later, at retry_after_ms if >= 0 */
    AZ_TROUBLE_STOP,   /* final for the backend: key, quota, money */
    AZ_TROUBLE_LEARN,  /* a parameter was refused: az_caps_learn() says which */
    AZ_TROUBLE_ITEM,   /* final for this question */
};

struct az_reply {
    struct az_json *doc;     /* owns the text below; may be NULL */
    struct az_arena *arena;  /* likewise */
    enum az_trouble trouble; /* NONE: there is text to read */
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

void az_reply_release(struct az_reply *r);
